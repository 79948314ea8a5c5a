#include "base/threads.hpp"

#include <pthread.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigset_t is POSIX'

#include <utility>

namespace heald {

std::thread thread_without_signals(const char* name, std::function<void()> work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread{[name, work = std::move(work)] {
    pthread_setname_np(pthread_self(), name);
    work();
  }};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace heald

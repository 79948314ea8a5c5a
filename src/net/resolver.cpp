#include "net/resolver.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace heald {
namespace {

NetFailure lookup_failure(const std::string& name, int code, int errno_value) {
  NetFailure failure;
  // Out of descriptors or memory is our trouble, not the name's. glibc tells the former as
  // EAI_AGAIN or EAI_SYSTEM with errno left in place.
  const bool exhausted = errno_value == EMFILE || errno_value == ENFILE || errno_value == ENOMEM;
  const bool system = code == EAI_SYSTEM || code == EAI_AGAIN;
  failure.kind = code == EAI_MEMORY || (system && exhausted) ? NetFailureKind::local
                                                             : NetFailureKind::unresolved;
  const std::string why = system && exhausted ? std::generic_category().message(errno_value)
                                              : std::string{gai_strerror(code)};
  failure.text = "cannot resolve " + name + ": " + why;
  return failure;
}

Lookup addresses_of(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  errno = 0;
  const int code = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (code != 0) return lookup_failure(name, code, errno);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner{found, freeaddrinfo};
  Addresses addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET) {
      sockaddr_in in{};
      std::memcpy(&in, each->ai_addr, sizeof in);
      addresses.emplace_back(boost::asio::ip::address_v4{ntohl(in.sin_addr.s_addr)});
    } else if (each->ai_family == AF_INET6) {
      sockaddr_in6 in6{};
      std::memcpy(&in6, each->ai_addr, sizeof in6);
      boost::asio::ip::address_v6::bytes_type bytes;
      std::memcpy(bytes.data(), &in6.sin6_addr, bytes.size());
      addresses.emplace_back(boost::asio::ip::address_v6{bytes, in6.sin6_scope_id});
    }
  }
  if (addresses.empty()) return lookup_failure(name, EAI_NONAME, 0);
  return std::make_shared<const Addresses>(std::move(addresses));
}

struct Question {
  std::string name;
  std::function<void(Lookup)> done;
};

// Shared with its threads, so that the last of them may outlive whoever asked.
class LookupThreads : public std::enable_shared_from_this<LookupThreads> {
 public:
  void ask(Question question) {
    {
      const std::lock_guard lock{mutex_};
      if (threads_ > 0 || start_thread()) {
        questions_.push_back(std::move(question));
        if (idle_ >= questions_.size()) {
          wake_.notify_one();
        } else if (threads_ < most_threads) {
          start_thread();  // where that fails, the threads that run come to it
        }
        return;
      }
    }
    question.done(NetFailure{NetFailureKind::local,
                             "cannot resolve " + question.name + ": no thread to do it on", false});
  }

 private:
  static constexpr std::size_t most_threads = 16;
  static constexpr std::chrono::seconds kept_idle{10};

  // With the mutex held.
  bool start_thread() {
    try {
      std::thread{[self = shared_from_this()] { self->answer(); }}.detach();
    } catch (const std::system_error&) {
      return false;
    }
    ++threads_;
    return true;
  }

  void answer() {
    std::unique_lock lock{mutex_};
    while (true) {
      ++idle_;
      const bool asked =
          wake_.wait_for(lock, kept_idle, [this] { return !questions_.empty(); });
      --idle_;
      if (!asked) break;
      Question question = std::move(questions_.front());
      questions_.pop_front();
      lock.unlock();
      question.done(addresses_of(question.name));
      question = {};
      lock.lock();
    }
    --threads_;
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Question> questions_;
  std::size_t idle_ = 0;
  std::size_t threads_ = 0;
};

}  // namespace

void look_up(std::string name, std::function<void(Lookup)> done) {
  static const auto threads = std::make_shared<LookupThreads>();
  threads->ask({std::move(name), std::move(done)});
}

}  // namespace heald

#include "process/open_files.hpp"

namespace heald {
namespace {

// As the limit itself, this is the process's and nobody else's. Written before there are threads.
std::optional<rlimit>& before() {
  static std::optional<rlimit> limit;
  return limit;
}

}  // namespace

void raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) before() = limit;
}

std::optional<rlimit> open_files_before() { return before(); }

}  // namespace heald

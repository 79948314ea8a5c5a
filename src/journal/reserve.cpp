#include "journal/reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.hpp"

namespace heald {

namespace {

constexpr mode_t file_mode = 0640;

std::uint64_t free_bytes(int file) {
  struct statvfs disk {};
  if (::fstatvfs(file, &disk) != 0) return 0;
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

/// What it really takes: a file of the right length may be sparse, and then holds nothing back.
std::uint64_t allocated_bytes(int file) {
  constexpr std::uint64_t block = 512;
  struct stat status {};
  if (::fstat(file, &status) != 0) return 0;
  return static_cast<std::uint64_t>(status.st_blocks) * block;
}

}  // namespace

void Reserve::keep() {
  if (held()) return;
  const Fd file{::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode)};
  if (!file) return;
  const std::uint64_t has = allocated_bytes(file.get());
  const bool room = has >= size_.count || free_bytes(file.get()) + has >= 2 * size_.count;
  held_ = room && ::posix_fallocate(file.get(), 0, static_cast<off_t>(size_.count)) == 0;
  if (!held_) ::unlink(path_.c_str());
}

bool Reserve::release() {
  if (!held_) return false;
  held_ = false;
  return ::unlink(path_.c_str()) == 0;
}

}  // namespace heald

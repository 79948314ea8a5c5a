#include "journal/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace heald {

namespace {

constexpr mode_t folder_mode = 0750;
constexpr mode_t file_mode = 0640;

Result<void> make_folder(const std::string& state_dir) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(state_dir, error);
  if (error) return Error{"cannot make the state folder " + state_dir + ": " + error.message()};
  if (made) std::filesystem::permissions(state_dir, std::filesystem::perms{folder_mode}, error);
  return {};
}

std::string holder(int file) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(file, text.data(), text.size(), 0);
  std::string pid;
  for (ssize_t i = 0; i < length; ++i) {
    const char c = text.at(static_cast<std::size_t>(i));
    if (c < '0' || c > '9') break;
    pid += c;
  }
  return pid.empty() ? "" : " (pid " + pid + ")";
}

}  // namespace

Result<StateLock> StateLock::take(const std::string& state_dir) {
  if (auto made = make_folder(state_dir); !made) return made.error();
  const std::string path = state_dir + "/lock";
  Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode)};
  if (!file) return system_error("cannot write the state folder " + state_dir, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("cannot lock " + path, errno);
    return Error{"cannot use " + state_dir + ": another heald" + holder(file.get()) + " uses it"};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // The pid only helps people: on a full disk the lock holds without it.
  if (::ftruncate(file.get(), 0) == 0 &&
      ::pwrite(file.get(), pid.data(), pid.size(), 0) < 0) {
    errno = 0;
  }
  return StateLock{std::move(file)};
}

}  // namespace heald

#include "journal/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <thread>

namespace heald {

namespace {

constexpr mode_t folder_mode = 0750;
constexpr mode_t file_mode = 0640;
constexpr std::chrono::milliseconds pause{5};
constexpr int most_turns = 1000;

Result<void> make_folder(const std::string& state_dir) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(state_dir, error);
  if (error) return Error{"cannot make the state folder " + state_dir + ": " + error.message()};
  if (made) std::filesystem::permissions(state_dir, std::filesystem::perms{folder_mode}, error);
  return {};
}

/// The pid that stands in the file; 0: none.
pid_t holder(int file) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(file, text.data(), text.size(), 0);
  pid_t pid = 0;
  if (length > 0) std::from_chars(text.data(), text.data() + length, pid);
  return pid;
}

bool runs(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

/// The lock outlives a heald that was killed while it made a child: until the child has executed
/// its program, it has the descriptor, too. That is as well, since only then has it written its
/// record, by which it is found and not started again.
bool wait_for_children_of_the_dead(int file) {
  for (int turn = 0; turn < most_turns; ++turn) {
    const pid_t pid = holder(file);
    if (pid == 0 || runs(pid)) return false;
    std::this_thread::sleep_for(pause);
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return true;
  }
  return false;
}

std::string describe(pid_t holder) {
  return holder == 0 ? "" : " (pid " + std::to_string(holder) + ")";
}

}  // namespace

Result<StateLock> StateLock::take(const std::string& state_dir) {
  if (auto made = make_folder(state_dir); !made) return made.error();
  const std::string path = state_dir + "/lock";
  Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode)};
  if (!file) return system_error("cannot write the state folder " + state_dir, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("cannot lock " + path, errno);
    if (!wait_for_children_of_the_dead(file.get())) {
      return Error{"cannot use " + state_dir + ": another heald" + describe(holder(file.get())) +
                   " uses it"};
    }
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

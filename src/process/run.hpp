#pragma once
// Running a command to its end.

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <functional>
#include <string>

#include "heald/actuator.hpp"
#include "heald/time.hpp"
#include "process/children.hpp"
#include "process/spawn.hpp"

namespace heald {

/// How much of a command's output is kept; what comes after is read and thrown away.
inline constexpr std::size_t kept_output = std::size_t{64} * 1024;

/// A command that should end by itself.
struct RunRequest {
  SpawnRequest program;  ///< its input, output and error are set by run()
  Duration timeout{};    ///< then the whole group is killed
  std::string input;     ///< given on standard input, a file; empty: /dev/null
};

struct RunResult {
  enum class End : std::uint8_t {
    ended,        ///< by itself; `status` says how
    timed_out,    ///< killed
    canceled,     ///< killed
    not_started,  ///< `error` says why
  };
  End end = End::not_started;
  ExitStatus status;
  std::string output;  ///< the first 64 KiB of standard output and error together, valid UTF-8
  std::string error;   ///< "cannot start web: …"
};

/// Kills everything of a command; `done` follows when it is dead, with End::canceled. On the
/// executor of its run() only; without effect when the command has ended.
using CancelRun = std::function<void()>;

/// Runs a command in its own process group. `done` is called once, on `executor`, never from
/// inside, and only when the command and whatever it left behind in its group are dead: also what
/// it meant to leave in the background. What a command moves to a session of its own escapes.
///
/// Any thread; `executor` must not run handlers concurrently. Never waits for the command, but
/// for execve. Children must outlive the run.
CancelRun run(Children& children, boost::asio::any_io_executor executor, RunRequest request,
              std::function<void(RunResult)> done);

}  // namespace heald

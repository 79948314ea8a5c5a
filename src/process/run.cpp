#include "process/run.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "base/fd.hpp"
#include "base/utf8.hpp"

namespace heald {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

struct Pipe {
  Fd reader;  ///< does not block
  Fd writer;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
  Pipe pipe{Fd{ends[0]}, Fd{ends[1]}};
  if (::fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK) != 0) {
    return system_error("cannot make a pipe", errno);
  }
  return pipe;
}

/// A file in memory: unlike a pipe it needs nobody to feed it, and a command that does not read
/// its input raises no SIGPIPE.
Result<Fd> make_input(const std::string& text) {
  Fd file{::memfd_create("input", MFD_CLOEXEC)};
  if (!file) return system_error("cannot make an input file", errno);
  const auto written = ::write(file.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) {
    return system_error("cannot write an input file", written < 0 ? errno : ENOSPC);
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) {
    return system_error("cannot rewind an input file", errno);
  }
  return file;
}

/// One command between its start and its report. Owned by its pending operations.
class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(Children& children, asio::any_io_executor executor, std::function<void(RunResult)> done)
      : children_(children),
        executor_(std::move(executor)),
        deadline_(executor_),
        output_(executor_),
        done_(std::move(done)) {}

  /// Everything happens on the executor, the start included.
  void begin(RunRequest request) {
    asio::post(executor_, [self = shared_from_this(), request = std::move(request)]() mutable {
      self->start(std::move(request));
    });
  }

  void cancel() { kill(RunResult::End::canceled); }

 private:
  void start(RunRequest request) {
    if (killed_for_) return finish(*killed_for_);
    const auto started = spawn(request);
    if (started) return follow(request.timeout);
    result_.error = started.error().message;
    finish(RunResult::End::not_started);
  }

  Result<void> spawn(RunRequest& request) {
    auto pipe = make_pipe();
    const auto cannot = [&](const Error& why) {
      return Error{"cannot start " + request.program.name + ": " + why.message};
    };
    if (!pipe) return cannot(pipe.error());
    error_code failed;
    output_.assign(pipe->reader.get(), failed);
    if (failed) return cannot(Error{failed.message()});
    std::ignore = pipe->reader.release();
    Fd input;
    if (!request.input.empty()) {
      auto made = make_input(request.input);
      if (!made) return cannot(made.error());
      input = std::move(*made);
    }
    request.program.input = input.get();
    request.program.output = request.program.error = pipe->writer.get();
    auto child = children_.spawn(request.program, executor_,
                                 [self = shared_from_this()](ExitStatus status) {
                                   self->ended(status);
                                 });
    if (!child) return child.error();
    child_ = {child->id, child->pid};
    return {};
  }

  void follow(Duration timeout) {
    read();
    deadline_.expires_after(timeout);
    deadline_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->kill(RunResult::End::timed_out);
    });
  }

  void read() {
    output_.async_read_some(asio::buffer(space_),
                            [self = shared_from_this()](const error_code& error, std::size_t size) {
                              if (error || self->finished_) return;
                              self->keep(size);
                              self->read();
                            });
  }

  void keep(std::size_t size) {
    const auto room = kept_output - std::min(kept_output, result_.output.size());
    result_.output.append(space_.data(), std::min(size, room));
  }

  void kill(RunResult::End why) {
    if (finished_ || killed_for_) return;
    killed_for_ = why;
    if (child_) children_.kill_group(*child_);
  }

  void ended(ExitStatus status) {
    result_.status = status;
    drain();
    finish(killed_for_.value_or(RunResult::End::ended));
  }

  /// What the command wrote last is still in the pipe. No more than a pipe holds, since what
  /// escaped from the group may still be writing.
  void drain() {
    for (std::size_t drained = 0; drained < kept_output;) {
      const auto count = ::read(output_.native_handle(), space_.data(), space_.size());
      if (count <= 0) return;
      keep(static_cast<std::size_t>(count));
      drained += static_cast<std::size_t>(count);
    }
  }

  void finish(RunResult::End end) {
    finished_ = true;
    deadline_.cancel();
    error_code ignored;
    output_.close(ignored);
    result_.end = end;
    result_.output = valid_utf8(result_.output, kept_output);
    const auto done = std::exchange(done_, nullptr);
    done(std::move(result_));
  }

  Children& children_;
  asio::any_io_executor executor_;
  asio::steady_timer deadline_;
  asio::posix::stream_descriptor output_;
  std::function<void(RunResult)> done_;
  std::optional<Child> child_;
  std::optional<RunResult::End> killed_for_;
  RunResult result_;
  bool finished_ = false;
  std::array<char, std::size_t{4} * 1024> space_{};
};

}  // namespace

CancelRun run(Children& children, asio::any_io_executor executor, RunRequest request,
              std::function<void(RunResult)> done) {
  auto command = std::make_shared<Run>(children, std::move(executor), std::move(done));
  command->begin(std::move(request));
  return [weak = std::weak_ptr{command}] {
    if (const auto alive = weak.lock()) alive->cancel();
  };
}

}  // namespace heald

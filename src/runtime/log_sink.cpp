#include "runtime/log_sink.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <string>

namespace heald {
namespace {

// A pipe that is ready takes this much without blocking, and never mixes it with others' lines.
constexpr std::size_t longest_line = PIPE_BUF;

const char* colour_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::warn: return "\033[33m";
    case spdlog::level::err: return "\033[31m";
    default: return "\033[32m";
  }
}

}  // namespace

ImpatientSink::ImpatientSink(int descriptor, LogFormat format)
    : descriptor_(descriptor), format_(format) {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return;
  socket_ = S_ISSOCK(status.st_mode);
  file_ = S_ISREG(status.st_mode);
}

void ImpatientSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t formatted;
  base_sink<std::mutex>::formatter_->format(message, formatted);
  std::string line{formatted.data(), formatted.size()};
  if (format_ == LogFormat::coloured && message.color_range_end > message.color_range_start) {
    line.insert(message.color_range_end, "\033[0m");
    line.insert(message.color_range_start, colour_of(message.level));
  }
  tell_dropped();
  put(line);
}

void ImpatientSink::put(std::string_view line) {
  std::string cut;
  if (line.size() > longest_line) {
    cut.assign(line.substr(0, longest_line - 1)).push_back('\n');
    line = cut;
  }
  if (!write_now(line)) ++dropped_;
}

void ImpatientSink::tell_dropped() {
  const std::uint64_t missing = dropped_ - told_;
  if (missing == 0) return;
  const std::string count = std::to_string(missing);
  const std::string line =
      format_ == LogFormat::json
          ? R"({"level":"warning","event":"log_dropped","lines":)" + count + "}\n"
          : count + " lines of the log were dropped, because their reader was too slow\n";
  if (write_now(line)) told_ += missing;
}

bool ImpatientSink::write_now(std::string_view line) const {
  if (socket_) {
    const auto sent = ::send(descriptor_, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent == static_cast<ssize_t>(line.size());
  }
  // O_NONBLOCK would be simpler, but it belongs to the open file, which others share with us.
  pollfd ready{descriptor_, POLLOUT, 0};
  if (!file_ && (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0)) return false;
  return ::write(descriptor_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace heald

#include "process/notice.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "base/utf8.hpp"

namespace heald {
namespace {

constexpr std::size_t longest_status = 256;

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number value{};
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value <= 0) return std::nullopt;
  return value;
}

/// A status goes onto one line of a terminal.
std::string shown(std::string_view text) {
  std::string line = valid_utf8(text, longest_status);
  std::replace_if(
      line.begin(), line.end(),
      [](char each) { return static_cast<unsigned char>(each) < 0x20 || each == 0x7f; }, ' ');
  return line;
}

void take_watchdog(Notice& notice, std::string_view value) {
  if (value == "1") notice.watchdog = Notice::Watchdog::alive;
  if (value == "trigger") notice.watchdog = Notice::Watchdog::trigger;
}

void take_extension(Notice& notice, std::string_view value) {
  const auto asked = number_in<std::int64_t>(value);
  if (!asked) return;
  constexpr auto most =
      std::chrono::duration_cast<std::chrono::microseconds>(longest_extension).count();
  notice.extension = std::chrono::microseconds{std::min<std::int64_t>(*asked, most)};
}

void take(Notice& notice, std::string_view name, std::string_view value) {
  if (name == "READY" && value == "1") notice.stage = Notice::Stage::ready;
  if (name == "RELOADING" && value == "1") notice.stage = Notice::Stage::reloading;
  if (name == "STOPPING" && value == "1") notice.stage = Notice::Stage::stopping;
  if (name == "WATCHDOG") take_watchdog(notice, value);
  if (name == "STATUS") notice.status = shown(value);
  if (name == "EXTEND_TIMEOUT_USEC") take_extension(notice, value);
  if (name != "MAINPID") return;
  if (const auto pid = number_in<pid_t>(value)) notice.main_pid = *pid;
}

}  // namespace

Notice parse_notice(std::string_view datagram) {
  Notice notice;
  while (!datagram.empty()) {
    const auto line = datagram.substr(0, datagram.find('\n'));
    datagram.remove_prefix(std::min(datagram.size(), line.size() + 1));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    take(notice, line.substr(0, equals), line.substr(equals + 1));
  }
  return notice;
}

}  // namespace heald

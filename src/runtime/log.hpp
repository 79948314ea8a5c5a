#pragma once
// The daemon's own log, on standard error.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "runtime/observer.hpp"

namespace heald {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };
/// Empty: not one of the words "debug", "info", "warning", "error", "off".
[[nodiscard]] std::optional<LogLevel> log_level(std::string_view word);

enum class LogFormat : std::uint8_t {
  text,      ///< for a terminal
  coloured,  ///< the same, with the level in colour
  json,      ///< one object a line, for whatever collects it
};
/// What suits a descriptor: text on a terminal (without colour when NO_COLOR is set), else JSON.
[[nodiscard]] LogFormat log_format_for(int descriptor);

struct LogOptions {
  int descriptor = 2;  ///< borrowed
  LogFormat format = LogFormat::json;
  LogLevel least = LogLevel::info;
};

/// Writes lines for people, one for each record that matters to them. It never waits: a line that
/// its reader has no room for is dropped, counted, and the count told when there is room again.
/// Lines are cut at 4 KiB. Any thread.
class Log final : public Observer {
 public:
  explicit Log(const LogOptions& options);
  ~Log() override;

  void say(LogLevel level, std::string_view text);
  void on_record(const Record& record, const ServicePolicy* policy) override;

  /// Lines dropped so far.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Lines;
  std::unique_ptr<Lines> lines_;
};

/// How much a record matters to people.
[[nodiscard]] LogLevel level_of(const Record& record);

}  // namespace heald

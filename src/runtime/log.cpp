#include "runtime/log.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <spdlog/fmt/chrono.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <string>
#include <utility>

#include "runtime/log_sink.hpp"

namespace heald {
namespace {

constexpr std::array<std::pair<std::string_view, LogLevel>, 5> words{{
    {"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warning", LogLevel::warning},
    {"error", LogLevel::error}, {"off", LogLevel::off}}};

std::string_view word_of(LogLevel level) { return words.at(static_cast<std::size_t>(level)).first; }

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::off: break;
  }
  return spdlog::level::off;
}

// Lines are cut by the sink at a size that is always written whole; JSON must not be cut there.
constexpr std::size_t longest_text = 2048;

// Evidence comes from targets: no line of theirs may steer a terminal or forge a line of ours.
std::string printable(std::string_view text) {
  std::string result{text};
  for (char& c : result) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
  return result;
}

std::string as_json(LogLevel level, const nlohmann::ordered_json& fields) {
  nlohmann::ordered_json line;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  line["time"] = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                             fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                             now.time_since_epoch().count() % 1000);
  line["level"] = word_of(level);
  line.update(fields);
  using nlohmann::json;
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

nlohmann::ordered_json fields_of(const Record& record, const ServicePolicy* policy) {
  nlohmann::ordered_json fields;
  fields["event"] = to_string(record.kind);
  if (policy != nullptr) fields["service"] = policy->name;
  if (record.incident != IncidentId{}) fields["incident"] = record.incident.value();
  if (record.action != ActionId{}) fields["action"] = record.action.value();
  if (!record.condition.empty()) fields["condition"] = record.condition;
  if (!record.rung.empty()) fields["rung"] = record.rung;
  if (record.action_kind) fields["kind"] = to_string(*record.action_kind);
  if (record.result) fields["result"] = to_string(*record.result);
  if (record.verdict) fields["verdict"] = to_string(*record.verdict);
  if (record.hold.guard != Guard::none) fields["guard"] = to_string(record.hold.guard);
  if (!record.text.empty()) fields["text"] = record.text.substr(0, longest_text);
  return fields;
}

// "web: action finished restart done: pid 4711 (incident 3, action 7)"
std::string as_text(const Record& record, const ServicePolicy* policy) {
  std::string line = policy != nullptr ? policy->name + ": " : "";
  for (const char c : to_string(record.kind)) line += c == '_' ? ' ' : c;
  const auto add = [&line](std::string_view word) { line.append(" ").append(word); };
  if (!record.rung.empty()) add(printable(record.rung));
  if (record.rung.empty() && !record.condition.empty()) add(printable(record.condition));
  if (record.verdict) add(to_string(*record.verdict));
  if (record.result) add(to_string(*record.result));
  if (!record.text.empty()) line.append(": ").append(printable(record.text));
  std::string where;
  if (record.incident != IncidentId{}) where = fmt::format("incident {}", record.incident.value());
  if (record.action != ActionId{}) {
    where += fmt::format("{}action {}", where.empty() ? "" : ", ", record.action.value());
  }
  return where.empty() ? line : line + " (" + where + ")";
}

}  // namespace

std::optional<LogLevel> log_level(std::string_view word) {
  for (const auto& [known, level] : words) {
    if (known == word) return level;
  }
  return std::nullopt;
}

LogFormat log_format_for(int descriptor) {
  if (::isatty(descriptor) == 0) return LogFormat::json;
  const char* no_color = std::getenv("NO_COLOR");
  return no_color != nullptr && *no_color != '\0' ? LogFormat::text : LogFormat::coloured;
}

LogLevel level_of(const Record& record) {
  switch (record.kind) {
    case RecordKind::journal_failed: return LogLevel::error;
    case RecordKind::verdict:
      return record.verdict == Verdict::healed ? LogLevel::info : LogLevel::warning;
    case RecordKind::incident_opened:
    case RecordKind::incident_relapsed:
    case RecordKind::exited:
    case RecordKind::action_withheld:
    case RecordKind::latched:
    case RecordKind::refused:
    case RecordKind::storm_begun:
    case RecordKind::blinded:
    case RecordKind::stalled: return LogLevel::warning;
    case RecordKind::condition_changed:
    case RecordKind::released:
    case RecordKind::service_added:
    case RecordKind::told: return LogLevel::debug;
    default: return LogLevel::info;
  }
}

struct Log::Lines {
  explicit Lines(const LogOptions& options)
      : sink(std::make_shared<ImpatientSink>(options.descriptor, options.format)),
        logger("heald", sink),
        format(options.format) {
    logger.set_level(to_spdlog(options.least));
    logger.set_pattern(format == LogFormat::json ? "%v" : "%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
  }
  std::shared_ptr<ImpatientSink> sink;
  spdlog::logger logger;
  LogFormat format;
};

Log::Log(const LogOptions& options) : lines_(std::make_unique<Lines>(options)) {}

Log::~Log() = default;

void Log::say(LogLevel level, std::string_view text) {
  if (!lines_->logger.should_log(to_spdlog(level))) return;
  const auto cut = text.substr(0, longest_text);
  lines_->logger.log(to_spdlog(level), lines_->format == LogFormat::json
                                           ? as_json(level, {{"text", cut}})
                                           : printable(cut));
}

void Log::on_record(const Record& record, const ServicePolicy* policy) {
  const LogLevel level = level_of(record);
  if (!lines_->logger.should_log(to_spdlog(level))) return;
  lines_->logger.log(to_spdlog(level), lines_->format == LogFormat::json
                                           ? as_json(level, fields_of(record, policy))
                                           : as_text(record, policy));
}

std::uint64_t Log::dropped() const { return lines_->sink->dropped(); }

}  // namespace heald

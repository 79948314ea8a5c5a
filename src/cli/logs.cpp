// `heald logs`

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

namespace {

using nlohmann::json;

/// With a time of the same width where there is none.
void print_line(Console& console, const json& line) {
  const auto& at = line["at"];
  const auto when = at.is_string() ? parse_iso8601(at.get<std::string>()) : std::nullopt;
  const auto shown = when ? local_time(*when) : std::string(local_time(WallTime{}).size(), '-');
  console.out << painted(console, Colour::dim, shown) << "  "
              << printable(line["text"].get<std::string>()) << '\n';
}

bool is_good(const json& page) {
  if (!page.is_object() || !page.contains("lines") || !page["lines"].is_array()) return false;
  for (const auto& line : page["lines"]) {
    if (!line.is_object() || !line.contains("at") || !line.contains("text")) return false;
    if (!line["text"].is_string() || !line.contains("whole")) return false;
  }
  return page.contains("next") && page["next"].is_number_unsigned();
}

/// A line that goes on is shown when it is whole, or when nobody waits for that.
void print_page(Dialogue& dialogue, const json& page, bool follow) {
  for (const auto& line : page["lines"]) {
    if (follow && line["whole"] == false) continue;
    if (dialogue.format == OutputFormat::json) {
      dialogue.console.out << line.dump(-1, ' ', true, json::error_handler_t::replace) << '\n';
    } else {
      print_line(dialogue.console, line);
    }
  }
  dialogue.console.out.flush();
}

}  // namespace

ExitCode show_logs(Dialogue& dialogue, const LogsQuery& query) {
  const auto target = "/v1/services/" + percent_encoded(query.service) + "/logs";
  auto question = "?lines=" + std::to_string(query.lines);
  for (;;) {
    const auto body = dialogue.get(target + question);
    if (!body) return dialogue.failure;
    const auto page = json::parse(*body, nullptr, false);
    if (!is_good(page)) {
      dialogue.complain("the daemon's answer is not understood");
      return ExitCode::failed;
    }
    print_page(dialogue, page, query.follow);
    if (!query.follow || !dialogue.console.out || reader_is_gone()) return ExitCode::good;
    question = "?wait=2&after=" + std::to_string(page["next"].get<std::uint64_t>());
  }
}

}  // namespace heald

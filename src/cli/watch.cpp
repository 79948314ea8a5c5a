// `heald status --watch`: the state of all as it changes.

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <sstream>

#include "cli/status_view.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

namespace {

/// Nobody reads faster, and in a storm the daemon has better to do.
constexpr int least_milliseconds_of_a_picture = 250;

/// Of the terminal; nothing: standard output is none.
std::optional<std::size_t> terminal_height() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return std::nullopt;
  return size.ws_row;
}

/// What somebody should look at comes first.
int urgency(const ServiceAnswer& service) {
  if (service.activity == "latched") return 0;
  if (service.lacks_health) return service.health == "unhealthy" ? 1 : 2;
  return service.activity == "idle" ? 4 : 3;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(std::move(line));
  return lines;
}

/// One picture after the other, in the same place where there is a terminal.
class Screen {
 public:
  explicit Screen(Console& console) : console_(console) {}

  void show(StatusAnswer status) {
    std::ranges::stable_sort(status.services, {}, urgency);
    std::ostringstream picture;
    Console canvas{picture, console_.err, console_.paint};
    print_warnings(canvas, status.daemon);
    print_summary(canvas, status.summary);
    print_table(canvas, status.services);
    const auto height = terminal_height();
    auto lines = lines_of(picture.str());
    if (height && lines.size() >= *height) cut(lines, std::max<std::size_t>(*height, 2) - 1);
    draw(lines, height.has_value());
  }

 private:
  static void cut(std::vector<std::string>& lines, std::size_t most) {
    const auto hidden = lines.size() - most + 1;
    lines.resize(most - 1);
    lines.push_back("… and " + counted(hidden, "service") + " more");
  }

  /// Lines are cut by the terminal, and not wrapped: `?7` switches that off and on again.
  void draw(const std::vector<std::string>& lines, bool in_place) {
    auto& out = console_.out;
    if (in_place) out << (drawn_ ? "\x1b[H" : "\x1b[H\x1b[2J") << "\x1b[?7l";
    if (!in_place && drawn_) out << '\n';
    for (const auto& line : lines) out << line << (in_place ? "\x1b[K\n" : "\n");
    if (in_place) out << "\x1b[J\x1b[?7h";
    out.flush();
    drawn_ = true;
  }

  Console& console_;
  bool drawn_ = false;
};

}  // namespace

ExitCode watch_status(Dialogue& dialogue) {
  if (dialogue.format == OutputFormat::json) {
    dialogue.complain("--watch is for people; `heald events -f -o json` follows what happens");
    return ExitCode::usage;
  }
  Screen screen{dialogue.console};
  // The latest record is where waiting goes on: it ends with the next one, or after a second, since
  // what is shown of the time moves on as well.
  std::string question = "?limit=1";
  for (;;) {
    const auto body = dialogue.get("/v1/events" + question);
    if (!body) return dialogue.failure;
    const auto events = dialogue.understood(read_events(*body));
    if (!events) return ExitCode::failed;
    question = "?limit=1000&wait=1&after=" + std::to_string(events->latest);
    auto status = ask_status(dialogue, {});
    if (!status) return dialogue.failure;
    screen.show(std::move(status->whole));
    if (!dialogue.console.out || reader_is_gone()) return ExitCode::good;
    ::poll(nullptr, 0, least_milliseconds_of_a_picture);
  }
}

}  // namespace heald

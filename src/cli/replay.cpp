// `heald replay`

#include "replay/replay.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

namespace {

using nlohmann::json;

json shape_of(const Difference& difference) {
  const Mismatch& mismatch = difference.mismatch;
  return {{"event", difference.event},
          {"time", utc_time(difference.wall)},
          {"input", difference.input},
          {"service", mismatch.service},
          {"what", mismatch.what},
          {"expected", mismatch.expected},
          {"got", mismatch.got}};
}

void print_json(Console& console, const Replayed& replayed) {
  auto lives = json::array();
  for (const LifeReplayed& life : replayed.lives) {
    lives.push_back({{"start", life.start},
                     {"started", utc_time(life.started)},
                     {"first_event", life.first_event},
                     {"last_event", life.last_event},
                     {"decisions", life.decisions},
                     {"not_replayed", life.not_replayed}});
  }
  json shape{{"identical", !replayed.difference && replayed.decisions() > 0},
             {"whole", replayed.whole()},
             {"decisions", replayed.decisions()},
             {"lives", std::move(lives)},
             {"difference", nullptr}};
  if (replayed.difference) shape["difference"] = shape_of(*replayed.difference);
  console.out << shape.dump(-1, ' ', true, json::error_handler_t::replace) << '\n';
}

void print_lives(Console& console, const Replayed& replayed) {
  for (const LifeReplayed& life : replayed.lives) {
    if (life.not_replayed.empty()) continue;
    console.out << "life " << life.start << " of heald, events " << life.first_event << " to "
                << life.last_event << ": ";
    if (life.decisions > 0) console.out << counted(life.decisions, "decision") << ", then not ";
    if (life.decisions == 0) console.out << "not ";
    console.out << "replayed: " << printable(life.not_replayed) << '\n';
  }
}

void print_difference(Console& console, const Difference& difference) {
  const Mismatch& mismatch = difference.mismatch;
  console.out << painted(console, Colour::red, "different") << " at event " << difference.event
              << " (" << local_time(difference.wall) << "): " << printable(difference.input)
              << '\n';
  if (!mismatch.service.empty()) {
    console.out << "  service   " << printable(mismatch.service) << '\n';
  }
  console.out << "  what      " << printable(mismatch.what) << '\n'
              << "  expected  " << printable(mismatch.expected) << '\n'
              << "  got       " << printable(mismatch.got) << '\n';
}

void print_table(Console& console, const Replayed& replayed) {
  print_lives(console, replayed);
  if (replayed.difference) return print_difference(console, *replayed.difference);
  const auto lives = static_cast<std::size_t>(
      std::count_if(replayed.lives.begin(), replayed.lives.end(),
                    [](const LifeReplayed& life) { return life.decisions > 0; }));
  if (lives == 0) {
    console.out << "nothing was replayed\n";
    return;
  }
  console.out << painted(console, Colour::green, "identical") << ": "
              << counted(replayed.decisions(), "decision") << " over "
              << (lives == 1 ? "1 life" : std::to_string(lives) + " lives") << " of heald\n";
}

}  // namespace

ExitCode show_replay(Console& console, OutputFormat format, const std::string& journal) {
  const auto complain = [&](const Error& error) {
    console.err << "heald: " << printable(error.message) << '\n';
    return ExitCode::usage;
  };
  auto log = open_event_log(journal);
  if (!log) return complain(log.error());
  const auto replayed = replay(**log);
  if (!replayed) return complain(replayed.error());
  if (format == OutputFormat::json) {
    print_json(console, *replayed);
  } else {
    print_table(console, *replayed);
  }
  const bool identical = !replayed->difference && replayed->decisions() > 0;
  return identical ? ExitCode::good : ExitCode::failed;
}

}  // namespace heald

// A journal whose file was damaged. The input: how, then a list of damages to a good database:
// where, how long, and the octets; or the whole file. Opening must come to one of three ends: the
// history is there; it is kept aside and said so, and a new journal works; or the file is of a
// newer heald, and left alone.

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "fuzz/input.hpp"
#include "journal/reader.hpp"
#include "journal/recovery.hpp"
#include "journal/sqlite_journal.hpp"
#include "support/temporary_folder.hpp"

namespace heald::fuzz {

namespace {

JournalEntry some_entry(std::int64_t second) {
  JournalEntry entry;
  entry.at = Instant{std::chrono::seconds{second}};
  entry.event = Event{entry.at, Tick{}};
  entry.rules_revision = "r1";
  Record record;
  record.kind = RecordKind::action_intended;
  record.at = entry.at;
  record.service = ServiceId{0};
  record.incident = IncidentId{1};
  record.action = ActionId{static_cast<std::uint64_t>(second)};
  record.action_kind = ActionKind::restart;
  record.cause = Cause::ladder;
  entry.records.push_back(record);
  ServiceState state;
  state.name = "web";
  state.incident = Incident{};
  state.incident->id = IncidentId{1};
  state.spent = {entry.at};
  entry.changed.emplace_back(ServiceId{0}, state);
  entry.daemon = DaemonState{};
  return entry;
}

JournalOptions options() {
  JournalOptions options;
  options.reserve = Bytes{0};
  options.boot_id = "boot";
  return options;
}

/// The octets of a good journal.
std::string good_journal() {
  const test::TemporaryFolder folder;
  {
    auto opened = open_journal(folder.path(), options());
    require(opened.has_value(), "a new journal opens");
    constexpr std::int64_t entries = 8;
    for (std::int64_t i = 1; i <= entries; ++i) opened->journal->append(some_entry(i), {});
  }
  return folder.read("journal.db");
}

std::string damaged(Input& input) {
  static const std::string good = good_journal();
  switch (input.below(4)) {
    case 0: return std::string{input.rest()};
    case 1: return good.substr(0, input.number(3) % good.size());
    default: break;
  }
  std::string file = good;
  while (!input.empty()) {
    const std::size_t at = input.number(3) % file.size();
    const std::string_view octets = input.take(1 + input.below(16));
    file.replace(at, std::min(octets.size(), file.size() - at), octets.substr(0, file.size() - at));
  }
  return file;
}

/// Errors are fine; whatever is read was checked.
void read_all(const std::string& folder) {
  const auto reader = open_reader(folder);
  if (!reader) return;
  static_cast<void>((*reader)->incidents({}));
  static_cast<void>((*reader)->incident(IncidentId{1}));
  static_cast<void>((*reader)->records({}));
  static_cast<void>((*reader)->events({}));
  static_cast<void>((*reader)->actions("web", 10));
}

}  // namespace

void run(std::string_view bytes) {
  static const test::TemporaryFolder scratch;
  Input input{bytes};
  const std::string file = damaged(input);
  const std::string folder = scratch.file("state");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  std::ofstream{journal_path(folder), std::ios::binary} << file;
  auto opened = open_journal(folder, options());
  if (!opened) {
    require(opened.error().message.find("newer heald") != std::string::npos,
            "only a newer heald's journal is refused: " + opened.error().message);
    return;
  }
  const Recovered& recovered = opened->recovered;
  require(recovered.kept_aside.empty() == recovered.damage.empty(), "damage is kept aside");
  std::string why_not = "no answer";
  opened->journal->append(some_entry(100), [&](const std::string& why) { why_not = why; });
  opened->journal->flush();
  if (!recovered.damage.empty()) {
    require(std::filesystem::file_size(recovered.kept_aside) == file.size(), "it is kept whole");
    require(why_not.empty(), "the new journal works: " + why_not);
  }
  read_all(folder);
}

}  // namespace heald::fuzz

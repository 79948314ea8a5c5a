#include "runtime/startup.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "journal/memory_journal.hpp"
#include "journal/sqlite_journal.hpp"

namespace heald {
namespace {

constexpr std::string_view record_suffix = ".child";

}  // namespace

Result<StateFolders> prepare_folders(const Locations& locations) {
  StateFolders folders;
  if (locations.state_dir.empty()) return folders;
  folders.state = locations.state_dir;
  folders.run = folders.state + "/run";
  folders.logs = folders.state + "/logs";
  for (const std::string& folder : {folders.state, folders.run, folders.logs}) {
    if (const auto made = prepare_state_dir(folder); !made) return made.error();
  }
  return folders;
}

Retention retention_of(const Policy& policy) {
  return {policy.daemon.journal_max_size, policy.daemon.journal_max_age};
}

Result<History> open_history(const StateFolders& folders, const Policy& policy, const Life& life,
                             std::function<void(const JournalChanged&)> on_change) {
  History history;
  history.life = life;
  if (folders.state.empty()) {
    auto journal = std::make_unique<MemoryJournal>();
    history.reader = journal->reader();
    history.journal = std::move(journal);
    return history;
  }
  JournalOptions options;
  options.retention = retention_of(policy);
  options.life = life;
  if (!life.observe) options.find_left_over = [&] { return left_over(folders.run); };
  options.on_change = std::move(on_change);
  auto opened = open_journal(folders.state, std::move(options));
  if (!opened) return opened.error();
  auto reader = open_reader(folders.state);
  if (!reader) return reader.error();
  history.journal = std::move(opened->journal);
  history.recovered = std::move(opened->recovered);
  history.life = std::move(opened->life);
  history.reader = *std::move(reader);
  return history;
}

std::optional<Snapshot> starting_point(Recovered& recovered) {
  if (recovered.damage.empty()) return std::move(recovered.snapshot);
  Snapshot snapshot = std::move(recovered.snapshot).value_or(Snapshot{});
  snapshot.daemon.confirmation_wanted = true;
  return snapshot;
}

std::string describe_loss(const Recovered& recovered) {
  if (recovered.damage.empty()) return {};
  return "the journal was damaged (" + recovered.damage + ") and is kept aside as " +
         recovered.kept_aside +
         "; what runs is taken over, but nothing is started before `heald confirm`";
}

std::vector<std::string> left_over(const std::string& run) {
  std::vector<std::string> names;
  std::error_code ignored;  // no folder: nothing is left over
  for (const auto& entry : std::filesystem::directory_iterator{run, ignored}) {
    const std::string file = entry.path().filename();
    if (!file.ends_with(record_suffix)) continue;
    names.push_back(file.substr(0, file.size() - record_suffix.size()));
  }
  std::ranges::sort(names);
  return names;
}

bool asks_for_oom(const Policy& policy) {
  return std::ranges::any_of(policy.services, [](const auto& service) {
    return service->process() != nullptr &&
           std::ranges::any_of(service->remediation, [](const RungPolicy& rung) {
             return std::ranges::find(rung.on, "oom") != rung.on.end();
           });
  });
}

}  // namespace heald

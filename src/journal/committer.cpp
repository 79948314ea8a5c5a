#include "journal/committer.hpp"

#include <sys/stat.h>

#include <exception>

namespace heald {

namespace {

/// 4 MiB with SQLite's pages of 4 KiB; the same as its own default.
constexpr int longest_log_pages = 1000;

std::uint64_t size_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

Committer::Committer(std::unique_ptr<Database> database, Reserve reserve,
                     const JournalOptions& options, std::string boot_id,
                     const Recovered& recovered)
    : database_(std::move(database)),
      reserve_(std::move(reserve)),
      unwritten_(options.most_waiting),
      writer_(*database_, {options.life, std::move(boot_id), options.retention.max_size},
              recovered),
      retention_(*database_),
      last_(recovered.last.value_or(Instant{})) {
  measure();
}

std::string Committer::write(Backlog batch, RuleTexts rules) {
  unwritten_.add(std::move(batch));
  unwritten_rules_.merge(std::move(rules));
  if (unwritten_.empty()) return {};
  Room room = Room::as_found;
  for (;;) {
    try {
      commit(room);
      return {};
    } catch (const DatabaseError& error) {
      const bool again = room == Room::as_found && error.full() && reserve_.release();
      room = Room::reserve_released;
      if (again) continue;
      ++stats_.failures;
      return error.what();
    } catch (const std::exception& error) {
      ++stats_.failures;
      return "cannot write to " + database_->path() + ": " + error.what();
    }
  }
}

void Committer::commit(Room room) {
  const auto& entries = unwritten_.entries();
  const auto& folded = unwritten_.folded();
  const WallTime now = entries.empty() ? folded->wall : entries.front().entry.wall;
  // The reserve is for what actions wait for. What only a replay needs may be larger than it: rules
  // are written when there is room, and a life without its copy is replayed with the one before.
  const bool roomy = room == Room::as_found;
  Transaction transaction{*database_};
  writer_.begin(now, roomy ? EntryWriter::Copy::kept : EntryWriter::Copy::spared);
  if (folded) writer_.write(*folded);
  if (roomy) writer_.write(unwritten_rules_, now);
  for (const WaitingEntry& waiting : entries) writer_.write(waiting);
  if (room == Room::reserve_released && !entries.empty()) {
    writer_.note(entries.back(), RecordKind::journal_failed,
                 "the disk is full: the reserve of " + std::to_string(reserve_.size().count) +
                     " bytes was released");
  }
  transaction.commit();
  ++stats_.commits;
  stats_.entries += entries.size();
  stats_.lost += folded ? folded->entries : 0;
  stats_.reserve = reserve_.held();
  last_ = entries.empty() ? folded->at : entries.back().entry.at;
  unwritten_.clear();
  if (roomy) unwritten_rules_.clear();
}

void Committer::checkpoint() {
  if (database_->log_pages() < longest_log_pages) return;
  try {
    database_->checkpoint(Database::Checkpoint::passive);
  } catch (const DatabaseError&) {
    // Nothing is lost: the log keeps what it has, and the next commit tries again.
    return;
  }
}

bool Committer::tidy(const Retention& retention) {
  reserve_.keep();
  try {
    const bool more = retention_.step(retention, last_);
    if (!more) database_->release_cache();  // it looked at much that no entry will need
    return more;
  } catch (const DatabaseError&) {
    // Housekeeping is not worth holding actions for; a disk that fails shows with the next write.
    return false;
  }
}

void Committer::measure() {
  stats_.size.count = size_of(database_->path()) + size_of(database_->path() + "-wal");
  stats_.reserve = reserve_.held();
}

}  // namespace heald

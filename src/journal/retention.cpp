#include "journal/retention.hpp"

#include <algorithm>
#include <string>

namespace heald {

namespace {

// 500 rows or 256 pages are one batch: some milliseconds of work, which is what an append may wait.
constexpr const char* vacuum_batch = "PRAGMA incremental_vacuum(256)";

constexpr const char* of_open_incident =
    "incident > 0 AND incident IN (SELECT id FROM incidents WHERE closing = 'open')";

/// Never before their event: a replay at any moment finds with an event all that was decided.
std::string forget_closed_records() {
  return std::string{"DELETE FROM records WHERE seq IN (SELECT seq FROM records WHERE at_ns < "
                     "min(?, (SELECT coalesce(min(at_ns), 9e18) FROM "
                     "(SELECT at_ns FROM events ORDER BY seq LIMIT 1))) AND NOT ("} +
         of_open_incident + ") ORDER BY at_ns LIMIT 500)";
}

std::string forget_ended_actions() {
  return std::string{"DELETE FROM actions WHERE intended_ns < ? AND (result IS NOT NULL OR "
                     "withheld <> '') AND NOT ("} +
         of_open_incident + ")";
}

constexpr const char* forget_ended_messages =
    "DELETE FROM messages WHERE told_ns < ? AND outcome IS NOT NULL";

std::string newest_of_oldest_records() {
  return std::string{"SELECT max(at_ns) FROM (SELECT at_ns FROM records WHERE NOT ("} +
         of_open_incident + ") ORDER BY at_ns LIMIT 500)";
}

constexpr const char* forget_old_events =
    "DELETE FROM events WHERE seq IN (SELECT seq FROM "
    "(SELECT seq, at_ns FROM events ORDER BY seq LIMIT 500) WHERE at_ns < ?)";
constexpr const char* newest_of_oldest_events =
    "SELECT max(at_ns) FROM (SELECT at_ns FROM events ORDER BY seq LIMIT 500)";
constexpr const char* forget_oldest_open_records =
    "DELETE FROM records WHERE seq IN "
    "(SELECT seq FROM records ORDER BY seq LIMIT 500)";
/// Of no use to replay, since events after them are gone; the newest may have none yet.
constexpr const char* forget_dead_snapshots =
    "DELETE FROM snapshots WHERE seq < (SELECT min(seq) FROM events) - 1 "
    "AND start < (SELECT max(start) FROM snapshots)";
constexpr const char* forget_dead_gaps =
    "DELETE FROM gaps WHERE seq < (SELECT min(seq) FROM events) - 1";
/// Each revision that a kept event was decided by was either loaded by a kept event, or is that of
/// the oldest.
constexpr const char* forget_dead_rules =
    "DELETE FROM rules WHERE revision NOT IN ("
    "SELECT replace(rules, '+removed', '') FROM events WHERE kind = 'policy_loaded' UNION "
    "SELECT replace(rules, '+removed', '') FROM latest UNION "
    "SELECT replace(rules, '+removed', '') FROM snapshots UNION SELECT * FROM "
    "(SELECT replace(rules, '+removed', '') FROM events ORDER BY seq LIMIT 1))";
constexpr const char* forget_dead_starts =
    "DELETE FROM starts WHERE start < (SELECT start FROM events ORDER BY seq LIMIT 1)";

std::uint64_t number(Statement& statement) {
  Rows rows = statement.rows();
  return rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
}

Instant instant_or_never(Statement& statement) {
  Rows rows = statement.rows();
  return rows.next() ? rows.instant(0) : never;
}

}  // namespace

HistoryRetention::HistoryRetention(Database& database)
    : database_(database),
      page_size_(static_cast<std::uint64_t>(database.integer("PRAGMA page_size"))),
      forget_events_(database, forget_old_events),
      forget_records_(database, forget_closed_records()),
      forget_incidents_(database,
                        "DELETE FROM incidents WHERE closed_ns < ? AND closing <> 'open'"),
      forget_actions_(database, forget_ended_actions()),
      forget_messages_(database, forget_ended_messages),
      forget_starts_(database, forget_dead_starts),
      forget_snapshots_(database, forget_dead_snapshots),
      forget_gaps_(database, forget_dead_gaps),
      forget_rules_(database, forget_dead_rules),
      forget_open_records_(database, forget_oldest_open_records),
      oldest_events_(database, newest_of_oldest_events),
      oldest_records_(database, newest_of_oldest_records()),
      pages_(database, "PRAGMA page_count"),
      free_pages_(database, "PRAGMA freelist_count"),
      changes_(database, "SELECT total_changes()") {}

bool HistoryRetention::step(const Retention& limits, Instant now) {
  const Instant oldest = now - std::min(limits.max_age, now.time_since_epoch());
  if (forget_before(oldest)) return true;
  const std::uint64_t max_size = limits.max_size.count;
  const std::uint64_t used = (number(pages_) - number(free_pages_)) * page_size_;
  // Down to nine tenths, so that a full journal is not trimmed with every commit.
  over_size_ = used > max_size || (over_size_ && used > max_size / 10 * 9);
  if (over_size_ && (forget_oldest() || forget_open_timelines())) return true;
  over_size_ = false;
  return shrink(max_size);
}

bool HistoryRetention::forget_before(Instant horizon) {
  if (horizon <= Instant{}) return false;
  const std::uint64_t before = number(changes_);
  Transaction transaction{database_};
  forget_events_.run(horizon);
  forget_records_.run(horizon);
  const bool more = number(changes_) != before;
  forget_incidents_.run(horizon);
  forget_actions_.run(horizon);
  forget_messages_.run(horizon);
  forget_starts_.run();
  forget_snapshots_.run();
  forget_gaps_.run();
  forget_rules_.run();
  transaction.commit();
  return more;
}

bool HistoryRetention::forget_oldest() {
  const Instant horizon =
      std::min(instant_or_never(oldest_events_), instant_or_never(oldest_records_));
  return horizon != never && forget_before(horizon + Duration{1});
}

bool HistoryRetention::forget_open_timelines() {
  const std::uint64_t before = number(changes_);
  forget_open_records_.run();
  return number(changes_) != before;
}

bool HistoryRetention::shrink(std::uint64_t max_size) {
  const std::uint64_t pages = number(pages_);
  const std::uint64_t unused = number(free_pages_);
  const bool too_large = pages * page_size_ > max_size;
  if (unused == 0 || (!too_large && unused < pages / 4)) return false;
  database_.run(vacuum_batch);
  return number(pages_) < pages;
}

}  // namespace heald

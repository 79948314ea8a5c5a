#include "journal/snapshots.hpp"

namespace heald {

namespace {

constexpr std::uint64_t kept = 2;
/// A copy costs as much as writing every service once, so it is made more rarely for many.
constexpr std::uint64_t events_per_service = 4;

std::uint64_t number(Statement& statement) {
  Rows rows = statement.rows();
  return rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
}

}  // namespace

Snapshots::Snapshots(Database& database, std::uint64_t every)
    : database_(database),
      every_(every),
      count_services_(database, "SELECT count(*) FROM state"),
      size_of_state_(database, "SELECT coalesce(sum(length(state)), 0) FROM state"),
      insert_(database,
              "INSERT OR REPLACE INTO snapshots SELECT "
              "(SELECT coalesce(max(seq), 0) FROM events), wall_ms, at_ns, rules, "
              "(SELECT state FROM daemon) FROM latest"),
      insert_state_(database,
                    "INSERT INTO snapshot_state SELECT (SELECT max(seq) FROM snapshots), slot, "
                    "service, state FROM state"),
      forget_(database,
              "DELETE FROM snapshots WHERE seq NOT IN "
              "(SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?)") {}

bool Snapshots::due() {
  if (wanted_) return true;
  return since_ >= every_ && since_ >= events_per_service * number(count_services_);
}

void Snapshots::keep(Bytes max_size) {
  if (!due()) return;
  wanted_ = false;
  since_ = 0;
  // One more than are kept: the oldest goes only after the newest has come.
  if (number(size_of_state_) * (kept + 1) > max_size.count / 4) return;
  make();
}

void Snapshots::make() {
  Transaction transaction{database_};
  insert_.run();
  insert_state_.run();
  forget_.run(kept);
  transaction.commit();
}

}  // namespace heald

#include "journal/snapshots.hpp"

#include "journal/codec.hpp"

namespace heald {

namespace {

std::uint64_t number(Statement& statement) {
  Rows rows = statement.rows();
  return rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
}

}  // namespace

Snapshots::Snapshots(Database& database, std::int64_t start, const Recovered& found)
    : start_(start),
      anything_(found.snapshot.has_value()),
      daemon_(anything_ ? encode(found.snapshot->daemon) : std::string{}),
      size_of_state_(database, "SELECT coalesce(sum(length(state)), 0) FROM state"),
      size_of_copies_(database, "SELECT coalesce(sum(length(state)), 0) FROM snapshot_state"),
      insert_(database,
              std::string{"INSERT INTO snapshots SELECT ?, "} + last_event +
                  ", wall_ms, at_ns, rules, ? FROM latest"),
      insert_state_(database,
                    "INSERT INTO snapshot_state SELECT ?, slot, service, state FROM state"),
      forget_oldest_(database, "DELETE FROM snapshots WHERE start = "
                               "(SELECT min(start) FROM snapshots)") {}

void Snapshots::make(Bytes max_size) {
  if (!anything_) return;
  const std::uint64_t most = max_size.count / 4;
  const std::uint64_t size = number(size_of_state_);
  if (size > most) return;
  for (std::uint64_t copies = number(size_of_copies_); copies > 0 && copies + size > most;
       copies = number(size_of_copies_)) {
    forget_oldest_.run();
  }
  insert_.run(start_, daemon_);
  insert_state_.run(start_);
}

}  // namespace heald

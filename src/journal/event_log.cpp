#include "journal/event_log.hpp"

#include <sys/stat.h>

#include <bit>
#include <utility>

#include "journal/answered.hpp"
#include "journal/codec.hpp"
#include "journal/database.hpp"
#include "journal/recovery.hpp"
#include "journal/row_columns.hpp"
#include "journal/schema.hpp"

namespace heald {

namespace {

constexpr const char* select_lives =
    "SELECT starts.start, started_ms, pid, seed, engine, observe, init, journal_lost, left_over, "
    "snapshots.seq FROM starts LEFT JOIN snapshots ON snapshots.start = starts.start "
    "ORDER BY starts.start";

template <class T>
T intact(Result<T> decoded) {
  if (!decoded) throw RowError{decoded.error().message};
  return *std::move(decoded);
}

std::uint64_t number(const Rows& rows, int column) {
  return static_cast<std::uint64_t>(rows.integer(column));
}

std::optional<Life> read_life(const Rows& rows) {
  if (rows.null(3)) return std::nullopt;
  Life life;
  life.seed = std::bit_cast<std::uint64_t>(rows.integer(3));
  life.engine = static_cast<std::uint32_t>(rows.integer(4));
  life.observe = rows.integer(5) != 0;
  life.init = rows.integer(6) != 0;
  life.journal_lost = rows.integer(7) != 0;
  life.left_over = intact(decode_names(rows.text(8)));
  return life;
}

std::vector<ServiceState> read_states(Rows rows) {
  std::vector<ServiceState> states;
  while (rows.next()) {
    if (number(rows, 0) != states.size()) throw RowError{"the state of a service is missing"};
    states.push_back(intact(decode_service(rows.text(1))));
  }
  return states;
}

/// A running heald has a write-ahead log, and one that was killed leaves it. Without one the file
/// lies at rest, and is read without leaving anything beside it, also where nothing can be written.
Database::Access access_to(const std::string& path) {
  struct stat status {};
  const bool at_rest = ::stat((path + "-wal").c_str(), &status) != 0;
  return at_rest ? Database::Access::read_at_rest : Database::Access::read;
}

class SqliteEventLog final : public EventLog {
 public:
  explicit SqliteEventLog(const std::string& path)
      : database_(path, access_to(path)) {
    check_header();
    database_.run("BEGIN");
    read_lives();
    read_gaps();
    begin_reading();
  }

  const std::vector<LifeRow>& lives() const override { return lives_; }
  const std::vector<GapRow>& gaps() const override { return gaps_; }
  Result<std::optional<LoggedEvent>> next() override;
  Result<Snapshot> snapshot(std::uint64_t start) override;
  Result<Snapshot> newest() override;
  Result<std::vector<RuleFile>> rules(const std::string& revision) override;

 private:
  void check_header();
  void begin_reading();
  void read_lives();
  void read_gaps();
  std::vector<RecordRow> records_of(std::uint64_t event);

  Database database_;
  std::vector<LifeRow> lives_;
  std::vector<GapRow> gaps_;
  std::unique_ptr<Statement> events_, records_;
  std::optional<Rows> event_rows_, record_rows_;
  bool more_records_ = false;
};

void SqliteEventLog::check_header() {
  if (database_.integer("PRAGMA application_id") != journal_application) {
    throw RowError{"it is not a journal of heald"};
  }
  const std::int64_t format = database_.integer("PRAGMA user_version");
  if (format == journal_format) return;
  throw RowError{"its format is " + std::to_string(format) + ", and this heald replays format " +
                 std::to_string(journal_format)};
}

void SqliteEventLog::read_lives() {
  Statement select{database_, select_lives};
  Rows rows = select.rows();
  while (rows.next()) {
    LifeRow life{number(rows, 0), rows.wall(1), rows.integer(2), read_life(rows), {}};
    if (!rows.null(9)) life.snapshot_after = number(rows, 9);
    lives_.push_back(std::move(life));
  }
}

void SqliteEventLog::read_gaps() {
  Statement select{database_,
                   "SELECT seq, start, wall_ms, entries, events, records FROM gaps ORDER BY seq"};
  Rows rows = select.rows();
  while (rows.next()) {
    gaps_.push_back({number(rows, 0), number(rows, 1), rows.wall(2), number(rows, 3),
                     number(rows, 4), number(rows, 5)});
  }
}

void SqliteEventLog::begin_reading() {
  events_ = std::make_unique<Statement>(
      database_, std::string{"SELECT "} + event_columns + ", start FROM events ORDER BY seq");
  records_ = std::make_unique<Statement>(
      database_, std::string{"SELECT "} + record_columns +
                     ", event FROM records WHERE event IS NOT NULL ORDER BY seq");
  event_rows_.emplace(*events_);
  record_rows_.emplace(*records_);
  more_records_ = record_rows_->next();
}

Result<std::optional<LoggedEvent>> SqliteEventLog::next() {
  return answered(database_, [&]() -> std::optional<LoggedEvent> {
    if (!event_rows_->next()) return std::nullopt;
    LoggedEvent logged;
    logged.row = read_event(*event_rows_);
    logged.start = number(*event_rows_, 7);
    logged.records = records_of(logged.row.seq);
    return logged;
  });
}

/// Records stand in the order of their events, so that one pass over both tables suffices.
std::vector<RecordRow> SqliteEventLog::records_of(std::uint64_t event) {
  constexpr int event_column = 22;
  std::vector<RecordRow> found;
  while (more_records_ && number(*record_rows_, event_column) <= event) {
    const bool its = number(*record_rows_, event_column) == event;
    if (its) found.push_back(read_record(*record_rows_));
    more_records_ = record_rows_->next();
  }
  return found;
}

Result<Snapshot> SqliteEventLog::snapshot(std::uint64_t start) {
  return answered(database_, [&] {
    Snapshot copy;
    Statement daemon{database_, "SELECT daemon FROM snapshots WHERE start = ?"};
    Rows row = daemon.rows(start);
    if (!row.next()) throw RowError{"a copy of the state is missing"};
    copy.daemon = intact(decode_daemon(row.text(0)));
    Statement states{database_,
                     "SELECT slot, state FROM snapshot_state WHERE start = ? ORDER BY slot"};
    copy.services = read_states(states.rows(start));
    return copy;
  });
}

Result<Snapshot> SqliteEventLog::newest() {
  return answered(database_, [&] {
    Snapshot copy;
    const std::string daemon = database_.text("SELECT state FROM daemon");
    if (!daemon.empty()) copy.daemon = intact(decode_daemon(daemon));
    Statement states{database_, "SELECT slot, state FROM state ORDER BY slot"};
    copy.services = read_states(states.rows());
    return copy;
  });
}

Result<std::vector<RuleFile>> SqliteEventLog::rules(const std::string& revision) {
  return answered(database_, [&] {
    Statement select{database_, "SELECT text FROM rules WHERE revision = ? AND text IS NOT NULL"};
    Rows rows = select.rows(revision);
    return rows.next() ? intact(decode_rules(rows.text(0))) : std::vector<RuleFile>{};
  });
}

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

Result<std::unique_ptr<EventLog>> open_event_log(const std::string& path) {
  const std::string file = is_folder(path) ? journal_path(path) : path;
  try {
    return std::unique_ptr<EventLog>{std::make_unique<SqliteEventLog>(file)};
  } catch (const std::exception& error) {
    return Error{"cannot replay " + file + ": " + error.what()};
  }
}

}  // namespace heald

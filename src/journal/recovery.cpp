#include "journal/recovery.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "base/fd.hpp"
#include "journal/codec.hpp"
#include "journal/messages.hpp"
#include "journal/row_columns.hpp"
#include "journal/schema.hpp"

namespace heald {

namespace {

/// What is in the file is not what heald wrote: put it aside.
class Damage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The file is good, but not for this program: leave it alone.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

void sync_folder(const std::string& folder) {
  const Fd file{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (file) ::fsync(file.get());
}

void move(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return;
  const int error = errno;
  throw Refusal{system_error("cannot move " + from + " to " + to, error).message};
}

std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
  return std::string{text.data(), length};
}

/// Moves the database and its companions, which SQLite finds by name, to a name that is free.
std::string put_aside(const std::string& path) {
  const std::string wanted = path + ".corrupt-" + timestamp();
  std::string aside = wanted;
  for (int i = 2; exists(aside); ++i) aside = wanted + "-" + std::to_string(i);
  move(path, aside);
  for (const char* suffix : {"-wal", "-shm"}) {
    if (exists(path + suffix)) move(path + suffix, aside + suffix);
  }
  return aside;
}

/// Made under another name and then renamed, so that a journal.db is never seen half made: an
/// empty one is then known to be damaged.
void create(const std::string& state_dir) {
  const std::string path = journal_path(state_dir);
  const std::string fresh = path + ".new";
  for (const char* suffix : {"", "-wal", "-shm"}) ::unlink((fresh + suffix).c_str());
  // A log without its database is nobody's, and would be taken for the new one's.
  for (const char* suffix : {"-wal", "-shm"}) ::unlink((path + suffix).c_str());
  {
    Database database{fresh, Database::Access::create};
    create_schema(database);
    database.checkpoint(Database::Checkpoint::truncate);
  }
  move(fresh, path);
  sync_folder(state_dir);
}

void check_header(Database& database) {
  if (database.integer("PRAGMA application_id") != journal_application) {
    throw Damage{database.path() + " is not a journal of heald"};
  }
  const std::int64_t format = database.integer("PRAGMA user_version");
  if (format > journal_format) {
    throw Refusal{"cannot use " + database.path() + ": its format " + std::to_string(format) +
                  " was written by a newer heald; this one knows format " +
                  std::to_string(journal_format)};
  }
  if (format < 1) throw Damage{database.path() + " has no format version"};
}

/// Breaks off what a connection does when it takes too long.
class WorkLimit {
 public:
  WorkLimit(Database& database, Duration longest)
      : database_(database), end_(std::chrono::steady_clock::now() + longest) {
    constexpr int steps_between_looks = 10'000;
    sqlite3_progress_handler(database_.handle(), steps_between_looks, passed, this);
  }
  WorkLimit(const WorkLimit&) = delete;
  WorkLimit& operator=(const WorkLimit&) = delete;
  ~WorkLimit() { sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr); }

 private:
  static int passed(void* self) {
    return std::chrono::steady_clock::now() > static_cast<WorkLimit*>(self)->end_ ? 1 : 0;
  }
  Database& database_;
  std::chrono::steady_clock::time_point end_;
};

/// Every page and the order of rows, as far as the time allows: a large journal must not keep
/// services from being looked after.
void check_pages(Database& database, Duration longest) {
  const WorkLimit limit{database, longest};
  try {
    const std::string verdict = database.text("PRAGMA quick_check(1)");
    if (verdict != "ok") throw Damage{database.path() + " is damaged: " + verdict};
  } catch (const DatabaseError& error) {
    if (!error.interrupted()) throw;
  }
}

template <class T>
T intact(Result<T> decoded, const std::string& path) {
  if (!decoded) throw Damage{path + " is damaged: " + decoded.error().message};
  return std::move(*decoded);
}

Snapshot read_state(Database& database) {
  Snapshot snapshot;
  Statement select{database, "SELECT slot, service, state FROM state ORDER BY slot"};
  Rows rows = select.rows();
  while (rows.next()) {
    if (rows.integer(0) != static_cast<std::int64_t>(snapshot.services.size())) {
      throw Damage{database.path() + " is damaged: the state of service slot " +
                   std::to_string(snapshot.services.size()) + " is missing"};
    }
    auto state = decode_service(rows.text(2));
    if (!state) {
      throw Damage{database.path() + " is damaged: " + rows.text(1) + ": " +
                   state.error().message};
    }
    snapshot.services.push_back(std::move(*state));
  }
  const std::string daemon = database.text("SELECT state FROM daemon");
  if (!daemon.empty()) snapshot.daemon = intact(decode_daemon(daemon), database.path());
  return snapshot;
}

/// Numbers that were given out are never given out again, whatever the daemon's row says.
void raise_numbers(Database& database, DaemonState& daemon) {
  const auto above = [&](const char* table) {
    return static_cast<std::uint64_t>(
        database.integer(std::string{"SELECT coalesce(max(id), 0) + 1 FROM "} + table));
  };
  daemon.next_incident = std::max(daemon.next_incident, above("incidents"));
  daemon.next_action = std::max(daemon.next_action, above("actions"));
}

std::vector<Message> read_messages(Database& database) {
  try {
    return waiting_messages(database);
  } catch (const RowError& error) {
    throw Damage{database.path() + " is damaged: " + error.what()};
  }
}

Recovered read_journal(Database& database, const std::string& boot_id) {
  Recovered recovered;
  recovered.messages = read_messages(database);
  recovered.last_message = last_message(database);
  Snapshot snapshot = read_state(database);
  Statement select{database, "SELECT at_ns, boottime_ns, boot_id, rules FROM latest"};
  Rows rows = select.rows();
  if (!rows.next()) {
    if (snapshot.services.empty()) return recovered;
    throw Damage{database.path() + " is damaged: it has states, but not the time of the last"};
  }
  recovered.last = rows.instant(0);
  recovered.boottime_at_last = Duration{rows.integer(1)};
  recovered.same_boot = !boot_id.empty() && rows.text(2) == boot_id;
  recovered.rules_revision = rows.text(3);
  raise_numbers(database, snapshot.daemon);
  snapshot.daemon.now = std::max(snapshot.daemon.now, *recovered.last);
  // SQLite has no checksums: a digit that changed in a state is for us to find.
  if (const std::string wrong = contradiction(snapshot); !wrong.empty()) {
    throw Damage{database.path() + " is damaged: " + wrong};
  }
  recovered.snapshot = std::move(snapshot);
  return recovered;
}

RecoveredDatabase open_checked(const std::string& path, const std::string& boot_id,
                               Duration longest_check) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && status.st_size == 0) throw Damage{path + " is empty"};
  auto database = std::make_unique<Database>(path, Database::Access::write);
  check_header(*database);
  check_pages(*database, longest_check);
  configure_writer(*database);
  if (database->integer("PRAGMA user_version") < journal_format) upgrade_schema(*database);
  if (const std::string other = schema_difference(*database); !other.empty()) {
    throw Damage{path + " is damaged: it has another " + other};
  }
  Recovered recovered = read_journal(*database, boot_id);
  return {std::move(database), std::move(recovered)};
}

RecoveredDatabase begin_anew(const std::string& state_dir, const std::string& boot_id,
                             Duration longest_check, const std::string& damage) {
  const std::string aside = put_aside(journal_path(state_dir));
  create(state_dir);
  RecoveredDatabase fresh = open_checked(journal_path(state_dir), boot_id, longest_check);
  fresh.recovered.kept_aside = aside;
  fresh.recovered.damage = damage;
  return fresh;
}

}  // namespace

std::string journal_path(const std::string& state_dir) { return state_dir + "/journal.db"; }

RecoveredDatabase recover_database(const std::string& state_dir, const std::string& boot_id,
                                   Duration longest_check) {
  const std::string path = journal_path(state_dir);
  if (!exists(path)) create(state_dir);
  std::string damage;
  try {
    return open_checked(path, boot_id, longest_check);
  } catch (const Damage& found) {
    damage = found.what();
  } catch (const DatabaseError& error) {
    if (!error.damaged()) throw;
    damage = error.what();
  }
  return begin_anew(state_dir, boot_id, longest_check, damage);
}

}  // namespace heald

#include "journal/database.hpp"

#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace heald {

namespace {

/// How long to wait for an operator's own sqlite3 that holds the write lock.
constexpr int busy_timeout_ms = 2000;
constexpr int primary_code = 0xff;

int open_flags(Database::Access access) {
  // One connection, one thread: SQLite's own locking would only cost.
  constexpr int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (access) {
    case Database::Access::read: return common | SQLITE_OPEN_READONLY;
    case Database::Access::read_at_rest:
      return common | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    case Database::Access::write: return common | SQLITE_OPEN_READWRITE;
    case Database::Access::create: break;
  }
  return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

/// What SQLite takes for the file's name.
std::string name_of(const std::string& path, Database::Access access) {
  if (access != Database::Access::read_at_rest) return path;
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%') {
      uri += "%25";
    } else if (c == '?') {
      uri += "%3f";
    } else if (c == '#') {
      uri += "%23";
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

bool DatabaseError::full() const {
  const int primary = code_ & primary_code;
  if (primary == SQLITE_FULL || code_ == SQLITE_IOERR_SHMSIZE) return true;
  return primary == SQLITE_IOERR &&
         (system_code_ == ENOSPC || system_code_ == EDQUOT || system_code_ == EFBIG);
}

bool DatabaseError::damaged() const {
  const int primary = code_ & primary_code;
  // SQLITE_ERROR stands for a table that is not there, SQLITE_CONSTRAINT for rows at odds.
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_ERROR ||
         primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH;
}

bool DatabaseError::interrupted() const { return (code_ & primary_code) == SQLITE_INTERRUPT; }

void Database::Close::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }

Database::Database(const std::string& path, Access access) : path_(path) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name_of(path, access).c_str(), &handle, open_flags(access),
                                   nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(code, "open");
  sqlite3_busy_timeout(handle, busy_timeout_ms);
}

void Database::fail(int code, std::string_view doing) const {
  const int system_code = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
  std::string text = "cannot " + std::string{doing} + " " + path_ + ": ";
  text += handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  const int primary = code & primary_code;
  const bool of_system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  if (of_system && system_code != 0) {
    text += " (" + std::generic_category().message(system_code) + ")";
  }
  throw DatabaseError{text, code, system_code};
}

void Database::run(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, "use");
}

std::int64_t Database::integer(const std::string& sql) {
  Statement statement{*this, sql};
  Rows rows = statement.rows();
  return rows.next() ? rows.integer(0) : 0;
}

std::string Database::text(const std::string& sql) {
  Statement statement{*this, sql};
  Rows rows = statement.rows();
  return rows.next() ? rows.text(0) : std::string{};
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_.get()); }

std::int64_t Database::changed_rows() const { return sqlite3_changes64(handle_.get()); }

void Database::roll_back() noexcept {
  if (sqlite3_get_autocommit(handle_.get()) == 0) {
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Database::checkpoint(Checkpoint mode) {
  const int how = mode == Checkpoint::truncate ? SQLITE_CHECKPOINT_TRUNCATE
                                               : SQLITE_CHECKPOINT_PASSIVE;
  const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, how, nullptr, nullptr);
  if (code != SQLITE_OK && (code & primary_code) != SQLITE_BUSY) fail(code, "checkpoint");
  log_pages_ = 0;
}

void Database::release_cache() noexcept { sqlite3_db_release_memory(handle_.get()); }

void Database::count_log_pages() {
  const auto count = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<Database*>(self)->log_pages_ = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_.get(), count, this);
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (open_) database_.roll_back();
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const noexcept {
  sqlite3_finalize(handle);
}

Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) database.fail(code, "use");
}

void Statement::bind(int index, std::nullptr_t) { sqlite3_bind_null(handle_.get(), index); }

void Statement::bind(int index, std::string_view value) {
  // A null pointer would bind NULL, and an empty view may have one.
  const char* data = value.data() == nullptr ? "" : value.data();
  const int code = sqlite3_bind_text64(handle_.get(), index, data, value.size(), SQLITE_TRANSIENT,
                                       SQLITE_UTF8);
  if (code != SQLITE_OK) database_->fail(code, "write to");
}

void Statement::bind(int index, WallTime value) {
  bind_integer(index, value.time_since_epoch().count());
}

void Statement::bind(int index, Instant value) {
  value == never ? bind(index, nullptr) : bind_integer(index, value.time_since_epoch().count());
}

void Statement::bind(int index, Duration value) { bind_integer(index, value.count()); }

void Statement::bind_integer(int index, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), index, value);
}

bool Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_->fail(code, "use");
  return false;
}

void Statement::reset() noexcept {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
}

bool Rows::null(int column) const {
  return sqlite3_column_type(statement_->handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Rows::integer(int column) const {
  return sqlite3_column_int64(statement_->handle_.get(), column);
}

std::string Rows::text(int column) const {
  sqlite3_stmt* handle = statement_->handle_.get();
  const void* data = sqlite3_column_text(handle, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle, column));
  return data == nullptr ? std::string{} : std::string{static_cast<const char*>(data), size};
}

WallTime Rows::wall(int column) const {
  return WallTime{std::chrono::milliseconds{integer(column)}};
}

Instant Rows::instant(int column) const {
  return null(column) ? never : Instant{Duration{integer(column)}};
}

}  // namespace heald

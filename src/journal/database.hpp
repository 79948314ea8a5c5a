#pragma once
// SQLite, with owners for its handles. Used inside this room only: failures are thrown as
// DatabaseError here, and become a Result or a `why_not` at the room's border.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "heald/ids.hpp"
#include "heald/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace heald {

class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(const std::string& text, int code, int system_code)
      : std::runtime_error(text), code_(code), system_code_(system_code) {}
  /// There is no room: the disk, the quota, or the largest file allowed is reached.
  [[nodiscard]] bool full() const;
  /// What the file holds is not what was written.
  [[nodiscard]] bool damaged() const;
  /// The work was broken off by its own deadline.
  [[nodiscard]] bool interrupted() const;

 private:
  int code_;
  int system_code_;
};

/// A connection. One thread at a time.
class Database {
 public:
  enum class Access : std::uint8_t {
    read,
    read_at_rest,  ///< nobody writes to it: no file beside it is needed or made
    write,
    create,
  };

  Database(const std::string& path, Access access);
  Database(const Database&) = delete;  // its statements point to it
  Database& operator=(const Database&) = delete;

  /// Runs statements that give no rows, or whose rows do not matter.
  void run(const std::string& sql);
  /// The first column of the first row.
  [[nodiscard]] std::int64_t integer(const std::string& sql);
  [[nodiscard]] std::string text(const std::string& sql);

  /// The number of the row inserted last.
  [[nodiscard]] std::int64_t last_row() const;
  /// How many rows the last INSERT, UPDATE or DELETE changed.
  [[nodiscard]] std::int64_t changed_rows() const;

  /// Undoes the open transaction, if SQLite has not done so itself.
  void roll_back() noexcept;
  /// Moves what the write-ahead log holds into the database, as far as readers let it.
  enum class Checkpoint : std::uint8_t { passive, truncate };
  void checkpoint(Checkpoint mode);
  /// Gives back the memory of pages that are kept only to be read again.
  void release_cache() noexcept;
  /// Pages in the write-ahead log after the last commit; counted from `count_log_pages` on.
  [[nodiscard]] int log_pages() const { return log_pages_; }
  void count_log_pages();

  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Throws what `code` means.
  [[noreturn]] void fail(int code, std::string_view doing) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
  int log_pages_ = 0;
};

/// `BEGIN IMMEDIATE` … `COMMIT`, or everything undone.
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

class Rows;

/// A prepared statement, kept and used again. Parameters are bound in their order.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);

  /// Runs it to its end.
  template <class... Values>
  void run(const Values&... values);
  /// Runs it row by row. The rows must be gone before its next use.
  template <class... Values>
  [[nodiscard]] Rows rows(const Values&... values);

  // For statements whose parameters are known at run time only; 1 is the first.
  void bind(int index, std::nullptr_t);
  void bind(int index, std::string_view value);
  void bind(int index, WallTime value);
  void bind(int index, Instant value);
  void bind(int index, Duration value);
  template <class T>
    requires std::is_integral_v<T>
  void bind(int index, T value) {
    bind_integer(index, static_cast<std::int64_t>(value));
  }
  template <class Tag, class Rep>
  void bind(int index, Id<Tag, Rep> id) {
    bind_integer(index, static_cast<std::int64_t>(id.value()));
  }
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    value ? bind(index, *value) : bind(index, nullptr);
  }

 private:
  friend class Rows;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  void bind_integer(int index, std::int64_t value);
  bool step();
  void reset() noexcept;
  template <class... Values>
  void bind_all(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
  }

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// The rows of one run of a statement; columns count from 0.
class Rows {
 public:
  explicit Rows(Statement& statement) : statement_(&statement) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() { statement_->reset(); }

  bool next() { return statement_->step(); }
  [[nodiscard]] bool null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] WallTime wall(int column) const;
  [[nodiscard]] Instant instant(int column) const;
  template <class I>
  [[nodiscard]] I id(int column) const {
    return I{static_cast<typename I::rep>(integer(column))};
  }

 private:
  Statement* statement_;
};

template <class... Values>
void Statement::run(const Values&... values) {
  bind_all(values...);
  Rows rows{*this};
  while (rows.next()) {
  }
}

template <class... Values>
Rows Statement::rows(const Values&... values) {
  bind_all(values...);
  return Rows{*this};
}

}  // namespace heald

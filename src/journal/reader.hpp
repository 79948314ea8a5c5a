#pragma once
// Questions about the past.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "journal/rows.hpp"

namespace heald {

enum class Order : std::uint8_t { oldest_first, newest_first };

/// An incident's story has at most so many actions and lines; the rest is asked for in pages.
inline constexpr std::size_t most_rows = 10'000;

struct IncidentQuery {
  enum class Which : std::uint8_t { all, open };
  std::optional<std::string> service;
  Which which = Which::all;
  std::optional<WallTime> since;  ///< opened then or later
  IncidentId before;              ///< with a smaller id; none: no limit. For paging
  std::size_t limit = 50;
};

struct RecordQuery {
  std::optional<std::string> service;
  IncidentId incident;           ///< none: any
  std::vector<RecordKind> kinds;  ///< empty: any
  std::optional<WallTime> since;  ///< written then or later
  std::uint64_t after = 0;       ///< with a greater `seq`, for following
  std::uint64_t before = 0;      ///< with a smaller `seq`; 0: no limit. For paging
  Order order = Order::oldest_first;
  std::size_t limit = 100;
};

struct EventQuery {
  std::optional<std::string> service;
  std::uint64_t after = 0;  ///< with a greater `seq`
  std::size_t limit = 100;
};

/// Reads what is durable, without holding up the journal. One thread at a time, any thread.
/// Errors: the file cannot be read, or a row in it is damaged.
class JournalReader {
 public:
  JournalReader() = default;
  JournalReader(const JournalReader&) = delete;
  JournalReader& operator=(const JournalReader&) = delete;
  virtual ~JournalReader() = default;

  /// Newest first.
  [[nodiscard]] virtual Result<std::vector<IncidentRow>> incidents(const IncidentQuery& query) = 0;
  /// Empty: there is none, or it was forgotten.
  [[nodiscard]] virtual Result<std::optional<IncidentStory>> incident(IncidentId id) = 0;
  [[nodiscard]] virtual Result<std::vector<RecordRow>> records(const RecordQuery& query) = 0;
  /// Oldest first.
  [[nodiscard]] virtual Result<std::vector<EventRow>> events(const EventQuery& query) = 0;
  /// The latest of a service, newest first.
  [[nodiscard]] virtual Result<std::vector<ActionRow>> actions(const std::string& service,
                                                               std::size_t limit) = 0;
};

/// Opens STATE_DIR/journal.db for reading, whether or not a heald runs on it.
[[nodiscard]] Result<std::unique_ptr<JournalReader>> open_reader(const std::string& state_dir);

}  // namespace heald

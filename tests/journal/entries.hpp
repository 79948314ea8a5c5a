#pragma once
// Entries for the journal's tests.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/database.hpp"
#include "journal/journal.hpp"
#include "journal/sqlite_journal.hpp"

namespace heald::test {

/// 2026-01-01T00:00:00Z.
inline constexpr WallTime new_year{std::chrono::milliseconds{1'767'225'600'000}};

/// Engine time, `seconds` after its beginning.
[[nodiscard]] Instant at(std::int64_t seconds);

[[nodiscard]] ServiceState service(const std::string& name);
[[nodiscard]] Incident incident(std::uint64_t id, std::int64_t opened);

/// An entry at that second with a marked event, one record and the state of slot 0, `web`. The
/// state's `restarts` is the second, so that states can be told apart.
[[nodiscard]] JournalEntry entry(std::int64_t seconds);

/// The intent of an action of `web`, as an engine journals it.
[[nodiscard]] JournalEntry intent(std::int64_t seconds, std::uint64_t action,
                                  std::uint64_t incident);

/// Opens; fails the test when that cannot be.
[[nodiscard]] OpenedJournal open(const std::string& folder, JournalOptions options = {});

/// Options that keep a test's folder small, and in which housekeeping follows every commit.
[[nodiscard]] JournalOptions small_options();

/// Appends and waits for the answer, which it returns.
std::string append(Journal& journal, JournalEntry entry);

/// One number, read through a connection of its own.
[[nodiscard]] std::int64_t count(const std::string& folder, const std::string& sql);
[[nodiscard]] std::string text(const std::string& folder, const std::string& sql);

}  // namespace heald::test

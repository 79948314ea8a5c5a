#pragma once
// The tables of journal.db. docs/journal.md explains them to operators.

#include <cstdint>
#include <string>

#include "journal/database.hpp"

namespace heald {

/// The format that this program writes. A file of a newer one is refused, never touched.
inline constexpr std::int64_t journal_format = 2;
/// "heal", in the file's header: tells the journal from any other SQLite file.
inline constexpr std::int64_t journal_application = 0x6865616c;

/// Makes the tables in an empty database.
void create_schema(Database& database);
/// Brings a journal of an older format to this one. What it holds stays; only what nothing can
/// use any more goes.
void upgrade_schema(Database& database);
/// What is not as `create_schema` makes it: "table actions". Indexes and views count too; what
/// people added does not. Empty: nothing.
[[nodiscard]] std::string schema_difference(Database& database);
/// How the connection that writes is set up.
void configure_writer(Database& database);

}  // namespace heald

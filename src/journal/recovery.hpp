#pragma once
// From the files of a state folder to an open journal.

#include <memory>
#include <string>

#include "journal/database.hpp"
#include "journal/journal.hpp"

namespace heald {

struct RecoveredDatabase {
  std::unique_ptr<Database> database;  ///< open for writing
  Recovered recovered;
};

/// Opens STATE_DIR/journal.db, checked and read, or puts a damaged one aside and begins anew.
/// `boot_id` is this boot's. The caller holds the state folder's lock. Throws DatabaseError, or
/// another exception that says why the journal cannot be used.
[[nodiscard]] RecoveredDatabase recover_database(const std::string& state_dir,
                                                 const std::string& boot_id,
                                                 Duration longest_check);

/// The file's path in its state folder.
[[nodiscard]] std::string journal_path(const std::string& state_dir);

}  // namespace heald

#pragma once
// What a MemoryJournal and its readers share.

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "journal/journal.hpp"
#include "journal/ledger.hpp"
#include "journal/reader.hpp"
#include "journal/rows.hpp"

namespace heald {

struct MemoryHistory {
  std::mutex mutex;  ///< guards everything below
  std::deque<RecordRow> records;
  std::deque<EventRow> events;
  Ledger ledger;
  std::map<ServiceId, std::string> names;
  std::uint64_t next_record = 1, next_event = 1;
  JournalStats stats;

  [[nodiscard]] std::string name_of(std::optional<ServiceId> service) const {
    const auto found = service ? names.find(*service) : names.end();
    return found == names.end() ? std::string{} : found->second;
  }
};

/// Answers from memory.
[[nodiscard]] std::unique_ptr<JournalReader> read_memory(std::shared_ptr<MemoryHistory> history);

}  // namespace heald

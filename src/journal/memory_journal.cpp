#include "journal/memory_journal.hpp"

#include "journal/codec.hpp"
#include "journal/memory_history.hpp"

namespace heald {

namespace {

template <class Row>
void push_bounded(std::deque<Row>& rows, Row row, std::size_t most) {
  rows.push_back(std::move(row));
  if (rows.size() > most) rows.pop_front();
}

}  // namespace

MemoryJournal::MemoryJournal(std::size_t most)
    : most_(most), history_(std::make_shared<MemoryHistory>()) {}

MemoryJournal::~MemoryJournal() = default;

void MemoryJournal::append(JournalEntry entry, Durable durable) {
  {
    MemoryHistory& history = *history_;
    const std::lock_guard lock{history.mutex};
    for (const auto& [service, state] : entry.changed) history.names[service] = state.name;
    history.ledger.apply(entry);
    history.ledger.trim(most_);
    if (entry.event) {
      EventRow row{history.next_event++, entry.wall, entry.rules_revision,
                   history.name_of(service_of(*entry.event)), std::move(*entry.event)};
      push_bounded(history.events, std::move(row), most_);
    }
    for (Record& record : entry.records) {
      RecordRow row{history.next_record++, entry.wall, history.name_of(record.service),
                    std::move(record)};
      push_bounded(history.records, std::move(row), most_);
    }
    ++history.stats.entries;
  }
  if (durable) durable({});
}

JournalStats MemoryJournal::stats() const {
  const std::lock_guard lock{history_->mutex};
  return history_->stats;
}

std::unique_ptr<JournalReader> MemoryJournal::reader() const { return read_memory(history_); }

}  // namespace heald

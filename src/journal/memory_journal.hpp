#pragma once
// The journal of `state_dir: none`.

#include <cstddef>
#include <memory>

#include "journal/journal.hpp"
#include "journal/reader.hpp"

namespace heald {

struct MemoryHistory;

/// Keeps the latest entries in memory and nothing over a restart: budgets, incidents, pauses and
/// operators' stops are forgotten when heald ends. Everything counts as durable at once: the
/// callback is made before `append` returns, on the caller's thread.
class MemoryJournal final : public Journal {
 public:
  /// `most`: records, events, and finished incidents and actions, each.
  explicit MemoryJournal(std::size_t most = 4096);
  ~MemoryJournal() override;

  void append(JournalEntry entry, Durable durable) override;
  void flush() override {}
  /// Without effect: there are no files to limit.
  void retain(const Retention&) override {}
  /// Without effect: nobody replays what ends with heald.
  void keep_rules(const std::string&, std::vector<RuleFile>) override {}
  [[nodiscard]] JournalStats stats() const override;

  /// May outlive the journal.
  [[nodiscard]] std::unique_ptr<JournalReader> reader() const;

 private:
  std::size_t most_;
  std::shared_ptr<MemoryHistory> history_;
};

}  // namespace heald

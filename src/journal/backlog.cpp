#include "journal/backlog.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace heald {

namespace {

/// Incidents and actions each that are remembered of given-up entries; open ones always are.
constexpr std::size_t most_folded_rows = 4096;
/// Messages that are remembered of given-up entries: older ones are not sent again after a crash.
constexpr std::size_t most_folded_messages = 4096;

std::size_t weight_of(const JournalEntry& entry) {
  return 1 + entry.records.size() + entry.changed.size() + entry.messages.size() +
         entry.message_outcomes.size();
}

}  // namespace

void Folded::add(WaitingEntry waiting) {
  JournalEntry& entry = waiting.entry;
  ++entries;
  events += entry.event ? 1 : 0;
  records += entry.records.size();
  wall = entry.wall;
  at = entry.at;
  boottime = waiting.boottime;
  rules_revision = entry.rules_revision;
  ledger.apply(entry);
  ledger.trim(most_folded_rows);
  for (auto& [service, state] : entry.changed) states[service] = std::move(state);
  if (entry.daemon) daemon = std::move(entry.daemon);
  add(std::move(entry.messages), std::move(entry.message_outcomes));
}

void Folded::add(Folded later) {
  entries += later.entries;
  events += later.events;
  records += later.records;
  wall = later.wall;
  at = later.at;
  boottime = later.boottime;
  rules_revision = std::move(later.rules_revision);
  ledger.merge(later.ledger);
  ledger.trim(most_folded_rows);
  for (auto& [service, state] : later.states) states[service] = std::move(state);
  if (later.daemon) daemon = std::move(later.daemon);
  add(std::move(later.messages), std::move(later.message_outcomes));
}

void Folded::add(std::vector<Message> told, std::vector<MessageOutcome> ended) {
  std::move(told.begin(), told.end(), std::back_inserter(messages));
  for (MessageOutcome& outcome : ended) {
    const auto found = std::find_if(messages.begin(), messages.end(), [&](const Message& message) {
      return message.id == outcome.id;
    });
    if (found == messages.end()) {
      message_outcomes.push_back(std::move(outcome));
    } else {
      messages.erase(found);
    }
  }
  if (messages.size() <= most_folded_messages) return;
  messages.erase(messages.begin(), messages.end() - most_folded_messages);
}

void Backlog::add(WaitingEntry waiting) {
  weight_ += weight_of(waiting.entry);
  entries_.push_back(std::move(waiting));
  // The newest stays whole, however heavy: it may be the one with all services in it.
  while (weight_ > most_ && entries_.size() > 1) fold_oldest();
}

void Backlog::add(Backlog later) {
  if (later.folded_) {
    // What was folded lies between the two, so everything older has to be folded as well.
    while (!entries_.empty()) fold_oldest();
    if (!folded_) folded_.emplace();
    folded_->add(std::move(*later.folded_));
  }
  for (WaitingEntry& waiting : later.entries_) add(std::move(waiting));
}

void Backlog::clear() {
  weight_ = 0;
  folded_.reset();
  entries_.clear();
}

void Backlog::fold_oldest() {
  weight_ -= weight_of(entries_.front().entry);
  if (!folded_) folded_.emplace();
  folded_->add(std::move(entries_.front()));
  entries_.pop_front();
}

}  // namespace heald

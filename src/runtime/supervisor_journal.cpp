// Between a decision and the journal: what is written, and what waits until it is.

#include <utility>
#include <variant>

#include "heald/assert.hpp"
#include "runtime/supervisor.hpp"

namespace heald {

void Supervisor::write(Event event, const Decision& decision, const std::vector<Message>& messages,
                       Answered answered) {
  Awaiting awaiting{0, {}, std::move(answered)};
  for (const Command& command : decision.commands) {
    const auto* act = std::get_if<ActCommand>(&command);
    if (act == nullptr) continue;
    if (act->armed && arming_.allows(act->order.service, act->order.generation)) {
      ActionOrder order = act->order;
      order.at_once = true;
      parts_.actuator.start(std::move(order));
    } else {
      awaiting.acts.push_back(*act);
    }
  }
  JournalEntry entry;
  if (decision.marked) entry.event = std::move(event);
  entry.records.assign(decision.records.begin(), decision.records.end());
  for (const ServiceId id : decision.changed) entry.changed.emplace_back(id, engine_.state(id));
  if (decision.daemon_changed) entry.daemon = engine_.daemon();
  if (!entry.event && entry.records.empty() && entry.changed.empty() && !entry.daemon) {
    HEALD_ASSERT(awaiting.acts.empty());  // an action without a journaled intent
    if (awaiting.answered) awaiting.answered({});
    return;
  }
  entry.messages = messages;
  append(std::move(entry), std::move(awaiting));
}

// What is not written down is sent again by the next heald.
void Supervisor::told(const Message& message, MessageOutcome outcome) {
  if (phase_ == Phase::ended) return;
  for (Observer* observer : parts_.observers) observer->on_told(message, outcome);
  JournalEntry entry;
  entry.message_outcomes.push_back(std::move(outcome));
  append(std::move(entry), {});
}

void Supervisor::append(JournalEntry entry, Awaiting awaiting) {
  entry.wall = parts_.wall();
  entry.at = last_;
  entry.rules_revision = policy_->revision;
  const std::uint64_t number = awaiting.number = ++appended_;
  awaiting_.push_back(std::move(awaiting));
  arming_.appended(number, entry);
  parts_.journal.append(std::move(entry), [this, number](const std::string& why_not) {
    written_.put(Written{number, why_not});
  });
}

void Supervisor::take_written() {
  (void)written_.take(written_batch_);
  for (const Written& written : written_batch_) {
    HEALD_ASSERT(!awaiting_.empty() && awaiting_.front().number == written.number);
    Awaiting awaiting = std::move(awaiting_.front());
    awaiting_.pop_front();
    if (written.why_not.empty()) {
      arming_.written(written.number);
    } else {
      arming_.failed();
    }
    settle(std::move(awaiting), written.why_not);
  }
  written_batch_.clear();
}

void Supervisor::settle(Awaiting awaiting, const std::string& why_not) {
  for (Observer* observer : parts_.observers) observer->on_journaled(why_not);
  for (ActCommand& act : awaiting.acts) {
    if (phase_ == Phase::ended) break;  // its intent stands; the next heald looks what became of it
    if (why_not.empty() || act.without_journal) {
      parts_.actuator.start(std::move(act.order));
    } else {
      turn(ActionWithheld{act.order.id, why_not});
    }
  }
  if (!awaiting.answered) return;
  awaiting.answered(why_not.empty() ? std::string{}
                                    : "it holds only until heald ends, because the journal "
                                      "cannot be written: " + why_not);
}

}  // namespace heald

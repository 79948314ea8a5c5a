// What a rehearsal shows of what happened.

#include <algorithm>
#include <sstream>

#include "heald/assert.hpp"
#include "sim/rehearsal.hpp"

namespace heald::sim {

ServiceId Rehearsal::id(const std::string& service) const {
  const auto found = engine_->find(service);
  HEALD_ASSERT(found.has_value());
  return *found;
}

const ServiceState& Rehearsal::state(const std::string& service) const {
  return engine_->state(id(service));
}

std::vector<Record> Rehearsal::records_of(RecordKind kind, const std::string& service) const {
  std::vector<Record> found;
  for (const Record& record : records) {
    const bool meant = service.empty() || (record.service && *record.service == id(service));
    if (record.kind == kind && meant) found.push_back(record);
  }
  return found;
}

std::vector<Ordered> Rehearsal::actions(const std::string& service) const {
  std::vector<Ordered> found;
  for (const Ordered& each : ordered) {
    if (each.service == service) found.push_back(each);
  }
  return found;
}

namespace {

void append(std::string& text, std::string_view word) {
  if (!text.empty()) text += ' ';
  text += word;
}

}  // namespace

std::string Rehearsal::deeds(const std::string& service) const {
  std::string text;
  for (const Ordered& each : actions(service)) append(text, to_string(each.kind));
  return text;
}

std::string Rehearsal::order() const {
  std::string text;
  for (const Ordered& each : ordered) append(text, each.service);
  return text;
}

std::string Rehearsal::verdicts(const std::string& service) const {
  std::string text;
  for (const Record& record : records_of(RecordKind::verdict, service)) {
    append(text, to_string(*record.verdict));
  }
  return text;
}

namespace {

void add_marked(std::vector<std::string>& digests, const std::vector<Taken>& taken) {
  for (const Taken& each : taken) {
    if (each.marked) digests.push_back(each.digest);
  }
}

void replay(std::vector<std::string>& digests, std::uint64_t seed,
            const std::optional<Snapshot>& origin, const std::vector<Taken>& taken) {
  Engine engine{seed};
  if (origin) engine.restore(*origin);
  for (const Taken& each : taken) {
    if (each.marked) digests.push_back(digest_of(engine, engine.step(each.event)));
  }
}

}  // namespace

std::vector<std::string> Rehearsal::marked() const {
  std::vector<std::string> digests;
  for (const Life& life : past_) add_marked(digests, life.taken);
  add_marked(digests, taken);
  return digests;
}

std::vector<std::string> Rehearsal::replayed() const {
  std::vector<std::string> digests;
  for (const Life& life : past_) replay(digests, seed_, life.origin, life.taken);
  replay(digests, seed_, origin_, taken);
  return digests;
}

void Rehearsal::forget() {
  records.clear();
  ordered.clear();
  told.clear();
  looked.clear();
}

namespace {

void digest_state(std::ostringstream& out, const ServiceState& state) {
  const auto count = [](Instant at) { return at.time_since_epoch().count(); };
  out << state.name << ": " << to_string(state.desired) << ' ' << to_string(state.health) << ' '
      << to_string(state.activity) << " since " << count(state.activity_since) << " guard "
      << to_string(state.hold->guard) << " until " << count(state.hold->until) << " spent "
      << state.spent.size();
  for (const Condition& each : state.conditions) {
    out << "; " << each.name << ' ' << to_string(each.status) << ' ' << each.fails << '/'
        << each.passes;
  }
  if (state.incident) {
    out << "; incident " << state.incident->id.value() << " actions " << state.incident->actions
        << " backoff " << count(state.incident->backoff_until) << " slow retry "
        << count(state.incident->slow_retry_at);
    for (const auto& [rung, attempts] : state.incident->attempts) {
      out << ' ' << rung << ' ' << attempts;
    }
  }
  out << '\n';
}

}  // namespace

std::string digest_of(const Engine& engine, const Decision& decision) {
  std::ostringstream out;
  for (const ServiceId service : decision.changed) digest_state(out, engine.state(service));
  for (const Record& record : decision.records) {
    out << record.at.time_since_epoch().count() << ' ' << to_string(record.kind);
    if (record.service) out << " service " << record.service->value();
    out << " incident " << record.incident.value() << " action " << record.action.value() << ' '
        << record.condition << ' ' << record.rung << ' ' << to_string(record.hold.guard) << ' '
        << record.hold.until.time_since_epoch().count() << ' ' << record.text << '\n';
  }
  for (const Command& command : decision.commands) {
    if (const auto* act = std::get_if<ActCommand>(&command)) {
      out << "act " << act->order.id.value() << " on " << act->order.service.value() << ' '
          << to_string(kind_of(act->order.action)) << " generation "
          << act->order.generation.value() << '\n';
    }
    if (const auto* tell = std::get_if<TellCommand>(&command)) {
      out << "tell " << tell->text;
      for (const std::string& receiver : tell->to) out << ' ' << receiver;
      out << '\n';
    }
    if (std::holds_alternative<ShutdownFinished>(command)) out << "shut down\n";
  }
  return out.str();
}

}  // namespace heald::sim

#include "tally.hpp"

#include <iomanip>

#include "sim/fault_words.hpp"

namespace heald::campaign {
namespace {

using namespace sim;

template <class Word>
std::string join(const char* sort, Word word) {
  return std::string{sort} + " " + std::string{word};
}

std::string name_of(const Fault& fault) {
  std::string name = join("fault", word_of(fault.kind));
  if (const auto* go = std::get_if<ActionsGo>(&fault.kind)) {
    name = join(name.c_str(), word_of(*go));
  }
  if (const auto* go = std::get_if<ProbesGo>(&fault.kind)) name = join(name.c_str(), word_of(*go));
  if (const auto* word = std::get_if<Operate>(&fault.kind)) {
    name = join(name.c_str(), to_string(word->operation));
  }
  if (const auto* leak = std::get_if<Leak>(&fault.kind)) {
    name = join(name.c_str(), word_in(leak_words, leak->then));
  }
  if (const auto* kill = std::get_if<KillHeald>(&fault.kind)) {
    name = join(join(name.c_str(), word_in(boot_words, kill->boot)).c_str(),
                word_in(in_flight_words, kill->in_flight));
  }
  return name;
}

/// Calls `visit` with each value of an enumeration from its first to `last`.
template <class Enumeration, class Visit>
void each_of(Enumeration last, const Visit& visit) {
  for (std::size_t value = 0; value <= static_cast<std::size_t>(last); ++value) {
    visit(static_cast<Enumeration>(value));
  }
}

}  // namespace

Tally::Tally() {
  const auto list = [this](const std::string& what) { counts_.emplace(what, Count{}); };
  each_of(RecordKind::shutdown, [&](RecordKind kind) { list(join("record", to_string(kind))); });
  each_of(Guard::ladder, [&](Guard guard) {
    // No record tells of these: a back-off is an activity, and during the others nothing is
    // decided.
    const bool told = guard != Guard::none && guard != Guard::adoption && guard != Guard::action &&
                      guard != Guard::backoff;
    if (told) list(join("guard", to_string(guard)));
  });
  each_of(ActionKind::notify, [&](ActionKind kind) {
    each_of(Cause::operation, [&](Cause cause) {
      list(join(join("action", to_string(cause)).c_str(), to_string(kind)));
    });
  });
  each_of(ActionResult::unknown,
          [&](ActionResult result) { list(join("result", to_string(result))); });
  each_of(Verdict::unknown, [&](Verdict verdict) { list(join("verdict", to_string(verdict))); });
  each_of(Closing::removed, [&](Closing closing) { list(join("closing", to_string(closing))); });
}

void Tally::meet(const Record& record) {
  meet(join("record", to_string(record.kind)));
  if (record.hold.guard != Guard::none && record.kind != RecordKind::released) {
    meet(join("guard", to_string(record.hold.guard)));
  }
  if (record.kind == RecordKind::action_intended) {
    meet(join(join("action", to_string(*record.cause)).c_str(), to_string(*record.action_kind)));
  }
  if (record.result) meet(join("result", to_string(*record.result)));
  if (record.verdict) meet(join("verdict", to_string(*record.verdict)));
  if (record.closing) meet(join("closing", to_string(*record.closing)));
  if (record.kind == RecordKind::service_changed && record.incident != IncidentId{}) {
    meet("changed in mid-incident");
  }
  if (record.kind == RecordKind::service_changed && record.action != ActionId{}) {
    meet("changed with an action in flight");
  }
  if (record.kind == RecordKind::service_removed && record.action != ActionId{}) {
    meet("removed with an action in flight");
  }
}

void Tally::add(const Scenario& scenario, std::span<const Record> records) {
  times_.clear();
  for (const Fault& fault : scenario.faults) meet(name_of(fault));
  for (const Record& record : records) meet(record);
  for (const auto& [what, times] : times_) {
    counts_[what].times += times;
    ++counts_[what].seeds;
  }
}

std::ostream& operator<<(std::ostream& out, const Tally& tally) {
  for (const auto& [what, count] : tally.counts_) {
    out << std::setw(9) << count.times << " in " << std::setw(6) << count.seeds << " seeds  "
        << what << '\n';
  }
  return out;
}

}  // namespace heald::campaign

#include "probe/prepared.hpp"

#include <algorithm>
#include <variant>

namespace heald {
namespace {

struct Prepare {
  const ProbePolicy& probe;

  PreparedLook operator()(const ExecProbe& rules) const { return prepare_look(rules, probe.name); }
  PreparedLook operator()(const NotifyProbe&) const { return no_hearer(); }
  PreparedLook operator()(const WatchdogProbe&) const { return no_hearer(); }
  template <class Rules>
  PreparedLook operator()(const Rules& rules) const {
    return prepare_look(rules);
  }

 private:
  static Error no_hearer() { return Error{"a thread cannot hear what a process says"}; }
};

}  // namespace

PreparedLook prepare_look(const ProbePolicy& probe) {
  return std::visit(Prepare{probe}, probe.kind);
}

const PreparedLook& PreparedLooks::of(const ProbeOrder& order) {
  Entry& entry = entries_[order.policy.get()];
  if (entry.policy.expired()) {
    entry.looks.clear();
    for (const ProbePolicy& probe : order.policy->probes) {
      entry.looks.push_back(prepare_look(probe));
    }
    entry.policy = order.policy;
    if (entries_.size() >= look_through_at_) forget_expired();
  }
  PreparedLook& prepared = entry.looks.at(order.probe.value());
  // What could not be prepared may be able to be now: its files may be there.
  if (!prepared || (*prepared)->is_for_once()) {
    prepared = prepare_look(order.policy->probes[order.probe.value()]);
  }
  return prepared;
}

void PreparedLooks::forget_expired() {
  std::erase_if(entries_, [](const auto& entry) { return entry.second.policy.expired(); });
  look_through_at_ = std::max<std::size_t>(64, 2 * entries_.size());
}

}  // namespace heald

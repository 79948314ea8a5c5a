// Faults as a fault script writes them.

#include "sim/fault.hpp"
#include "sim/fault_words.hpp"

namespace heald::sim {
namespace {

/// One flow mapping, in the order in which keys are added.
class Mapping {
 public:
  Mapping& add(std::string_view key, std::string_view value) {
    if (!text_.empty()) text_ += ", ";
    text_.append(key).append(": ").append(value);
    return *this;
  }
  Mapping& add(std::string_view key, Duration value) { return add(key, script_duration(value)); }
  /// Said only when it is so.
  Mapping& add_if(bool so, std::string_view key) {
    return so ? add(key, std::string_view{"true"}) : *this;
  }
  /// Nothing where there is nothing to say.
  Mapping& add_probe(const std::string& probe) {
    return probe.empty() ? *this : add("probe", probe);
  }
  [[nodiscard]] std::string text() const { return '{' + text_ + '}'; }

 private:
  std::string text_;
};

template <class Range, class Word>
std::string list_of(const Range& range, const Word& word) {
  std::string text;
  for (const auto& each : range) {
    if (!text.empty()) text += ", ";
    text += word(each);
  }
  return '[' + text + ']';
}

const auto same = [](const std::string& name) { return name; };
const auto kind_word = [](ActionKind kind) { return std::string{to_string(kind)}; };

struct Fields {
  Mapping& out;

  void operator()(const Crash& crash) const {
    const bool signal = crash.status.kind == ExitStatus::Kind::signaled;
    out.add(signal ? "signal" : "status", std::to_string(crash.status.code));
    out.add_if(crash.status.oom, "oom");
    out.add("again_after", crash.again_after);
  }
  void operator()(const Hang& hang) const { out.add_probe(hang.probe); }
  void operator()(const AnswerBadly& bad) const { out.add_probe(bad.probe); }
  void operator()(const Flap& flap) const {
    out.add("sick", flap.sick).add("well", flap.well).add_probe(flap.probe);
  }
  void operator()(const SlowDown& slow) const { out.add("by", slow.by).add_probe(slow.probe); }
  void operator()(const Leak& leak) const {
    out.add("well_for", leak.well_for).add("then", word_in(leak_words, leak.then));
  }
  void operator()(const StartSlowly& slow) const { out.add("takes", slow.takes); }
  void operator()(const ActionsGo& go) const {
    out.add("go", word_in(actions_words, go.how)).add("later", go.later);
    if (!go.of.empty()) out.add("of", list_of(go.of, kind_word));
  }
  void operator()(const ProbesGo& go) const {
    out.add("go", word_in(probes_words, go.how)).add("later", go.later).add_probe(go.probe);
  }
  void operator()(const KillHeald& kill) const {
    out.add("down_for", kill.down_for).add("in_flight", word_in(in_flight_words, kill.in_flight));
    out.add("boot", word_in(boot_words, kill.boot));
  }
  void operator()(const JumpClock& jump) const { out.add("by", jump.by); }
  void operator()(const Operate& word) const {
    out.add("do", word_in(operation_words, word.operation));
    out.add_if(word.dependents == Operated::Dependents::include, "with_dependents");
    if (word.lasting) out.add("for", *word.lasting);
  }
  template <class Empty>
  void operator()(const Empty&) const {}
};

std::string file_of(const ReloadRules& reload) {
  return "rules-" + std::to_string(reload.rules) + ".yaml";
}

}  // namespace

std::string_view word_of(const ActionsGo& go) { return word_in(actions_words, go.how); }
std::string_view word_of(const ProbesGo& go) { return word_in(probes_words, go.how); }

std::string script_duration(Duration duration) {
  const struct {
    Duration unit;
    std::string_view name;
  } units[] = {{1h, "h"}, {1min, "m"}, {1s, "s"}, {1ms, "ms"}};
  for (const auto& each : units) {
    if (duration % each.unit != Duration::zero() || duration == Duration::zero()) continue;
    return std::to_string(duration / each.unit).append(each.name);
  }
  return std::to_string(duration / 1ms) + "ms";
}

std::string to_script(const Fault& fault) {
  Mapping fields;
  std::visit(Fields{fields}, fault.kind);
  const auto* reload = std::get_if<ReloadRules>(&fault.kind);
  Mapping out;
  out.add("at", fault.at);
  out.add(word_of(fault.kind), reload == nullptr ? fields.text() : file_of(*reload));
  if (!fault.services.empty()) out.add("services", list_of(fault.services, same));
  if (fault.lasting) out.add("lasting", *fault.lasting);
  if (fault.cured_by) {
    std::vector<std::string> cures = fault.cured_by->rungs;
    for (const ActionKind kind : fault.cured_by->actions) cures.push_back(kind_word(kind));
    out.add("cured_by", list_of(cures, same));
  }
  return out.text();
}

}  // namespace heald::sim

#include "drill/script.hpp"

#include <algorithm>
#include <filesystem>

#include "drill/drafts.hpp"
#include "policy/load.hpp"
#include "policy/rule_files.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

constexpr std::size_t largest_script = std::size_t{4} << 20U;

class ScriptReader {
 public:
  ScriptReader(std::string name, const Policy& rules)
      // The rules are the caller's, and outlive the reading.
      : name_(std::move(name)),
        file_(log_.add_file(name_)),
        known_{{std::shared_ptr<const Policy>{}, &rules}} {}

  void refuse(const std::string& why) { log_.add({file_, 0, 0}, why); }

  void read(std::string_view text) {
    EventStream stream{text, file_, log_};
    Reader reader{stream, log_};
    const bool nothing = reader.peek().kind == EventKind::end || reader.peek().is_null();
    if (nothing && !stream.failed()) {
      log_.add({file_, 1, 1}, "the script is empty; expected at least 'faults: []'");
      return;
    }
    reader.read(script_mapping, draft_);
    while (reader.take().kind != EventKind::end) {
    }
    if (stream.failed()) return;
    for (FaultDraft& fault : draft_.faults) load_reload(fault);
    for (FaultDraft& fault : draft_.faults) {
      finish_fault(log_, fault, known_);
      draft_.script.faults.push_back(std::move(fault.fault));
    }
  }

  [[nodiscard]] ReadScript finish() {
    std::vector<Problem> problems = log_.take();
    problems.insert(problems.end(), of_rules_.begin(), of_rules_.end());
    if (!problems.empty()) return {std::nullopt, std::move(problems)};
    return {std::move(draft_.script), {}};
  }

 private:
  void load_reload(FaultDraft& draft) {
    if (draft.reload.name.empty()) return;
    const std::string path =
        (std::filesystem::path{name_}.parent_path() / draft.reload.name).string();
    Loaded loaded = load_rules(path);
    if (!loaded.policy) {
      log_.add(draft.reload.at, "cannot reload " + heald::quoted(path) + ": it has " +
                                    std::to_string(loaded.problems.size()) + " problem(s)");
      of_rules_.insert(of_rules_.end(), loaded.problems.begin(), loaded.problems.end());
      return;
    }
    known_.push_back(std::make_shared<const Policy>(std::move(*loaded.policy)));
    draft_.script.reloads.push_back(known_.back());
    draft.fault.kind = sim::ReloadRules{draft_.script.reloads.size()};
  }

  std::string name_;
  ProblemLog log_;
  std::uint32_t file_;
  std::vector<std::shared_ptr<const Policy>> known_;  // rules that names may stand in
  std::vector<Problem> of_rules_;                     // that are reloaded
  ScriptDraft draft_;
};

}  // namespace

ReadScript read_faults(const std::string& path, const Policy& rules) {
  ScriptReader reader{path, rules};
  if (const auto text = read_rule_file(path, largest_script)) {
    reader.read(*text);
  } else {
    reader.refuse(text.error().message);
  }
  return reader.finish();
}

ReadScript parse_faults(std::string_view text, const std::string& name, const Policy& rules) {
  ScriptReader reader{name, rules};
  reader.read(text);
  return reader.finish();
}

sim::Scenario scenario_of(std::shared_ptr<const Policy> rules, FaultScript script) {
  sim::Scenario scenario;
  scenario.rules = {std::move(rules)};
  scenario.rules.insert(scenario.rules.end(), script.reloads.begin(), script.reloads.end());
  scenario.seed = script.seed.value_or(scenario.seed);
  scenario.settling = script.settling.value_or(scenario.settling);
  Duration last{};
  for (const sim::Fault& fault : script.faults) {
    last = std::max(last, fault.at + fault.lasting.value_or(Duration::zero()));
  }
  scenario.length = script.length.value_or(last + 1h);
  scenario.faults = std::move(script.faults);
  return scenario;
}

}  // namespace heald

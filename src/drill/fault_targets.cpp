// Whether a fault fits the rules: every name has to stand in them.

#include <algorithm>
#include <set>

#include "drill/drafts.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

using namespace sim;
using Rules = std::vector<std::shared_ptr<const Policy>>;

std::vector<std::string_view> views_of(const std::set<std::string>& names) {
  return {names.begin(), names.end()};
}

class Finisher {
 public:
  Finisher(ProblemLog& log, FaultDraft& draft, const Rules& rules)
      : log_(log), draft_(draft), rules_(rules) {}

  void finish() {
    finish_services();
    finish_cure();
    check_probe();
    check_length();
  }

 private:
  [[nodiscard]] bool takes_services() const {
    if (const auto* word = std::get_if<Operate>(&draft_.fault.kind)) {
      return word->operation != Operation::freeze && word->operation != Operation::thaw &&
             word->operation != Operation::confirm;
    }
    return hits_services(draft_.fault.kind);
  }
  [[nodiscard]] std::string word() const { return quoted(word_of(draft_.fault.kind)); }

  /// The services that the fault can hit, under any of the rules.
  template <class Each>
  void for_each_target(const Each& each) const {
    const auto& named = draft_.fault.services;
    for (const auto& rules : rules_) {
      for (const auto& service : rules->services) {
        if (named.empty() || std::find(named.begin(), named.end(), service->name) != named.end()) {
          each(*service);
        }
      }
    }
  }

  void finish_services() {
    if (!draft_.services.empty() && !takes_services()) {
      log_.add(draft_.services.front().at, word() + " happens to heald, and hits no service");
      return;
    }
    std::set<std::string> known;
    for_each_target([&](const ServicePolicy& service) { known.insert(service.name); });
    for (Mention& mention : draft_.services) {
      if (mention.name.empty()) continue;
      if (!known.contains(mention.name)) {
        log_.add(mention.at, "the rules have no service " + quoted(mention.name) +
                                 suggestion(mention.name, views_of(known)));
        continue;
      }
      draft_.fault.services.push_back(std::move(mention.name));
    }
  }

  void finish_cure() {
    if (!draft_.cured_by) return;
    if (!is_ailment(draft_.fault.kind)) {
      log_.add(draft_.at, word() + " is cured by nothing; leave 'cured_by' out");
      return;
    }
    std::set<std::string> rungs;
    for_each_target([&](const ServicePolicy& service) {
      for (const RungPolicy& rung : service.remediation) rungs.insert(rung.name);
    });
    Cure& cure = draft_.fault.cured_by.emplace();
    for (Mention& mention : *draft_.cured_by) {
      if (mention.name.empty()) continue;
      if (const auto kind = kind_named(mention.name)) {
        cure.actions.push_back(*kind);
        continue;
      }
      if (!rungs.contains(mention.name)) report_cure(mention, rungs);
      cure.rungs.push_back(std::move(mention.name));
    }
  }

  static std::optional<ActionKind> kind_named(std::string_view word) {
    for (auto kind = ActionKind::restart; kind <= ActionKind::notify;
         kind = static_cast<ActionKind>(static_cast<int>(kind) + 1)) {
      if (to_string(kind) == word) return kind;
    }
    return std::nullopt;
  }

  void report_cure(const Mention& mention, std::set<std::string> known) {
    for (const char* kind : {"restart", "start", "stop", "reload", "signal", "exec", "http",
                             "reprovision", "notify"}) {
      known.insert(kind);
    }
    log_.add(mention.at, quoted(mention.name) + " is neither an action nor a rung of a service "
                             "that this hits" + suggestion(mention.name, views_of(known)));
  }

  [[nodiscard]] std::string probe() const {
    return std::visit(
        [](const auto& kind) -> std::string {
          if constexpr (requires { kind.probe; }) return kind.probe;
          return {};
        },
        draft_.fault.kind);
  }

  void check_probe() {
    const std::string wanted = probe();
    if (wanted.empty()) return;
    std::set<std::string> known;
    for_each_target([&](const ServicePolicy& service) {
      for (const ProbePolicy& each : service.probes) known.insert(each.name);
    });
    if (known.contains(wanted)) return;
    log_.add(draft_.at, "no service that this hits has a probe " + quoted(wanted) +
                            suggestion(wanted, views_of(known)));
  }

  void check_length() {
    const FaultKind& kind = draft_.fault.kind;
    if (is_momentary(kind) && draft_.fault.lasting) {
      log_.add(draft_.at, word() + " is over at once; leave 'lasting' out");
    }
    if (std::holds_alternative<Stall>(kind) && !draft_.fault.lasting) {
      log_.add(draft_.at, "a stall has to end; say how long by 'lasting'");
    }
  }

  ProblemLog& log_;
  FaultDraft& draft_;
  const Rules& rules_;
};

}  // namespace

void finish_fault(ProblemLog& log, FaultDraft& draft, const Rules& known) {
  if (draft.known) Finisher{log, draft, known}.finish();
}

}  // namespace heald

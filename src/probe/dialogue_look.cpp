#include "probe/dialogue_look.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "probe/look.hpp"
#include "probe/pattern.hpp"

namespace heald {
namespace {

using Kind = DialogueStep::Kind;

bool awaits(const DialogueStep& step) {
  return step.kind == Kind::expect || step.kind == Kind::matches;
}

std::string wanted(const DialogueStep& step) {
  return step.kind == Kind::matches ? "a match of " + step.text : shown(step.text);
}

/// One that looks at a connection by what is said over it.
class DialogueLook final : public Look, public std::enable_shared_from_this<DialogueLook> {
 public:
  DialogueLook(const DialogueSteps& rules, std::shared_ptr<const DialogueScript> script)
      : rules_(rules), script_(std::move(script)) {}

  void start(const LookTools& tools, const LookTerms& terms, LookDone done) const override {
    start_dialogue(tools.context, script_, terms.timeout,
                   [self = shared_from_this(), detailed = terms.trace != nullptr,
                    done = std::move(done)](DialogueResult result) {
                     done(self->seen(std::move(result), detailed));
                   },
                   terms.trace);
  }

 private:
  [[nodiscard]] Seen seen(DialogueResult result, bool detailed) const {
    Seen seen;
    seen.finding = judge_dialogue(rules_, result);
    if (!detailed) return seen;
    seen.checks = checks_of(rules_, result);
    seen.said = std::move(result.received);
    return seen;
  }

  const DialogueSteps& rules_;
  const std::shared_ptr<const DialogueScript> script_;
};

PreparedLook look_by(const DialogueSteps& rules, DialogueScript script) {
  for (const DialogueStep& step : rules) {
    Finder finder;
    if (step.kind == Kind::matches) {
      auto pattern = Pattern::compile(step.text);
      if (!pattern) return pattern.error();
      finder = [pattern = *pattern](std::string_view came) { return pattern.end_of_match(came); };
    }
    script.steps.push_back({step.kind, step.text, std::move(finder)});
  }
  return std::make_shared<const DialogueLook>(
      rules, std::make_shared<const DialogueScript>(std::move(script)));
}

}  // namespace

Finding judge_dialogue(const DialogueSteps& rules, const DialogueResult& result) {
  if (!result.failure) return {};
  Finding finding = judge_failure(*result.failure);
  const bool waited = result.step < rules.size() && awaits(rules[result.step]);
  const auto came = std::string_view{result.received}.substr(result.taken);
  if (finding.outcome == Outcome::unknown || !waited || came.empty()) return finding;
  return failed("got " + shown(came) + ", expected " + wanted(rules[result.step]) +
                ": " + result.failure->text);
}

std::vector<LookCheck> checks_of(const DialogueSteps& rules, const DialogueResult& result) {
  std::vector<LookCheck> checks;
  for (std::size_t at = 0; at < rules.size() && at <= result.step; ++at) {
    if (!awaits(rules[at])) continue;
    const bool held = at < result.step;
    const auto came = std::string_view{result.received}.substr(result.taken);
    if (!held && came.empty()) break;
    checks.push_back({"received", wanted(rules[at]), held ? "" : shown(came), held});
  }
  return checks;
}

PreparedLook prepare_look(const TcpProbe& rules) {
  const bool later = std::ranges::any_of(
      rules.dialogue, [](const DialogueStep& step) { return step.kind == Kind::starttls; });
  DialogueScript script;
  script.target = std::make_shared<const Target>(rules.host, rules.port,
                                                 later ? std::nullopt : rules.tls);
  if (later) script.upgrade = rules.tls.value_or(TlsPolicy{});
  return look_by(rules.dialogue, std::move(script));
}

PreparedLook prepare_look(const TlsProbe& rules) {
  static const DialogueSteps nothing;
  DialogueScript script;
  script.target = std::make_shared<const Target>(rules.host, rules.port, rules.tls);
  return look_by(nothing, std::move(script));
}

PreparedLook prepare_look(const UnixProbe& rules) {
  DialogueScript script;
  script.target = std::make_shared<const Target>(rules.path);
  return look_by(rules.dialogue, std::move(script));
}

}  // namespace heald

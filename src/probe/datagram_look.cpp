#include "probe/datagram_look.hpp"

#include <optional>
#include <utility>

#include "probe/look.hpp"
#include "probe/pattern.hpp"

namespace heald {
namespace {

std::string wanted(const UdpProbe& rules) {
  std::string text;
  if (rules.expect) text = shown(*rules.expect);
  if (rules.matches) {
    text.append(text.empty() ? "" : ", and ").append("a match of ").append(*rules.matches);
  }
  return text;
}

class UdpLook final : public Look, public std::enable_shared_from_this<UdpLook> {
 public:
  UdpLook(const UdpProbe& rules, std::shared_ptr<const DatagramScript> script)
      : rules_(rules), script_(std::move(script)) {}

  void start(const LookTools& tools, const LookTerms& terms, LookDone done) const override {
    start_datagram(tools.context, script_, terms.timeout,
                   [self = shared_from_this(), detailed = terms.trace != nullptr,
                    done = std::move(done)](DatagramResult result) {
                     done(self->seen(std::move(result), detailed));
                   },
                   terms.trace);
  }

 private:
  [[nodiscard]] Seen seen(DatagramResult result, bool detailed) const {
    Seen seen;
    seen.finding = judge_udp(rules_, result);
    if (!detailed) return seen;
    seen.checks = checks_of(rules_, result);
    seen.said = std::move(result.received);
    return seen;
  }

  const UdpProbe& rules_;
  const std::shared_ptr<const DatagramScript> script_;
};

class IcmpLook final : public Look {
 public:
  explicit IcmpLook(const IcmpProbe& rules)
      : script_(std::make_shared<const DatagramScript>(
            DatagramScript{DatagramScript::Kind::echo,
                           std::make_shared<const Target>(rules.host, 0, std::nullopt), {}, {}})) {}

  void start(const LookTools& tools, const LookTerms& terms, LookDone done) const override {
    start_datagram(tools.context, script_, terms.timeout,
                   [done = std::move(done)](const DatagramResult& result) {
                     done({result.failure ? judge_failure(*result.failure) : Finding{}, {}, {}});
                   },
                   terms.trace);
  }

 private:
  const std::shared_ptr<const DatagramScript> script_;
};

}  // namespace

Finding judge_udp(const UdpProbe& rules, const DatagramResult& result) {
  if (!result.failure) return {};
  Finding finding = judge_failure(*result.failure);
  if (finding.outcome == Outcome::unknown || result.received.empty()) return finding;
  return failed("got " + shown(result.received) + ", expected " + wanted(rules));
}

std::vector<LookCheck> checks_of(const UdpProbe& rules, const DatagramResult& result) {
  if (result.received.empty() || wanted(rules).empty()) return {};
  const bool held = !result.failure;
  return {{"received", wanted(rules), held ? "" : shown(result.received), held}};
}

PreparedLook prepare_look(const UdpProbe& rules) {
  std::optional<Pattern> pattern;
  if (rules.matches) {
    auto compiled = Pattern::compile(*rules.matches);
    if (!compiled) return compiled.error();
    pattern = *compiled;
  }
  DatagramScript script;
  script.target = std::make_shared<const Target>(rules.host, rules.port, std::nullopt);
  script.send = rules.send;
  script.answers = [expect = rules.expect, pattern](std::string_view came) {
    if (expect && came.find(*expect) == std::string_view::npos) return false;
    return !pattern || pattern->end_of_match(came).has_value();
  };
  return std::make_shared<const UdpLook>(
      rules, std::make_shared<const DatagramScript>(std::move(script)));
}

PreparedLook prepare_look(const IcmpProbe& rules) {
  return std::make_shared<const IcmpLook>(rules);
}

}  // namespace heald

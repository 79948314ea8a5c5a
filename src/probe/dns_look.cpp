#include "probe/dns_look.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "probe/look.hpp"

namespace heald {
namespace {

std::string listed(const std::vector<std::string>& records) {
  std::string text;
  for (const std::string& record : records) text.append(text.empty() ? "" : ", ").append(record);
  return text.empty() ? "no record" : text;
}

/// Names are compared without regard to case (RFC 4343), and a whole one may end by a dot.
bool is_same(std::string_view left, std::string_view right) {
  const auto without_dot = [](std::string_view text) {
    if (text.size() > 1 && text.back() == '.') text.remove_suffix(1);
    return text;
  };
  return std::ranges::equal(without_dot(left), without_dot(right), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  });
}

bool has(const std::vector<std::string>& records, const std::string& wanted) {
  return std::ranges::any_of(records,
                             [&](const std::string& each) { return is_same(each, wanted); });
}

bool asks_for_records(const DnsProbe& rules) { return rules.rcode == "NOERROR"; }

class DnsLook final : public Look, public std::enable_shared_from_this<DnsLook> {
 public:
  DnsLook(const DnsProbe& rules, std::shared_ptr<const DnsQuestion> question)
      : rules_(rules), question_(std::move(question)) {}

  void start(const LookTools& tools, const LookTerms& terms, LookDone done) const override {
    start_dns(tools.context, question_, terms.timeout,
              [self = shared_from_this(), detailed = terms.trace != nullptr,
               done = std::move(done)](const DnsResult& result) {
                Seen seen;
                seen.finding = judge_dns(self->rules_, result);
                if (detailed) seen.checks = checks_of(self->rules_, result);
                for (const auto& record : result.answer.records) seen.said += record + "\n";
                done(std::move(seen));
              },
              terms.trace);
  }

 private:
  const DnsProbe& rules_;
  const std::shared_ptr<const DnsQuestion> question_;
};

}  // namespace

Finding judge_dns(const DnsProbe& rules, const DnsResult& result) {
  if (result.failure) return judge_failure(*result.failure);
  const DnsAnswer& answer = result.answer;
  if (answer.rcode != rules.rcode) return failed(answer.rcode + ", expected " + rules.rcode);
  if (!asks_for_records(rules)) return {};
  if (answer.records.empty()) return failed("no record of " + rules.name);
  for (const std::string& wanted : rules.expect) {
    if (!has(answer.records, wanted)) {
      return failed("got " + listed(answer.records) + ", expected " + wanted);
    }
  }
  return {};
}

std::vector<LookCheck> checks_of(const DnsProbe& rules, const DnsResult& result) {
  if (result.failure) return {};
  const DnsAnswer& answer = result.answer;
  std::vector<LookCheck> checks{
      {"status", rules.rcode, answer.rcode, answer.rcode == rules.rcode}};
  if (!asks_for_records(rules) || answer.rcode != rules.rcode) return checks;
  if (rules.expect.empty()) {
    checks.push_back({"records", "at least one", listed(answer.records), !answer.records.empty()});
  }
  for (const std::string& wanted : rules.expect) {
    checks.push_back({"records", wanted, listed(answer.records), has(answer.records, wanted)});
  }
  return checks;
}

PreparedLook prepare_look(const DnsProbe& rules) {
  DnsQuestion question;
  question.name = rules.name;
  question.type = rules.type;
  if (!rules.server.empty()) {
    question.server = std::make_shared<const Target>(rules.server, rules.port, std::nullopt);
  }
  return std::make_shared<const DnsLook>(
      rules, std::make_shared<const DnsQuestion>(std::move(question)));
}

}  // namespace heald

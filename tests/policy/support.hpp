#pragma once
// What the tests of rule files share.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "policy/load.hpp"

namespace heald::test {

inline std::vector<std::string> lines_of(const std::vector<Problem>& problems) {
  std::vector<std::string> lines;
  for (const Problem& problem : problems) lines.push_back(to_string(problem));
  return lines;
}

/// The problems of rules given as text, one line each, in a file named "r".
inline std::vector<std::string> problems_of(std::string_view text) {
  return lines_of(parse_rules(text, "r").problems);
}

/// The policy of rules that must be good; says what is wrong when they are not.
inline Policy policy_of(std::string_view text) {
  Loaded loaded = parse_rules(text, "r");
  if (!loaded.policy) {
    std::string all = "these rules are not good:";
    for (const std::string& line : lines_of(loaded.problems)) all += "\n  " + line;
    throw std::runtime_error{all};
  }
  return std::move(*loaded.policy);
}

/// The one service of rules that declare one, its body given: "web: {BODY}".
inline ServicePolicy service_of(const std::string& body) {
  return *policy_of("services: {web: {" + body + "}}").services.at(0);
}

inline ProbePolicy probe_of(const std::string& body) {
  return service_of("external: {}, probes: {p: {" + body + "}}").probes.at(0);
}

inline RungPolicy rung_of(const std::string& rung) {
  return service_of("process: {command: [a]}, probes: {p: {tcp: \"h:1\"}}, remediation: [" + rung +
                    "]")
      .remediation.at(0);
}

/// The one problem of such a service, without its position; "" when it is good.
inline std::string complaint_of(const std::string& body) {
  const Loaded loaded = parse_rules("services: {web: {" + body + "}}", "r");
  if (loaded.problems.empty()) return "";
  return loaded.problems.size() == 1 ? loaded.problems.front().message : "more than one problem";
}

inline std::string probe_complaint(const std::string& body) {
  return complaint_of("external: {}, probes: {p: {" + body + "}}");
}

}  // namespace heald::test

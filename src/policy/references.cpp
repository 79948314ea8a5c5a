#include "policy/references.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "policy/wording.hpp"

namespace heald {

namespace {

// Looking for the name that was meant costs time in proportion to all names: with 100,000 of them
// the first mistakes get a suggestion, and what is meant by the others will be plain.
constexpr std::size_t most_comparisons = 1'000'000;

// A cycle of more services is told by those at its ends.
constexpr std::size_t longest_named = 100;

class ReferenceCheck {
 public:
  ReferenceCheck(const RuleSet& rules, ProblemLog& log) : rules_(rules), log_(log) {}

  void check(const Reference& reference);

 private:
  void check_dependency(const Reference& reference);
  template <class Declared>
  void unknown(const Reference& reference, std::string_view kind, const Declared& declared);

  const RuleSet& rules_;
  ProblemLog& log_;
  std::size_t comparisons_ = 0;
};

void ReferenceCheck::check(const Reference& reference) {
  switch (reference.kind) {
    case Reference::Kind::group:
      if (reference.name == "all" || rules_.group_at.contains(reference.name)) return;
      return unknown(reference, "group", rules_.group_at);
    case Reference::Kind::receiver:
      if (rules_.receiver_at.contains(reference.name)) return;
      return unknown(reference, "receiver", rules_.receiver_at);
    case Reference::Kind::dependency: return check_dependency(reference);
  }
}

void ReferenceCheck::check_dependency(const Reference& reference) {
  const auto found = rules_.service_index.find(reference.name);
  if (found == rules_.service_index.end()) {
    return unknown(reference, "service", rules_.service_index);
  }
  if (reference.until != DependencyUntil::done) return;
  const ProcessRuntime* process = rules_.services.at(found->second)->process();
  if (process != nullptr && process->exit.on_success == OnSuccess::done) return;
  log_.add(reference.at, "'until: done' waits for ever: " + quoted(reference.name) +
                             " never becomes done; expected a process with 'exit: {on_success: "
                             "done}'");
}

template <class Declared>
void ReferenceCheck::unknown(const Reference& reference, std::string_view kind,
                             const Declared& declared) {
  std::string message = "there is no " + std::string{kind} + " " + quoted(reference.name);
  if (comparisons_ < most_comparisons) {
    std::vector<std::string_view> known;
    for (const auto& [name, place] : declared) known.emplace_back(name);
    std::ranges::sort(known);
    comparisons_ += known.size();
    message += suggestion(reference.name, known);
  }
  log_.add(reference.at, std::move(message));
}

// Depth first, on a stack of its own: a chain of 100,000 services must not end the program's.
class CycleSearch {
 public:
  CycleSearch(const RuleSet& rules, ProblemLog& log);

  void run();

 private:
  struct Edge {
    std::uint32_t to;
    Position at;
  };
  struct Step {
    std::uint32_t service;
    std::uint32_t next_edge;
  };
  enum class Mark : std::uint8_t { unseen, open, closed };

  void visit(std::uint32_t root);
  void follow(const Edge& edge);
  void report(const Edge& closing);

  const RuleSet& rules_;
  ProblemLog& log_;
  std::vector<Edge> edges_;
  std::vector<std::uint32_t> first_edge_;  ///< of each service, and one past the last
  std::vector<Mark> marks_;
  std::vector<Step> path_;
};

CycleSearch::CycleSearch(const RuleSet& rules, ProblemLog& log)
    : rules_(rules), log_(log), marks_(rules.services.size(), Mark::unseen) {
  first_edge_.reserve(rules.services.size() + 1);
  for (const Reference& reference : rules.references) {
    if (reference.kind != Reference::Kind::dependency) continue;
    if (reference.service == Reference::nobody) continue;
    const auto found = rules.service_index.find(reference.name);
    if (found == rules.service_index.end()) continue;
    first_edge_.resize(reference.service + 1U, static_cast<std::uint32_t>(edges_.size()));
    edges_.push_back({found->second, reference.at});
  }
  first_edge_.resize(rules.services.size() + 1, static_cast<std::uint32_t>(edges_.size()));
}

void CycleSearch::run() {
  for (std::uint32_t service = 0; service < marks_.size(); ++service) {
    if (marks_[service] == Mark::unseen) visit(service);
  }
}

void CycleSearch::visit(std::uint32_t root) {
  marks_[root] = Mark::open;
  path_.push_back({root, first_edge_[root]});
  while (!path_.empty()) {
    Step& step = path_.back();
    if (step.next_edge < first_edge_[step.service + 1U]) {
      follow(edges_[step.next_edge++]);
    } else {
      marks_[step.service] = Mark::closed;
      path_.pop_back();
    }
  }
}

void CycleSearch::follow(const Edge& edge) {
  if (marks_[edge.to] == Mark::open) return report(edge);
  if (marks_[edge.to] == Mark::closed) return;
  marks_[edge.to] = Mark::open;
  path_.push_back({edge.to, first_edge_[edge.to]});
}

void CycleSearch::report(const Edge& closing) {
  if (log_.full()) return;
  const auto begin = std::ranges::find(path_, closing.to, &Step::service);
  const auto length = static_cast<std::size_t>(path_.end() - begin);
  std::string message = "dependency cycle: ";
  for (std::size_t i = 0; i < length; ++i) {
    if (i == longest_named / 2 && length > longest_named) {
      message.append("(").append(std::to_string(length - longest_named)).append(" more) -> ");
      i = length - longest_named / 2;
    }
    const Step& step = begin[static_cast<std::ptrdiff_t>(i)];
    message.append(rules_.services[step.service]->name).append(" -> ");
  }
  log_.add(closing.at, message + rules_.services[closing.to]->name);
}

std::string instance_name(const std::string& name, std::uint32_t instance) {
  return name + "-" + std::to_string(instance);
}

// A name that was not declared otherwise: what is wrong then has been said.
const InstancedName* several(const RuleSet& rules, const std::string& name) {
  const auto found = rules.instanced.find(name);
  return found == rules.instanced.end() ? nullptr : &found->second;
}

std::vector<DependencyPolicy> expanded(const RuleSet& rules,
                                       const std::vector<DependencyPolicy>& edges) {
  std::vector<DependencyPolicy> all;
  for (const DependencyPolicy& edge : edges) {
    const InstancedName* instanced = several(rules, edge.service);
    if (instanced == nullptr) {
      all.push_back(edge);
      continue;
    }
    for (std::uint32_t instance = 1; instance <= instanced->count; ++instance) {
      all.push_back(edge);
      all.back().service = instance_name(edge.service, instance);
    }
  }
  return all;
}

/// Makes one reference to each instance out of one to them all.
class ReferenceExpansion {
 public:
  ReferenceExpansion(RuleSet& rules, ProblemLog& log) : rules_(rules), log_(log) {}

  void run();

 private:
  void add(const Reference& reference, std::string name);

  RuleSet& rules_;
  ProblemLog& log_;
  std::vector<Reference> all_;
  std::uint32_t service_ = Reference::nobody;
  std::unordered_set<std::string> names_;  ///< that the service depends on
};

void ReferenceExpansion::run() {
  all_.reserve(rules_.references.size());
  for (const Reference& reference : rules_.references) {
    const bool dependency = reference.kind == Reference::Kind::dependency;
    const InstancedName* instanced = dependency ? several(rules_, reference.name) : nullptr;
    if (!dependency) {
      all_.push_back(reference);
    } else if (instanced == nullptr) {
      add(reference, reference.name);
    } else {
      for (std::uint32_t instance = 1; instance <= instanced->count; ++instance) {
        add(reference, instance_name(reference.name, instance));
      }
    }
  }
  rules_.references = std::move(all_);
}

void ReferenceExpansion::add(const Reference& reference, std::string name) {
  if (std::exchange(service_, reference.service) != reference.service) names_.clear();
  const bool fresh = reference.service == Reference::nobody || names_.insert(name).second;
  if (!fresh) {
    log_.add(reference.at, "dependency " + quoted(name) +
                               " is given twice: once by itself, once as an instance");
  }
  all_.push_back(reference);
  all_.back().name = std::move(name);
}

}  // namespace

void expand_instances(RuleSet& rules, ProblemLog& log) {
  if (rules.instanced.empty()) return;
  for (auto& service : rules.services) {
    service->depends_on = expanded(rules, service->depends_on);
  }
  ReferenceExpansion{rules, log}.run();
}

void check_references(const RuleSet& rules, ProblemLog& log) {
  ReferenceCheck check{rules, log};
  for (const Reference& reference : rules.references) check.check(reference);
}

void check_cycles(const RuleSet& rules, ProblemLog& log) { CycleSearch{rules, log}.run(); }

}  // namespace heald

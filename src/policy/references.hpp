#pragma once
// What can be told only once every file has been read.

#include "policy/drafts.hpp"
#include "policy/problem.hpp"

namespace heald {

/// Puts all instances in the place of each dependency on a name that stands for several services.
void expand_instances(RuleSet& rules, ProblemLog& log);

/// Reports every name that stands for nothing, and every dependency that can never be met.
void check_references(const RuleSet& rules, ProblemLog& log);

/// Reports each cycle of dependencies, named in full up to 100 services, at an edge that closes it.
void check_cycles(const RuleSet& rules, ProblemLog& log);

}  // namespace heald

#pragma once
// Random rules: small estates that reach into every corner of what rule files can say.

#include <memory>
#include <string>
#include <vector>

#include "chance.hpp"
#include "heald/policy.hpp"

namespace heald::campaign {

using Rules = std::shared_ptr<const Policy>;

[[nodiscard]] Rules random_rules(Chance& chance);
/// The same rules with something changed: a service, a group, or one service gone.
[[nodiscard]] Rules changed_rules(Chance& chance, const Policy& before);
/// Without this service, and without a word of it in the others.
[[nodiscard]] Rules rules_without(const Policy& before, const std::string& service);
/// One line for each service, for people.
[[nodiscard]] std::string describe_rules(const Policy& policy);

}  // namespace heald::campaign

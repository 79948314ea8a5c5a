#include "replay/rules_book.hpp"

#include <utility>

#include "policy/load.hpp"

namespace heald {

Result<std::shared_ptr<const Policy>> RulesBook::find(const std::string& revision,
                                                      const Life& life) {
  if (life != life_) known_.clear();
  life_ = life;
  if (const auto found = known_.find(revision); found != known_.end()) return found->second;
  const std::string as_read{read_revision(revision)};
  auto rules = read(as_read);
  if (!rules) return rules.error();
  Policy policy = adapted(*std::move(rules), life);
  if (revision != as_read) policy = with_left_over(std::move(policy), life.left_over);
  return known_[revision] = std::make_shared<const Policy>(std::move(policy));
}

Result<Policy> RulesBook::read(const std::string& revision) {
  const auto files = log_.rules(revision);
  if (!files) return files.error();
  if (files->empty()) return Error{"the text of the rules " + revision + " was not kept"};
  Loaded loaded = parse_rule_files(*files);
  if (!loaded.policy) {
    return Error{"this heald cannot read the rules " + revision + ": " +
                 to_string(loaded.problems.front())};
  }
  if (loaded.policy->revision != revision) {
    return Error{"the text of the rules " + revision + " is not what it was"};
  }
  return *std::move(loaded.policy);
}

}  // namespace heald

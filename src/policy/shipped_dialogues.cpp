#include "policy/shipped_dialogues.hpp"

#include <map>
#include <vector>

#include "heald/assert.hpp"

namespace heald {
namespace {

struct Shipped {
  std::map<std::string, Recording, std::less<>> dialogues;
  std::vector<std::string_view> names;

  Shipped() {
    ProblemLog log;
    EventStream stream{shipped_dialogues_text(), log.add_file("dialogues.yaml"), log};
    HEALD_ASSERT(stream.take().kind == EventKind::mapping_start);
    while (stream.peek().kind == EventKind::scalar) {
      std::string name = stream.take().value;
      dialogues.emplace(std::move(name), stream.take_node());
    }
    HEALD_ASSERT(log.empty());
    for (const auto& [name, steps] : dialogues) names.push_back(name);
  }
};

// Read when a rule names one: a test has read all of them.
const Shipped& shipped() {
  static const Shipped all;
  return all;
}

}  // namespace

std::span<const std::string_view> shipped_dialogue_names() { return shipped().names; }

Recording shipped_dialogue(std::string_view name) {
  const auto found = shipped().dialogues.find(name);
  HEALD_ASSERT(found != shipped().dialogues.end());
  return found->second;
}

}  // namespace heald

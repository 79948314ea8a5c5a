#pragma once
// How other threads ask for new rules.

#include <functional>
#include <string>
#include <vector>

namespace heald {

/// One mistake in a rule file. Lines and columns count from 1; 0 stands for the whole file.
struct RulesMistake {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  std::string message;
};

/// What became of a reload. The rules of before stay in force when there is a mistake or a refusal.
struct Reloaded {
  std::string revision;                ///< of the new rules, now in force
  std::vector<RulesMistake> mistakes;  ///< in the rule file
  std::string refusal;                 ///< another reason why it was refused
  /// What is to be known although the rules are in force: what they change only with the next
  /// start, and that the journal cannot be written.
  std::vector<std::string> remarks;
};

/// What came of the wish for a plan.
struct Planned {
  std::string json;                    ///< as `to_json` of a plan
  std::vector<RulesMistake> mistakes;  ///< in the rule file
  std::string refusal;                 ///< another reason why there is no plan
};

/// The door of the daemon's rule file. Callable on any thread; answers come on the control strand,
/// where the callee must not block.
class RulesPort {
 public:
  RulesPort() = default;
  RulesPort(const RulesPort&) = delete;
  RulesPort& operator=(const RulesPort&) = delete;
  virtual ~RulesPort() = default;

  /// Reads the rule file and puts it in force, all of it or nothing. What was written before the
  /// call is read. `by`: who asks, for the log. `answered` hears of it when the new rules are in
  /// force and durable in the journal, or were refused.
  virtual void reload(std::string by, std::function<void(Reloaded)> answered) = 0;

  /// Reads a rule file, the daemon's own when `file` is empty, and tells what a reload with it
  /// would do now. Changes nothing.
  virtual void plan(std::string file, std::function<void(Planned)> answered) = 0;
};

}  // namespace heald

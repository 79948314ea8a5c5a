// `heald pause`, `resume`, `freeze` and `thaw`

#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

namespace {

std::string told(const HaltOptions& options) {
  using namespace std::chrono_literals;
  const auto lasting = " for " + humanise(options.lasting.value_or(1h));
  if (options.verb == "pause") return options.service + " is paused" + lasting;
  if (options.verb == "resume") return options.service + " is not paused";
  if (options.verb == "freeze") return "everything is frozen" + lasting;
  return "nothing is frozen";
}

}  // namespace

ExitCode halt(Dialogue& dialogue, const HaltOptions& options) {
  const auto target = options.service.empty()
                          ? "/v1/" + options.verb
                          : "/v1/services/" + percent_encoded(options.service) + "/" + options.verb;
  const auto body = dialogue.post(target, command_body(options.reason, options.lasting));
  if (!body) return dialogue.failure;
  if (dialogue.format == OutputFormat::json) {
    dialogue.console.out << *body;
  } else {
    dialogue.console.out << printable(told(options)) << '\n';
  }
  return ExitCode::good;
}

}  // namespace heald

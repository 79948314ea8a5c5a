// `heald reload`

#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

ExitCode reload(Dialogue& dialogue) {
  const auto body = dialogue.post("/v1/reload", {}, rules_patience);
  if (!body) {
    if (dialogue.failure == ExitCode::usage) {
      dialogue.console.err << "The old rules stay in force.\n";
    }
    return dialogue.failure;
  }
  if (dialogue.format == OutputFormat::json) {
    dialogue.console.out << *body;
    return ExitCode::good;
  }
  const auto answer = dialogue.understood(read_reloaded(*body));
  if (!answer) return ExitCode::failed;
  for (const auto& remark : answer->remarks) dialogue.complain(remark);
  dialogue.console.out << "rules " << printable(answer->revision) << " are in force\n";
  return ExitCode::good;
}

}  // namespace heald

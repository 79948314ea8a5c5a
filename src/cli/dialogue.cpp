#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

std::optional<std::string> Dialogue::get(const std::string& target, Duration patience) {
  return take(client.get(target, patience));
}

std::optional<std::string> Dialogue::post(const std::string& target, std::string body,
                                          Duration patience) {
  return take(client.post(target, std::move(body), patience));
}

void Dialogue::complain(const std::string& message) {
  console.err << "heald: " << printable(message) << '\n';
}

std::optional<std::string> Dialogue::take(const Result<Client::Answer>& answer) {
  if (!answer) {
    failure = ExitCode::unreachable;
    complain(answer.error().message);
    console.err << "Start it with `heald run --config FILE`, or name its socket with --socket or "
                   "HEALD_SOCKET.\n";
    return std::nullopt;
  }
  if (answer->status >= 200 && answer->status < 300) return answer->body;
  const auto problems = read_problems(answer->body);
  failure = problems.empty() ? ExitCode::failed : ExitCode::usage;
  if (!problems.empty() && format == OutputFormat::json) {
    console.out << answer->body;
  } else if (!problems.empty()) {
    for (const auto& problem : problems) console.err << printable(problem) << '\n';
    console.err << counted(problems.size(), "problem") << '\n';
  } else {
    complain(read_error(answer->body));
  }
  return std::nullopt;
}

}  // namespace heald

#include <ostream>

#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace heald {

std::optional<std::string> Dialogue::get(const std::string& target, Duration patience) {
  return take(client.get(target, patience));
}

std::optional<std::string> Dialogue::post(const std::string& target, std::string body) {
  return take(client.post(target, std::move(body)));
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
  failure = ExitCode::failed;
  complain(read_error(answer->body));
  return std::nullopt;
}

}  // namespace heald

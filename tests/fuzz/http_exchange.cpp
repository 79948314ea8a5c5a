// A whole HTTP exchange over a loopback connection, redirects included. The input: how it is
// asked, then what the peer answers to each connection, each answer after a line `===`. The word
// PORT in an answer stands for the peer's port, so that a redirect can lead back to it.

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/input.hpp"
#include "fuzz/loopback_peer.hpp"
#include "net/http_client.hpp"

namespace heald::fuzz {

namespace {

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), with);
    at += with.size();
  }
}

/// Leads nowhere but to the peer: names would be looked up, and addresses of others reached.
bool stays_here(const std::string& answer, const std::string& here) {
  for (std::size_t at = answer.find("//"); at != std::string::npos; at = answer.find("//", at)) {
    at += 2;
    const bool peer = answer.compare(at, here.size(), here) == 0;
    const char after = peer && at + here.size() < answer.size() ? answer[at + here.size()] : '/';
    if (!peer || (after != '/' && after != '\r' && after != '?' && after != '#')) return false;
  }
  return true;
}

}  // namespace

void run(std::string_view bytes) {
  static boost::asio::io_context context{1};
  static LoopbackPeer peer{context};
  const std::string port = std::to_string(peer.port());
  Input input{bytes};
  HttpRequestPolicy policy;
  policy.method = input.one_in(4) ? "HEAD" : "GET";
  policy.url = "http://127.0.0.1:" + port + "/a/b?c";
  HttpOptions options;
  options.timeout = 5s;
  options.max_redirects = static_cast<std::uint32_t>(input.below(4));
  options.body = static_cast<BodyUse>(input.below(2));
  options.read_limit = Bytes{input.number(1) * 16};
  const std::size_t piece = input.byte();
  std::vector<std::string> answers;
  constexpr std::size_t most_answers = 5;
  while (!input.empty() && answers.size() < most_answers) {
    std::string answer{input.section()};
    replace_all(answer, "PORT", port);
    if (!stays_here(answer, "127.0.0.1:" + port)) return;
    answers.push_back(std::move(answer));
  }
  peer.script(std::move(answers), piece);
  const auto request = prepare_request(policy);
  require(request.has_value(), "the request can be written");
  std::optional<HttpResult> result;
  std::size_t calls = 0;
  start_http(context, *request, options, [&](HttpResult got) {
    result = std::move(got);
    ++calls;
  });
  while (!result) context.run_one();
  context.poll();
  require(calls == 1, "there is one result");
  require(peer.served() <= options.max_redirects + 1U, "no more connections than redirects");
  if (result->failure) {
    require(!result->failure->text.empty(), "a failure says why");
    require(result->failure->kind != NetFailureKind::timed_out, "a peer that closed ends it");
    return;
  }
  require(result->body.size() <= options.read_limit.count, "a body is within the limit");
}

}  // namespace heald::fuzz

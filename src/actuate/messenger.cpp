#include "actuate/messenger.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "actuate/message_template.hpp"
#include "base/fill_in.hpp"
#include "base/secret_file.hpp"

namespace heald {
namespace {

namespace asio = boost::asio;

/// An answer after which sending the same again is of no use. Of those that begin with 4, three say
/// that it may be: too slow, too early, too many.
bool is_refusal(const HttpReply& reply) {
  constexpr unsigned request_timeout = 408, too_early = 425, too_many_requests = 429;
  if (reply.kind != HttpReply::Kind::answered || reply.status / 100 != 4) return false;
  return reply.status != request_timeout && reply.status != too_early &&
         reply.status != too_many_requests;
}

Messenger::Attempt as_attempt(StepResult step) {
  const auto receipt = step.result == ActionResult::done ? Receipt::taken : Receipt::failed;
  return {std::move(step), receipt};
}

/// What cannot be a URL is quoted by whoever says so.
void hide(std::string& evidence, const std::string& secret) {
  const auto at = secret.empty() ? std::string::npos : evidence.find(secret);
  if (at != std::string::npos) evidence.replace(at, secret.size(), "what is in its url_file");
}

Result<std::string> secret_of(const WebhookReceiver& webhook) {
  if (webhook.secret_file.empty()) return Error{"it has no secret_file for its ${secret}"};
  return read_secret_line(webhook.secret_file);
}

}  // namespace

Messenger::Messenger(const LiveActuator::Parts& parts, Commands& commands)
    : parts_(parts),
      commands_(commands),
      outbox_(
          [this](const std::string& receiver) -> std::optional<Duration> {
            const auto found = parts_.find_receiver(receiver);
            if (!found) return std::nullopt;
            return found->expire;
          },
          parts.tell_pauses),
      timer_(parts.control) {}

Messenger::~Messenger() = default;

void Messenger::deliver(const std::string& receiver, const std::string& body, Duration timeout,
                        Attempted attempted) {
  const auto found = parts_.find_receiver(receiver);
  const auto what = "receiver " + receiver;
  if (!found) return attempted(as_attempt({ActionResult::failed, what + " does not exist"}));
  const auto patience = std::min(timeout, found->timeout);
  if (const auto* webhook = std::get_if<WebhookReceiver>(&found->kind)) {
    return deliver_to(*webhook, what, body, patience, std::move(attempted));
  }
  deliver_to(std::get<ExecReceiver>(found->kind), what, body, patience, attempted);
}

void Messenger::deliver_to(const WebhookReceiver& webhook, const std::string& what,
                           const std::string& body, Duration timeout, Attempted attempted) {
  if (!parts_.http) {
    return attempted(as_attempt({ActionResult::unsupported, what + " needs HTTP"}));
  }
  auto request = webhook.request;
  request.method = "POST";
  const auto fail = [&](const Error& why) {
    attempted(as_attempt({ActionResult::failed, what + ": " + why.message}));
  };
  auto made = body_for(webhook, body, [&] { return secret_of(webhook); });
  if (!made) return fail(made.error());
  request.body = *std::move(made);
  if (!webhook.url_file.empty()) {
    auto url = read_secret_line(webhook.url_file);
    if (!url) return fail(url.error());
    request.url = *std::move(url);
  }
  if (const auto filled = fill_in_headers(request.headers); !filled) {
    return fail(filled.error());
  }
  if (const auto added = add_header_files(request.header_files, request.headers); !added) {
    return fail(added.error());
  }
  request.headers.emplace_back("Content-Type", "application/json");
  if (!webhook.secret_file.empty() && !body_has_secret(webhook)) {
    const auto secret = read_secret_line(webhook.secret_file);
    if (!secret) return fail(secret.error());
    request.headers.emplace_back("Authorization", "Bearer " + *secret);
  }
  const std::string secret_url = webhook.url_file.empty() ? "" : request.url;
  auto judged = [what, secret_url, attempted = std::move(attempted),
                 alive = std::weak_ptr{alive_}](const HttpReply& reply) {
    if (alive.expired()) return;
    Attempt attempt = as_attempt(judge_reply(what, reply, {StatusRange{}}));
    hide(attempt.step.evidence, secret_url);
    if (is_refusal(reply)) attempt.receipt = Receipt::refused;
    attempted(std::move(attempt));
  };
  parts_.http(std::move(request), timeout,
              [control = parts_.control, judged = std::move(judged)](HttpReply reply) {
                asio::post(control, [judged, reply = std::move(reply)] { judged(reply); });
              });
}

void Messenger::deliver_to(const ExecReceiver& exec, const std::string& what,
                           const std::string& body, Duration timeout, const Attempted& attempted) {
  RunRequest request;
  request.program.name = what;
  request.program.exec = exec.exec;
  // What the rules say of a variable counts more than what the message says.
  request.program.exec.environment.own().merge(environment_of(body));
  request.timeout = timeout;
  request.input = body + "\n";
  commands_.run(std::move(request), [what, attempted](const RunResult& result) {
    attempted(as_attempt(judge_command(what, result)));
  });
}

void Messenger::send(std::vector<Message> messages) {
  for (Message& message : messages) outbox_.put(std::move(message));
  send_soon();
}

void Messenger::send_soon() {
  asio::post(parts_.control, [this, alive = std::weak_ptr{alive_}] {
    if (!alive.expired()) send_due();
  });
}

void Messenger::send_due() {
  while (const auto message = outbox_.take(parts_.now())) {
    const std::string& receiver = message->receiver;
    deliver(receiver, message->body, Duration::max(), [this, receiver](const Attempt& attempt) {
      outbox_.answered(receiver, attempt.receipt, as_evidence(attempt.step.evidence),
                       parts_.now());
      send_soon();
    });
  }
  tell_changes();
  wind();
}

void Messenger::tell_changes() {
  for (const EndedMessage& over : outbox_.take_ended()) {
    if (parts_.message_ended) parts_.message_ended(over.message, over.outcome);
  }
  auto troubled = outbox_.troubles();
  if (troubled == troubled_) return;
  troubled_ = std::move(troubled);
  if (parts_.receivers_changed) parts_.receivers_changed(troubled_);
}

void Messenger::wind() {
  const Instant wanted = outbox_.wake_at();
  timer_.cancel();
  if (wanted == never) return;
  timer_.expires_after(wanted - parts_.now());
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](const boost::system::error_code& error) {
    if (!error && !alive.expired()) send_due();
  });
}

}  // namespace heald

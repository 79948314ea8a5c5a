#include "actuate/messenger.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <utility>

#include "base/fd.hpp"

namespace heald {
namespace {

namespace asio = boost::asio;

/// Enough that a slow receiver does not hold up the others, few enough that a storm of messages
/// is no load of its own.
constexpr std::size_t most_under_way = 16;
/// When receivers fail for long, memory is kept for the newest thousand failures to tell of.
constexpr std::size_t most_held = 1024;

/// A bearer token; one line of a file.
Result<std::string> read_secret(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return system_error("cannot open " + path, errno);
  std::array<char, 4096> text{};
  const auto count = ::read(file.get(), text.data(), text.size());
  if (count < 0) return system_error("cannot read " + path, errno);
  std::string secret{text.data(), static_cast<std::size_t>(count)};
  secret.erase(secret.find_last_not_of(" \t\r\n") + 1);
  const bool one_line = std::none_of(secret.begin(), secret.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
  });
  if (secret.empty() || !one_line) return Error{"cannot use " + path + ": it is not one line"};
  return {boost::system::in_place_value, std::move(secret)};
}

}  // namespace

Messenger::Messenger(const LiveActuator::Parts& parts, Commands& commands)
    : parts_(parts), commands_(commands) {}

Messenger::~Messenger() = default;

void Messenger::deliver(const std::string& receiver, const std::string& body, Duration timeout,
                        Delivered delivered) {
  const auto found = parts_.find_receiver(receiver);
  const auto what = "receiver " + receiver;
  if (!found) return delivered({ActionResult::failed, what + " does not exist"});
  const auto patience = std::min(timeout, found->timeout);
  if (const auto* webhook = std::get_if<WebhookReceiver>(&found->kind)) {
    return deliver_to(*webhook, what, body, patience, std::move(delivered));
  }
  deliver_to(std::get<ExecReceiver>(found->kind), what, body, patience, delivered);
}

void Messenger::deliver_to(const WebhookReceiver& webhook, const std::string& what,
                           const std::string& body, Duration timeout, Delivered delivered) {
  if (!parts_.http) return delivered({ActionResult::unsupported, what + " needs HTTP"});
  auto request = webhook.request;
  request.method = "POST";
  request.body = body;
  request.headers.emplace_back("Content-Type", "application/json");
  if (!webhook.secret_file.empty()) {
    const auto secret = read_secret(webhook.secret_file);
    if (!secret) return delivered({ActionResult::failed, what + ": " + secret.error().message});
    request.headers.emplace_back("Authorization", "Bearer " + *secret);
  }
  auto judged = [what, delivered = std::move(delivered),
                 alive = std::weak_ptr{alive_}](const HttpReply& reply) {
    if (!alive.expired()) delivered(judge_reply(what, reply, {StatusRange{}}));
  };
  parts_.http(std::move(request), timeout,
              [control = parts_.control, judged = std::move(judged)](HttpReply reply) {
                asio::post(control, [judged, reply = std::move(reply)] { judged(reply); });
              });
}

void Messenger::deliver_to(const ExecReceiver& exec, const std::string& what,
                           const std::string& body, Duration timeout, const Delivered& delivered) {
  RunRequest request;
  request.program.name = what;
  request.program.exec = exec.exec;
  request.timeout = timeout;
  request.input = body + "\n";
  commands_.run(std::move(request), [what, delivered](const RunResult& result) {
    delivered(judge_command(what, result));
  });
}

void Messenger::tell(const std::vector<std::string>& receivers, const std::string& about,
                     const std::string& body) {
  for (const auto& receiver : receivers) {
    if (held_ >= most_held) {
      give_up({receiver, about, {}}, "too many messages wait already");
      continue;
    }
    ++held_;
    queue_.push_back(std::make_shared<Letter>(Letter{receiver, about, body}));
  }
  asio::post(parts_.control, [this, alive = std::weak_ptr{alive_}] {
    if (!alive.expired()) send_next();
  });
}

void Messenger::send_next() {
  while (under_way_ < most_under_way && !queue_.empty()) {
    const auto letter = std::move(queue_.front());
    queue_.pop_front();
    ++under_way_;
    ++letter->attempts;
    deliver(letter->receiver, letter->body, Duration::max(),
            [this, letter](const StepResult& result) { attempted(letter, result); });
  }
}

void Messenger::attempted(const LetterRef& letter, const StepResult& result) {
  --under_way_;
  const auto& pauses = parts_.tell_again_after;
  if (result.result == ActionResult::done) {
    --held_;
  } else if (letter->attempts <= pauses.size()) {
    send_later(letter, pauses[letter->attempts - 1]);
  } else {
    --held_;
    give_up(*letter, result.evidence);
  }
  asio::post(parts_.control, [this, alive = std::weak_ptr{alive_}] {
    if (!alive.expired()) send_next();
  });
}

void Messenger::send_later(const LetterRef& letter, Duration pause) {
  const auto timer = std::make_shared<asio::steady_timer>(parts_.control, pause);
  timer->async_wait([this, letter, timer, alive = std::weak_ptr{alive_}](
                        const boost::system::error_code& error) {
    if (error || alive.expired()) return;
    queue_.push_back(letter);
    send_next();
  });
}

void Messenger::give_up(const Letter& letter, const std::string& why) {
  if (!parts_.undelivered) return;
  parts_.undelivered("cannot tell " + letter.receiver + " about " + letter.about + ": " +
                     as_evidence(why));
}

}  // namespace heald

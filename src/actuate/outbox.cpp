#include "actuate/outbox.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace heald {

namespace {

/// Of all receivers together: a storm of messages must be no load of its own.
constexpr std::size_t most_under_way = 16;
/// Of one receiver. When it is gone for long, the newest are worth more than the oldest.
constexpr std::size_t most_waiting = 1000;

}  // namespace

void Outbox::put(Message message) {
  Box& box = boxes_[message.receiver];
  supersede(box, message);
  box.waiting.push_back(std::move(message));
  bound(box);
}

/// Whoever has not even got a reminder yet needs it no more once there is newer news.
void Outbox::supersede(Box& box, const Message& message) {
  const auto first = box.waiting.begin() + (box.under_way ? 1 : 0);
  const auto kept = std::stable_partition(first, box.waiting.end(), [&](const Message& waiting) {
    return !waiting.reminder || waiting.incident != message.incident;
  });
  for (auto over = kept; over != box.waiting.end(); ++over) {
    const bool tried = !box.under_way && over->id == box.tried;
    end(std::move(*over), MessageEnd::superseded, tried ? std::exchange(box.attempts, 0) : 0, "");
  }
  box.waiting.erase(kept, box.waiting.end());
}

void Outbox::bound(Box& box) {
  if (box.waiting.size() <= most_waiting) return;
  const auto oldest = box.waiting.begin() + (box.under_way ? 1 : 0);
  const std::uint32_t attempts = box.under_way ? 0 : std::exchange(box.attempts, 0);
  end(std::move(*oldest), MessageEnd::dropped, attempts, "too many messages waited");
  box.waiting.erase(oldest);
}

std::optional<Message> Outbox::take(Instant now) {
  if (under_way_ >= most_under_way) return std::nullopt;
  auto place = boxes_.upper_bound(last_);
  for (std::size_t i = 0; i < boxes_.size(); ++i, ++place) {
    if (place == boxes_.end()) place = boxes_.begin();
    auto& [receiver, box] = *place;
    if (box.under_way || box.not_before > now || !clear_front(receiver, box, now)) continue;
    box.under_way = true;
    box.tried = box.waiting.front().id;
    ++box.attempts;
    ++under_way_;
    last_ = receiver;
    return box.waiting.front();
  }
  return std::nullopt;
}

bool Outbox::clear_front(const std::string& receiver, Box& box, Instant now) {
  const std::optional<Duration> patience = patience_(receiver);
  while (!box.waiting.empty()) {
    if (!patience) {
      end_first(box, MessageEnd::dropped, "the receiver is not declared any more");
    } else if (now - box.waiting.front().told >= *patience) {
      end_first(box, MessageEnd::expired, box.problem);
    } else {
      return true;
    }
  }
  return false;
}

void Outbox::answered(const std::string& receiver, Receipt receipt, const std::string& problem,
                      Instant now) {
  Box& box = boxes_.at(receiver);
  box.under_way = false;
  --under_way_;
  if (receipt == Receipt::failed) {
    if (box.failures++ == 0) box.failing_since = now;
    box.problem = problem;
    box.not_before = now + pause_after(box.failures);
    return;
  }
  box.failures = 0;
  box.problem.clear();
  const bool taken = receipt == Receipt::taken;
  end_first(box, taken ? MessageEnd::delivered : MessageEnd::refused, taken ? "" : problem);
}

Duration Outbox::pause_after(std::uint32_t failures) const {
  Duration pause = pauses_.first;
  for (std::uint32_t i = 1; i < failures && pause < pauses_.longest; ++i) pause *= 2;
  return std::min(pause, pauses_.longest);
}

void Outbox::end_first(Box& box, MessageEnd how, const std::string& problem) {
  Message message = std::move(box.waiting.front());
  box.waiting.pop_front();
  end(std::move(message), how, std::exchange(box.attempts, 0), problem);
}

void Outbox::end(Message message, MessageEnd how, std::uint32_t attempts,
                 const std::string& problem) {
  const MessageId id = message.id;
  ended_.push_back({std::move(message), {id, how, attempts, problem}});
}

Instant Outbox::wake_at() const {
  Instant next = never;
  if (under_way_ >= most_under_way) return next;
  for (const auto& [receiver, box] : boxes_) {
    if (!box.under_way && !box.waiting.empty()) next = std::min(next, box.not_before);
  }
  return next;
}

std::vector<EndedMessage> Outbox::take_ended() { return std::exchange(ended_, {}); }

std::vector<TroubledReceiver> Outbox::troubles() const {
  std::vector<TroubledReceiver> troubles;
  for (const auto& [receiver, box] : boxes_) {
    if (box.failures == 0 || box.waiting.empty()) continue;
    troubles.push_back({receiver, box.waiting.size(), box.problem, box.failing_since});
  }
  return troubles;
}

std::size_t Outbox::waiting() const {
  std::size_t sum = 0;
  for (const auto& [receiver, box] : boxes_) sum += box.waiting.size();
  return sum;
}

}  // namespace heald

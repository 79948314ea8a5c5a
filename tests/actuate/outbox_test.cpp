// Which message is sent when, and what becomes of those that are not.

#include "actuate/outbox.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace heald;

namespace {

constexpr Instant start{1000s};

/// An outbox, messages with ids from 1 on, and a clock.
class Post {
 public:
  Message tell(const std::string& receiver, std::uint64_t incident = 1,
               Occasion occasion = Occasion::opened, bool reminder = false) {
    Message message;
    message.id = MessageId{++last_};
    message.receiver = receiver;
    message.service = "web";
    message.incident = IncidentId{incident};
    message.occasion = occasion;
    message.reminder = reminder;
    message.told = now;
    message.body = "{}";
    box.put(message);
    return message;
  }
  Message remind(const std::string& receiver, std::uint64_t incident = 1) {
    return tell(receiver, incident, Occasion::latched, true);
  }
  /// The id of the message that is due; 0: none is.
  std::uint64_t take() {
    const auto message = box.take(now);
    return message ? message->id.value() : 0;
  }
  void answer(const std::string& receiver, Receipt receipt) {
    box.answered(receiver, receipt, receipt == Receipt::taken ? "" : "HTTP 500", now);
  }
  std::vector<MessageOutcome> ended() {
    std::vector<MessageOutcome> outcomes;
    for (const EndedMessage& over : box.take_ended()) outcomes.push_back(over.outcome);
    return outcomes;
  }

  Instant now = start;
  std::map<std::string, Duration> patience{{"oncall", 1h}, {"pager", 1h}};
  Outbox box{[this](const std::string& receiver) -> std::optional<Duration> {
    const auto found = patience.find(receiver);
    if (found == patience.end()) return std::nullopt;
    return found->second;
  }};

 private:
  std::uint64_t last_ = 0;
};

}  // namespace

TEST_CASE("a receiver gets its messages one at a time and in order") {
  Post post;
  post.tell("oncall");
  post.tell("oncall", 2);
  CHECK(post.take() == 1);
  CHECK(post.take() == 0);
  post.answer("oncall", Receipt::taken);
  CHECK(post.take() == 2);
  post.answer("oncall", Receipt::taken);
  CHECK(post.take() == 0);
  CHECK(post.ended() == std::vector<MessageOutcome>{
                            {MessageId{1}, MessageEnd::delivered, 1, ""},
                            {MessageId{2}, MessageEnd::delivered, 1, ""}});
  CHECK(post.box.waiting() == 0);
  CHECK(post.box.wake_at() == never);
}

TEST_CASE("a receiver that fails is tried again after twice as long each time, up to 5 min") {
  Post post;
  post.tell("oncall");
  std::vector<Duration> pauses;
  for (int i = 0; i < 11; ++i) {
    REQUIRE(post.take() == 1);
    CHECK(post.box.wake_at() == never);
    post.answer("oncall", Receipt::failed);
    pauses.push_back(post.box.wake_at() - post.now);
    post.now = post.box.wake_at() - 1ns;
    CHECK(post.take() == 0);
    post.now += 1ns;
  }
  CHECK(pauses == std::vector<Duration>{1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s});
  REQUIRE(post.take() == 1);
  post.answer("oncall", Receipt::taken);
  CHECK(post.ended() ==
        std::vector<MessageOutcome>{{MessageId{1}, MessageEnd::delivered, 12, ""}});
}

TEST_CASE("after a success the next failure is tried again soon") {
  Post post;
  post.tell("oncall");
  for (int i = 0; i < 3; ++i) {
    REQUIRE(post.take() == 1);
    post.answer("oncall", Receipt::failed);
    post.now = post.box.wake_at();
  }
  REQUIRE(post.take() == 1);
  post.answer("oncall", Receipt::taken);
  post.tell("oncall", 2);
  REQUIRE(post.take() == 2);
  post.answer("oncall", Receipt::failed);
  CHECK(post.box.wake_at() == post.now + 1s);
}

TEST_CASE("a broken receiver delays no other") {
  Post post;
  post.tell("oncall");
  post.tell("pager");
  CHECK(post.take() == 1);
  CHECK(post.take() == 2);
  post.answer("oncall", Receipt::failed);
  post.answer("pager", Receipt::taken);
  post.tell("pager", 2);
  CHECK(post.take() == 3);
}

TEST_CASE("a message that is too old is given up with the last reason, and the next one is due") {
  Post post;
  post.patience["oncall"] = 10s;
  post.tell("oncall");
  REQUIRE(post.take() == 1);
  post.answer("oncall", Receipt::failed);
  post.now += 9s;
  post.tell("oncall", 2);
  post.now += 1s;
  CHECK(post.take() == 2);
  CHECK(post.ended() ==
        std::vector<MessageOutcome>{{MessageId{1}, MessageEnd::expired, 1, "HTTP 500"}});
}

TEST_CASE("a message that its receiver refuses is not sent again, nor does it hold up the next") {
  Post post;
  post.tell("oncall");
  post.tell("oncall", 2);
  REQUIRE(post.take() == 1);
  post.answer("oncall", Receipt::refused);
  CHECK(post.take() == 2);
  CHECK(post.ended() ==
        std::vector<MessageOutcome>{{MessageId{1}, MessageEnd::refused, 1, "HTTP 500"}});
}

TEST_CASE("messages to a receiver that the rules have no more are dropped") {
  Post post;
  post.tell("oncall");
  post.patience.erase("oncall");
  CHECK(post.take() == 0);
  const auto ended = post.ended();
  REQUIRE(ended.size() == 1);
  CHECK(ended.front().end == MessageEnd::dropped);
  CHECK(ended.front().problem == "the receiver is not declared any more");
}

TEST_CASE("newer news of an incident supersede its reminders that wait, and nothing else") {
  Post post;
  post.tell("oncall", 1);
  post.remind("oncall", 1);
  post.remind("oncall", 2);
  post.remind("pager", 1);
  post.tell("oncall", 1, Occasion::recovered);
  CHECK(post.ended() ==
        std::vector<MessageOutcome>{{MessageId{2}, MessageEnd::superseded, 0, ""}});
  std::vector<std::uint64_t> sent;
  while (const std::uint64_t id = post.take()) {
    sent.push_back(id);
    post.answer(id == 4 ? "pager" : "oncall", Receipt::taken);
  }
  CHECK(std::multiset<std::uint64_t>(sent.begin(), sent.end()) ==
        std::multiset<std::uint64_t>{1, 3, 4, 5});
}

TEST_CASE("a reminder that is under way is not superseded") {
  Post post;
  post.remind("oncall");
  REQUIRE(post.take() == 1);
  post.remind("oncall");
  CHECK(post.ended().empty());
  post.answer("oncall", Receipt::failed);
  post.remind("oncall");
  CHECK(post.ended().size() == 2);
}

TEST_CASE("of too many messages the oldest give way, but not the one that is under way") {
  Post post;
  for (std::uint64_t incident = 1; incident <= 1000; ++incident) post.tell("oncall", incident);
  REQUIRE(post.take() == 1);
  CHECK(post.ended().empty());
  post.tell("oncall", 1001);
  const auto ended = post.ended();
  REQUIRE(ended.size() == 1);
  CHECK(ended.front() == MessageOutcome{MessageId{2}, MessageEnd::dropped, 0,
                                        "too many messages waited"});
  CHECK(post.box.waiting() == 1000);
}

TEST_CASE("at most sixteen messages are under way, and each receiver has its turn") {
  Post post;
  for (int i = 0; i < 20; ++i) {
    const std::string receiver = "r" + std::to_string(100 + i);
    post.patience[receiver] = 1h;
    post.tell(receiver);
    post.tell(receiver, 2);
  }
  for (int i = 0; i < 16; ++i) CHECK(post.take() != 0);
  CHECK(post.take() == 0);
  CHECK(post.box.wake_at() == never);
  post.answer("r100", Receipt::taken);
  CHECK(post.box.wake_at() <= post.now);
  const auto next = post.box.take(post.now);
  REQUIRE(next);
  CHECK(next->receiver == "r116");
}

TEST_CASE("who is in trouble is told with the reason and since when") {
  Post post;
  post.tell("oncall");
  CHECK(post.box.troubles().empty());
  for (int i = 0; i < 2; ++i) {
    REQUIRE(post.take() == 1);
    post.answer("oncall", Receipt::failed);
    post.now = post.box.wake_at();
  }
  const auto troubles = post.box.troubles();
  REQUIRE(troubles.size() == 1);
  CHECK(troubles.front().receiver == "oncall");
  CHECK(troubles.front().waiting == 1);
  CHECK(troubles.front().problem == "HTTP 500");
  CHECK(troubles.front().since == start);
  REQUIRE(post.take() == 1);
  post.answer("oncall", Receipt::taken);
  CHECK(post.box.troubles().empty());
}

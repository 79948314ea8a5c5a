#include "journal/backlog.hpp"

#include <catch2/catch.hpp>

#include "journal/entries.hpp"

namespace heald::test {
namespace {

/// Each weighs three: an event, a record, a state.
Backlog backlog(std::size_t most, std::int64_t first, std::int64_t last) {
  Backlog backlog{most};
  for (std::int64_t second = first; second <= last; ++second) {
    backlog.add({entry(second), Duration{second}});
  }
  return backlog;
}

TEST_CASE("entries within the limit are kept whole") {
  const Backlog waiting = backlog(30, 1, 10);
  CHECK_FALSE(waiting.folded());
  CHECK(waiting.entries().size() == 10);
}

TEST_CASE("beyond the limit the oldest are folded into their newest states") {
  const Backlog waiting = backlog(30, 1, 25);
  REQUIRE(waiting.folded());
  CHECK(waiting.folded()->entries == 15);
  CHECK(waiting.folded()->events == 15);
  CHECK(waiting.folded()->records == 15);
  CHECK(waiting.folded()->at == at(15));
  CHECK(waiting.folded()->boottime == Duration{15});
  CHECK(waiting.folded()->states.at(ServiceId{0}).restarts == 15);
  CHECK(waiting.entries().size() == 10);
  CHECK(waiting.entries().front().entry.at == at(16));
}

TEST_CASE("an entry heavier than the limit waits whole as long as it is the newest") {
  Backlog waiting{5};
  JournalEntry heavy = entry(1);
  for (std::uint32_t slot = 1; slot < 100; ++slot) {
    heavy.changed.emplace_back(ServiceId{slot}, service("s" + std::to_string(slot)));
  }
  waiting.add({heavy, {}});
  CHECK_FALSE(waiting.folded());
  waiting.add({entry(2), {}});
  REQUIRE(waiting.folded());
  CHECK(waiting.folded()->states.size() == 100);
  CHECK(waiting.entries().size() == 1);
}

TEST_CASE("putting backlogs together keeps the order of what was folded and what was not") {
  Backlog earlier = backlog(30, 1, 12);
  SECTION("a later one without folds is appended") {
    earlier.add(backlog(30, 13, 14));
    CHECK(earlier.folded()->at == at(4));
    CHECK(earlier.entries().back().entry.at == at(14));
  }
  SECTION("a later one with folds folds everything before it") {
    earlier.add(backlog(30, 13, 30));
    CHECK(earlier.folded()->entries == 20);
    CHECK(earlier.folded()->at == at(20));
    CHECK(earlier.folded()->states.at(ServiceId{0}).restarts == 20);
    CHECK(earlier.entries().front().entry.at == at(21));
  }
}

TEST_CASE("incidents and actions of folded entries are remembered") {
  Backlog waiting{3};
  waiting.add({intent(1, 9, 4), {}});
  for (std::int64_t second = 2; second < 40; ++second) waiting.add({entry(second), {}});
  REQUIRE(waiting.folded());
  CHECK(waiting.folded()->ledger.incidents().count(IncidentId{4}) == 1);
  CHECK(waiting.folded()->ledger.actions().count(ActionId{9}) == 1);
}

TEST_CASE("the daemon's newest state outlives folding") {
  Backlog waiting{3};
  JournalEntry first = entry(1);
  first.daemon = DaemonState{};
  first.daemon->next_action = 77;
  waiting.add({first, {}});
  for (std::int64_t second = 2; second < 10; ++second) waiting.add({entry(second), {}});
  CHECK(waiting.folded()->daemon->next_action == 77);
}

TEST_CASE("of given-up entries, messages that wait are kept, and outcomes of earlier ones") {
  Backlog waiting{5};
  JournalEntry told = entry(1);
  for (std::uint64_t id = 4; id <= 6; ++id) {
    Message message;
    message.id = MessageId{id};
    told.messages.push_back(message);
  }
  waiting.add({told, {}});
  JournalEntry over = entry(2);
  over.message_outcomes = {{MessageId{5}, MessageEnd::delivered, 1, ""},
                           {MessageId{2}, MessageEnd::expired, 9, "HTTP 500"}};
  waiting.add({over, {}});
  waiting.add({entry(3), {}});
  REQUIRE(waiting.folded());
  REQUIRE(waiting.folded()->messages.size() == 2);
  CHECK(waiting.folded()->messages.front().id == MessageId{4});
  CHECK(waiting.folded()->messages.back().id == MessageId{6});
  REQUIRE(waiting.folded()->message_outcomes.size() == 1);
  CHECK(waiting.folded()->message_outcomes.front().id == MessageId{2});
}

}  // namespace
}  // namespace heald::test

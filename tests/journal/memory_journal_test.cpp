#include "journal/memory_journal.hpp"

#include <catch2/catch.hpp>

#include "journal/entries.hpp"

namespace heald::test {
namespace {

TEST_CASE("a journal in memory answers at once") {
  MemoryJournal journal;
  int answered = 0;
  journal.append(entry(1), [&](const std::string& why_not) { answered += why_not.empty(); });
  CHECK(answered == 1);
  CHECK(journal.stats().entries == 1);
}

TEST_CASE("a journal in memory keeps the latest only, and everything that is open") {
  MemoryJournal journal{10};
  journal.append(intent(1, 1, 1), {});
  for (std::uint64_t i = 2; i < 50; ++i) {
    const auto second = static_cast<std::int64_t>(i);
    JournalEntry next = intent(second, i, i);
    next.changed.front().second.incident->closing = Closing::healed;
    next.changed.front().second.incident->closed = at(second);
    next.changed.front().second.action->finished = at(second);
    next.changed.front().second.action->result = ActionResult::done;
    journal.append(next, {});
  }
  const auto reader = journal.reader();
  RecordQuery records;
  records.limit = 100;
  CHECK(reader->records(records)->size() == 10);
  CHECK(reader->records(records)->front().seq == 40);
  IncidentQuery incidents;
  incidents.limit = 100;
  CHECK(reader->incidents(incidents)->size() == 10);
  CHECK(reader->incidents(incidents)->back().id == IncidentId{1});
  CHECK(reader->actions("web", 100)->size() == 10);
}

TEST_CASE("a reader may outlive the journal in memory") {
  auto journal = std::make_unique<MemoryJournal>();
  journal->append(entry(1), {});
  const auto reader = journal->reader();
  journal.reset();
  CHECK(reader->events({})->size() == 1);
}

}  // namespace
}  // namespace heald::test

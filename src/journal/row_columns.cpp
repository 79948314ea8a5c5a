#include "journal/row_columns.hpp"

#include "journal/codec.hpp"
#include "journal/words.hpp"

namespace heald {

namespace {

/// Takes the columns one after the other.
class Columns {
 public:
  explicit Columns(const Rows& rows) : rows_(rows) {}

  std::int64_t integer() { return rows_.integer(next_++); }
  std::string text() { return rows_.text(next_++); }
  WallTime wall() { return rows_.wall(next_++); }
  Instant instant() { return rows_.instant(next_++); }
  template <class I>
  I id() {
    return rows_.id<I>(next_++);
  }
  std::optional<WallTime> optional_wall() {
    const int column = next_++;
    return rows_.null(column) ? std::nullopt : std::optional{rows_.wall(column)};
  }
  std::optional<ServiceId> service() {
    const int column = next_++;
    return rows_.null(column) ? std::nullopt : std::optional{rows_.id<ServiceId>(column)};
  }
  template <Word E>
  E word() {
    const std::string text = rows_.text(next_++);
    const auto value = find_word<E>(text);
    if (!value) throw RowError{"the word \"" + text + "\" is unknown"};
    return *value;
  }
  template <Word E>
  std::optional<E> optional_word() {
    if (!rows_.null(next_)) return word<E>();
    ++next_;
    return std::nullopt;
  }

 private:
  const Rows& rows_;
  int next_ = 0;
};

Hold read_hold(Columns& columns) {
  Hold hold;
  hold.guard = columns.word<Guard>();
  hold.rule = columns.text();
  hold.value = columns.text();
  hold.wanted = columns.text();
  hold.until = columns.instant();
  return hold;
}

}  // namespace

IncidentRow read_incident(const Rows& rows) {
  Columns columns{rows};
  IncidentRow row;
  row.id = columns.id<IncidentId>();
  row.root = columns.id<IncidentId>();
  row.service = columns.service();
  row.service_name = columns.text();
  row.first_symptom = columns.optional_wall();
  row.opened = columns.optional_wall();
  row.opened_at = columns.instant();
  row.closed = columns.optional_wall();
  row.closed_at = columns.instant();
  row.closing = columns.word<Closing>();
  row.relapses = static_cast<std::uint32_t>(columns.integer());
  row.symptom = columns.text();
  return row;
}

ActionRow read_action(const Rows& rows) {
  Columns columns{rows};
  ActionRow row;
  row.id = columns.id<ActionId>();
  row.incident = columns.id<IncidentId>();
  row.service = columns.service();
  row.service_name = columns.text();
  row.kind = columns.optional_word<ActionKind>();
  row.rung = columns.text();
  row.cause = columns.optional_word<Cause>();
  row.intended = columns.optional_wall();
  row.intended_at = columns.instant();
  row.finished = columns.optional_wall();
  row.result = columns.optional_word<ActionResult>();
  row.evidence = columns.text();
  row.withheld = columns.text();
  row.judged = columns.optional_wall();
  row.verdict = columns.optional_word<Verdict>();
  row.proof = columns.text();
  return row;
}

RecordRow read_record(const Rows& rows) {
  Columns columns{rows};
  RecordRow row;
  row.seq = static_cast<std::uint64_t>(columns.integer());
  row.wall = columns.wall();
  Record& record = row.record;
  record.at = columns.instant();
  record.kind = columns.word<RecordKind>();
  record.service = columns.service();
  row.service_name = columns.text();
  record.incident = columns.id<IncidentId>();
  record.action = columns.id<ActionId>();
  record.condition = columns.text();
  record.rung = columns.text();
  record.action_kind = columns.optional_word<ActionKind>();
  record.cause = columns.optional_word<Cause>();
  record.verdict = columns.optional_word<Verdict>();
  record.result = columns.optional_word<ActionResult>();
  record.closing = columns.optional_word<Closing>();
  record.hold = read_hold(columns);
  record.text = columns.text();
  record.took = Duration{columns.integer()};
  return row;
}

EventRow read_event(const Rows& rows) {
  Columns columns{rows};
  EventRow row;
  row.seq = static_cast<std::uint64_t>(columns.integer());
  row.wall = columns.wall();
  const Instant at = columns.instant();
  row.rules_revision = columns.text();
  const std::string kind = columns.text();
  row.service_name = columns.text();
  auto event = decode_event(kind, at, columns.text());
  if (!event) throw RowError{event.error().message};
  row.event = std::move(*event);
  return row;
}

}  // namespace heald

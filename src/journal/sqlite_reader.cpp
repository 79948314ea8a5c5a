#include <functional>

#include "journal/answered.hpp"
#include "journal/database.hpp"
#include "journal/reader.hpp"
#include "journal/recovery.hpp"
#include "journal/row_columns.hpp"
#include "journal/words.hpp"

namespace heald {

namespace {

/// A SELECT that is put together from the conditions that a query really has, so that SQLite can
/// use the index that fits.
class Select {
 public:
  Select(const char* columns, const char* table)
      : sql_(std::string{"SELECT "} + columns + " FROM " + table) {}

  template <class T>
  Select& where(const char* condition, T value) {
    sql_ += std::string{joined_ ? " AND " : " WHERE "} + condition;
    joined_ = true;
    bind(std::move(value));
    return *this;
  }
  template <class T>
  Select& where_given(const char* condition, const std::optional<T>& value) {
    return value ? where(condition, *value) : *this;
  }
  Select& where_kind_in(const std::vector<RecordKind>& kinds) {
    if (kinds.empty()) return *this;
    std::string list = "kind IN (?";
    for (std::size_t i = 1; i < kinds.size(); ++i) list += ", ?";
    where((list + ")").c_str(), std::string{word_of(kinds.front())});
    for (std::size_t i = 1; i < kinds.size(); ++i) bind(std::string{word_of(kinds[i])});
    return *this;
  }
  Select& ordered(const char* by, std::size_t limit) {
    sql_ += std::string{" ORDER BY "} + by + " LIMIT ?";
    bind(limit);
    return *this;
  }

  template <class Row>
  [[nodiscard]] std::vector<Row> run(Database& database, Row (*read)(const Rows&)) const {
    Statement statement{database, sql_};
    int index = 0;
    for (const auto& bind_one : values_) bind_one(statement, ++index);
    std::vector<Row> result;
    Rows rows = statement.rows();
    while (rows.next()) result.push_back(read(rows));
    return result;
  }

 private:
  template <class T>
  void bind(T value) {
    values_.emplace_back([value = std::move(value)](Statement& statement, int index) {
      statement.bind(index, value);
    });
  }

  std::string sql_;
  bool joined_ = false;
  std::vector<std::function<void(Statement&, int)>> values_;
};

class SqliteReader final : public JournalReader {
 public:
  explicit SqliteReader(const std::string& path) : database_(path, Database::Access::read) {
    database_.run("PRAGMA cache_size = -256");
  }

  Result<std::vector<IncidentRow>> incidents(const IncidentQuery& query) override;
  Result<std::optional<IncidentStory>> incident(IncidentId id) override;
  Result<std::vector<RecordRow>> records(const RecordQuery& query) override;
  Result<std::vector<EventRow>> events(const EventQuery& query) override;
  Result<std::vector<ActionRow>> actions(const std::string& service, std::size_t limit) override;

 private:
  Database database_;
};

Result<std::vector<IncidentRow>> SqliteReader::incidents(const IncidentQuery& query) {
  Select select{incident_columns, "incidents"};
  select.where_given("service = ?", query.service).where_given("opened_ms >= ?", query.since);
  if (query.which == IncidentQuery::Which::open) select.where("closing = ?", std::string{"open"});
  if (query.before != IncidentId{}) select.where("id < ?", query.before);
  select.ordered("id DESC", query.limit);
  return answered(database_, [&] { return select.run(database_, read_incident); });
}

Result<std::optional<IncidentStory>> SqliteReader::incident(IncidentId id) {
  return answered(database_, [&]() -> std::optional<IncidentStory> {
    Select row{incident_columns, "incidents"};
    auto found = row.where("id = ?", id).run(database_, read_incident);
    if (found.empty()) return std::nullopt;
    IncidentStory story;
    story.incident = std::move(found.front());
    // `> 0` lets SQLite use the partial indexes.
    Select acts{action_columns, "actions"};
    acts.where("incident > 0 AND incident = ?", id).ordered("id", most_rows);
    story.actions = acts.run(database_, read_action);
    Select told{record_columns, "records"};
    told.where("incident > 0 AND incident = ?", id).ordered("seq", most_rows);
    story.timeline = told.run(database_, read_record);
    return story;
  });
}

Result<std::vector<RecordRow>> SqliteReader::records(const RecordQuery& query) {
  Select select{record_columns, "records"};
  select.where_given("service = ?", query.service).where_kind_in(query.kinds);
  select.where_given("wall_ms >= ?", query.since);
  if (query.incident != IncidentId{}) {
    select.where("incident > 0 AND incident = ?", query.incident);
  }
  if (query.after > 0) select.where("seq > ?", query.after);
  if (query.before > 0) select.where("seq < ?", query.before);
  const bool oldest_first = query.order == Order::oldest_first;
  select.ordered(oldest_first ? "seq" : "seq DESC", query.limit);
  return answered(database_, [&] { return select.run(database_, read_record); });
}

Result<std::vector<EventRow>> SqliteReader::events(const EventQuery& query) {
  Select select{event_columns, "events"};
  select.where_given("service = ?", query.service);
  if (query.after > 0) select.where("seq > ?", query.after);
  select.ordered("seq", query.limit);
  return answered(database_, [&] { return select.run(database_, read_event); });
}

Result<std::vector<ActionRow>> SqliteReader::actions(const std::string& service,
                                                     std::size_t limit) {
  Select select{action_columns, "actions"};
  select.where("service = ?", service).ordered("id DESC", limit);
  return answered(database_, [&] { return select.run(database_, read_action); });
}

}  // namespace

Result<std::unique_ptr<JournalReader>> open_reader(const std::string& state_dir) {
  try {
    return std::unique_ptr<JournalReader>{
        std::make_unique<SqliteReader>(journal_path(state_dir))};
  } catch (const std::exception& error) {
    return Error{error.what()};
  }
}

}  // namespace heald

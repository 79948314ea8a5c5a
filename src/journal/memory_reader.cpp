#include <algorithm>
#include <boost/range/adaptor/reversed.hpp>

#include "journal/memory_history.hpp"

namespace heald {

namespace {

bool matches(const IncidentRow& row, const std::string& name, const IncidentQuery& query) {
  if (query.service && name != *query.service) return false;
  if (query.which == IncidentQuery::Which::open && row.closing != Closing::open) return false;
  if (query.since && (!row.opened || *row.opened < *query.since)) return false;
  return query.before == IncidentId{} || row.id < query.before;
}

bool matches(const RecordRow& row, const RecordQuery& query) {
  if (query.service && row.service_name != *query.service) return false;
  if (query.incident != IncidentId{} && row.record.incident != query.incident) return false;
  if (query.since && row.wall < *query.since) return false;
  if (query.before > 0 && row.seq >= query.before) return false;
  const auto& kinds = query.kinds;
  const bool wanted =
      kinds.empty() || std::find(kinds.begin(), kinds.end(), row.record.kind) != kinds.end();
  return wanted && row.seq > query.after;
}

class MemoryReader final : public JournalReader {
 public:
  explicit MemoryReader(std::shared_ptr<MemoryHistory> history) : history_(std::move(history)) {}

  Result<std::vector<IncidentRow>> incidents(const IncidentQuery& query) override {
    const std::lock_guard lock{history_->mutex};
    std::vector<IncidentRow> result;
    for (const auto& [id, row] : boost::adaptors::reverse(history_->ledger.incidents())) {
      if (result.size() == query.limit) break;
      if (matches(row, history_->name_of(row.service), query)) result.push_back(named(row));
    }
    return result;
  }

  Result<std::optional<IncidentStory>> incident(IncidentId id) override {
    const std::lock_guard lock{history_->mutex};
    const auto found = history_->ledger.incidents().find(id);
    if (found == history_->ledger.incidents().end()) return std::optional<IncidentStory>{};
    IncidentStory story;
    story.incident = named(found->second);
    for (const auto& [action, row] : history_->ledger.actions()) {
      if (row.incident == id) story.actions.push_back(named(row));
    }
    for (const RecordRow& row : history_->records) {
      if (row.record.incident == id) story.timeline.push_back(row);
    }
    return std::optional{std::move(story)};
  }

  Result<std::vector<RecordRow>> records(const RecordQuery& query) override {
    const std::lock_guard lock{history_->mutex};
    std::vector<RecordRow> result;
    const auto take = [&](const auto& rows) {
      for (const RecordRow& row : rows) {
        if (result.size() == query.limit) break;
        if (matches(row, query)) result.push_back(row);
      }
    };
    if (query.order == Order::oldest_first) {
      take(history_->records);
    } else {
      take(boost::adaptors::reverse(history_->records));
    }
    return result;
  }

  Result<std::vector<EventRow>> events(const EventQuery& query) override {
    const std::lock_guard lock{history_->mutex};
    std::vector<EventRow> result;
    for (const EventRow& row : history_->events) {
      if (result.size() == query.limit) break;
      const bool wanted = !query.service || row.service_name == *query.service;
      if (wanted && row.seq > query.after) result.push_back(row);
    }
    return result;
  }

  Result<std::vector<ActionRow>> actions(const std::string& service,
                                         std::size_t limit) override {
    const std::lock_guard lock{history_->mutex};
    std::vector<ActionRow> result;
    for (const auto& [id, row] : boost::adaptors::reverse(history_->ledger.actions())) {
      if (result.size() == limit) break;
      if (history_->name_of(row.service) == service) result.push_back(named(row));
    }
    return result;
  }

 private:
  /// The ledger knows slots only.
  template <class Row>
  Row named(Row row) const {
    row.service_name = history_->name_of(row.service);
    return row;
  }

  std::shared_ptr<MemoryHistory> history_;
};

}  // namespace

std::unique_ptr<JournalReader> read_memory(std::shared_ptr<MemoryHistory> history) {
  return std::make_unique<MemoryReader>(std::move(history));
}

}  // namespace heald

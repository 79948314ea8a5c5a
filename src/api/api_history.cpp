// The API's questions about the past.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "api/api_handler.hpp"
#include "api/following.hpp"
#include "api/parameters.hpp"
#include "api/replies.hpp"
#include "api/shapes.hpp"
#include "journal/words.hpp"

namespace heald {

namespace {

using nlohmann::json;

constexpr std::uint64_t most_rows_of_a_page = 1000;

struct EventsQuestion {
  RecordQuery query;
  bool from_the_end = false;  ///< no `after`: the latest ones
};

Result<std::vector<RecordRow>> ask(JournalReader& history, const EventsQuestion& question) {
  auto rows = history.records(question.query);
  if (rows && question.from_the_end) std::reverse(rows->begin(), rows->end());
  return rows;
}

json events_shape(const std::vector<RecordRow>& rows, std::uint64_t after, const LiveClock& clock) {
  json shape{{"events", json::array()}, {"latest", rows.empty() ? after : rows.back().seq}};
  for (const auto& row : rows) shape["events"].push_back(record_shape(row, clock));
  return shape;
}

/// `since_seconds`: no longer ago than that.
std::optional<WallTime> since(Parameters& parameters) {
  const auto seconds = parameters.number("since_seconds", 0, UINT32_MAX);
  if (!seconds) return std::nullopt;
  return LiveClock::wall() - std::chrono::seconds{*seconds};
}

/// `kind`: words of records, with commas between them. Gives what is wrong with it.
std::string read_kinds(Parameters& parameters, std::vector<RecordKind>& kinds) {
  std::istringstream words{parameters.text("kind").value_or("")};
  for (std::string word; std::getline(words, word, ',');) {
    const auto kind = find_word<RecordKind>(word);
    if (!kind) return "there is no kind '" + word + "' of records";
    kinds.push_back(*kind);
  }
  return {};
}

}  // namespace

ServerReply ApiHandler::incidents(const ServerRequest& request) const {
  Parameters parameters{request.query};
  IncidentQuery query;
  query.service = parameters.text("service");
  query.since = since(parameters);
  if (parameters.flag("open")) query.which = IncidentQuery::Which::open;
  query.limit = parameters.number("limit", 1, most_rows_of_a_page).value_or(query.limit);
  query.before = IncidentId{parameters.number("before", 1, UINT64_MAX).value_or(0)};
  if (auto problem = parameters.problem(); !problem.empty()) return error_reply(400, problem);
  const auto rows = sources_.history.incidents(query);
  if (!rows) return error_reply(500, rows.error().message);
  json shape{{"incidents", json::array()}, {"next_before", nullptr}};
  for (const auto& row : *rows) shape["incidents"].push_back(incident_shape(row));
  if (rows->size() == query.limit) shape["next_before"] = rows->back().id.value();
  return json_reply(shape);
}

ServerReply ApiHandler::incident(const std::string& id) const {
  const auto number = parse_number(id);
  if (!number) return error_reply(400, "an incident is named by its number");
  const auto story = sources_.history.incident(IncidentId{*number});
  if (!story) return error_reply(500, story.error().message);
  if (!*story) return error_reply(404, "there is no incident " + id);
  json shape{{"incident", incident_shape((*story)->incident)},
             {"actions", json::array()},
             {"timeline", json::array()}};
  for (const auto& row : (*story)->actions) shape["actions"].push_back(action_shape(row));
  for (const auto& row : (*story)->timeline) {
    shape["timeline"].push_back(record_shape(row, sources_.clock));
  }
  return json_reply(shape);
}

void ApiHandler::events(ServerRequest request, Replier reply) {
  Parameters parameters{request.query};
  EventsQuestion question;
  question.query.service = parameters.text("service");
  question.query.limit = parameters.number("limit", 1, most_rows_of_a_page).value_or(100);
  question.query.incident = IncidentId{parameters.number("incident", 1, UINT64_MAX).value_or(0)};
  question.query.since = since(parameters);
  if (auto problem = read_kinds(parameters, question.query.kinds); !problem.empty()) {
    return reply(error_reply(400, problem));
  }
  const auto after = parameters.number("after", 0, UINT64_MAX);
  question.query.after = after.value_or(0);
  question.from_the_end = !after;
  if (question.from_the_end) question.query.order = Order::newest_first;
  const auto wait = parameters.number("wait", 0, longest_wait).value_or(0);
  if (auto problem = parameters.problem(); !problem.empty()) {
    return reply(error_reply(400, problem));
  }
  auto look = [this, question](bool last) -> std::optional<ServerReply> {
    const auto rows = ask(sources_.history, question);
    if (!rows) return error_reply(500, rows.error().message);
    if (rows->empty() && !last) return std::nullopt;
    return json_reply(events_shape(*rows, question.query.after, sources_.clock));
  };
  const auto until = Following::Clock::now() + std::chrono::seconds{wait};
  std::make_shared<Following>(*context_, until, std::move(look), std::move(request.gone),
                              std::move(reply))
      ->look();
}

}  // namespace heald

#include "api/api_handler.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/parameters.hpp"
#include "api/replies.hpp"
#include "api/shapes.hpp"
#include "api/words.hpp"

namespace heald {

namespace {

using nlohmann::json;

constexpr std::uint64_t most_services = 1000;
constexpr std::size_t slots_at_once = 256;
constexpr std::size_t most_explained = 200;
constexpr std::uint64_t largest_slot = UINT32_MAX;

std::optional<Operation> operation_of(const std::string& word) {
  if (word == "start") return Operation::start;
  if (word == "stop") return Operation::stop;
  if (word == "restart") return Operation::restart;
  if (word == "pause") return Operation::pause;
  if (word == "resume") return Operation::resume;
  return std::nullopt;
}

/// Those of everything.
std::optional<Operation> daemon_operation_of(const std::string& word) {
  if (word == "confirm") return Operation::confirm;
  if (word == "freeze") return Operation::freeze;
  if (word == "thaw") return Operation::thaw;
  return std::nullopt;
}

bool known_health(const std::string& word) {
  return word == "unknown" || word == "starting" || word == "healthy" || word == "unhealthy";
}

}  // namespace

ApiHandler::ApiHandler(Sources sources, ReturnPath& back, boost::asio::io_context& context,
                       Duration patience)
    : sources_(std::move(sources)), back_(&back), context_(&context), patience_(patience) {}

ServerReply ApiHandler::problem(unsigned status, std::string_view line) const {
  return error_reply(status, std::string{line});
}

void ApiHandler::handle(ServerRequest request, Replier reply) {
  const auto& path = request.path;
  if (path.size() < 2 || path[0] != "v1") return reply(error_reply(404, "there is only /v1 here"));
  if (path[1] == "services") return handle_service(std::move(request), std::move(reply));
  if (const auto operation = daemon_operation_of(path[1]); path.size() == 2 && operation) {
    if (request.method != "POST") return reply(only("POST"));
    Operated operated;
    operated.operation = *operation;
    return operate(std::move(operated), request, std::move(reply));
  }
  if (path.size() == 2 && (path[1] == "reload" || path[1] == "plan")) {
    if (request.method != "POST") return reply(only("POST"));
    return path[1] == "plan" ? plan(request, std::move(reply)) : reload(request, std::move(reply));
  }
  const bool one_incident = path.size() == 3 && path[1] == "incidents";
  const bool known = one_incident || (path.size() == 2 && (path[1] == "status" ||
                                                           path[1] == "incidents" ||
                                                           path[1] == "events"));
  if (!known) return reply(error_reply(404, "there is nothing here"));
  if (request.method != "GET") return reply(only("GET, HEAD"));
  if (one_incident) return reply(incident(path[2]));
  if (path[1] == "status") return reply(status(request));
  if (path[1] == "incidents") return reply(incidents(request));
  events(std::move(request), std::move(reply));
}

void ApiHandler::handle_service(ServerRequest request, Replier reply) {
  const auto& path = request.path;
  const bool whole = path.size() == 3;
  const bool explaining = path.size() == 4 && path[3] == "explain";
  const auto operation = path.size() == 4 ? operation_of(path[3]) : std::nullopt;
  const bool probing = path.size() == 5 && path[3] == "probes";
  const bool reading = path.size() == 4 && path[3] == "logs";
  if (!whole && !explaining && !reading && !operation && !probing) {
    return reply(error_reply(404, "there is nothing here"));
  }
  const bool acting = operation || probing;
  if (acting && request.method != "POST") return reply(only("POST"));
  if (!acting && request.method != "GET") return reply(only("GET, HEAD"));
  const auto page = sources_.board.find(path[2]);
  if (!page || !page->policy) {
    return reply(error_reply(404, "there is no service '" + path[2] + "'"));
  }
  if (probing) return examine(page, request, std::move(reply));
  if (reading) return logs(page, std::move(request), std::move(reply));
  if (explaining) return explain(page, std::move(reply));
  if (whole) return reply(json_reply(service_detail(*page, sources_.board, sources_.clock)));
  Operated operated;
  operated.operation = *operation;
  operated.service = page->id;
  operate(std::move(operated), request, std::move(reply));
}

json ApiHandler::summary() const {
  std::map<std::string, std::uint64_t> counts{{"services", 0},       {"healthy", 0},
                                              {"unhealthy", 0},      {"starting", 0},
                                              {"unknown", 0},        {"stopped", 0},
                                              {"lacking_health", 0}, {"incidents_open", 0}};
  for (std::size_t at = 0; at < sources_.board.slots(); at += slots_at_once) {
    for (const auto& page : sources_.board.slice(at, slots_at_once)) {
      const bool stopped = page->state.desired == Desired::stopped;
      ++counts["services"];
      ++counts[stopped ? "stopped" : std::string{to_string(page->state.health)}];
      if (lacks_health(*page)) ++counts["lacking_health"];
      if (has_open_incident(*page)) ++counts["incidents_open"];
    }
  }
  return counts;
}

ServerReply ApiHandler::status(const ServerRequest& request) const {
  Parameters parameters{request.query};
  const auto service = parameters.text("service");
  const auto health = parameters.text("state");
  const auto limit = parameters.number("limit", 1, most_services).value_or(most_services);
  const auto first = parameters.number("after", 0, largest_slot).value_or(0);
  if (auto problem = parameters.problem(); !problem.empty()) return error_reply(400, problem);
  if (health && !known_health(*health)) return error_reply(400, "there is no such state");

  json shape{{"daemon", daemon_shape(*sources_.board.daemon(), sources_.clock)}};
  shape["daemon"]["version"] = sources_.version;
  if (first == 0) shape["summary"] = summary();
  shape["next_after"] = nullptr;
  auto& rows = shape["services"] = json::array();
  if (service) {
    const auto page = sources_.board.find(*service);
    if (!page || !page->policy) return error_reply(404, "there is no service '" + *service + "'");
    rows.push_back(service_row(*page, sources_.clock));
    return json_reply(shape);
  }
  const auto slots = sources_.board.slots();
  std::size_t at = first;
  while (at < slots && rows.size() < limit) {
    const auto count = std::min<std::size_t>(slots_at_once, limit - rows.size());
    for (const auto& page : sources_.board.slice(at, count)) {
      if (!health || to_string(page->state.health) == *health) {
        rows.push_back(service_row(*page, sources_.clock));
      }
    }
    at += count;
  }
  if (at < slots) shape["next_after"] = at;
  return json_reply(shape);
}

void ApiHandler::explain(const Page& page, Replier reply) {
  auto answered = back_->expect<Inspection>(
      patience_, [this, page, reply = std::move(reply)](std::optional<Inspection> inspection) {
        if (!inspection) return reply(error_reply(503, "the control strand does not answer"));
        // Taken anew: the page of the question may be older than the answer.
        const auto fresh = sources_.board.find(page->state.name);
        reply(explained(fresh && fresh->policy ? fresh : page, *inspection));
      });
  sources_.port.inspect(page->id, std::move(answered));
}

ServerReply ApiHandler::explained(const Page& page, const Inspection& inspection) const {
  json shape{{"service", service_detail(*page, sources_.board, sources_.clock)},
             {"ladder", ladder_shape(*page)},
             {"freeze", pause_shape(sources_.board.daemon()->state.freeze, sources_.clock)},
             {"guards", json::array()},
             {"incident", nullptr},
             {"timeline", json::array()}};
  for (const auto& guard : inspection.guards) {
    shape["guards"].push_back(hold_shape(guard, sources_.clock));
  }
  IncidentQuery latest;
  latest.service = page->state.name;
  latest.limit = 1;
  const auto rows = sources_.history.incidents(latest);
  if (!rows) return error_reply(500, rows.error().message);
  // The journal's row has the times that its records go by; a new incident may not be there yet.
  const auto& shown = page->state.incident;
  IncidentId id;
  if (!rows->empty() && (!shown || shown->id <= rows->front().id)) {
    id = rows->front().id;
    shape["incident"] = incident_shape(rows->front());
  } else if (shown) {
    id = shown->id;
    shape["incident"] = incident_shape(*shown, page->state.name, sources_.clock);
  } else {
    return json_reply(shape);
  }
  RecordQuery query;
  query.incident = id;
  query.order = Order::newest_first;
  query.limit = most_explained;
  auto records = sources_.history.records(query);
  if (!records) return error_reply(500, records.error().message);
  std::reverse(records->begin(), records->end());
  for (const auto& row : *records) shape["timeline"].push_back(record_shape(row, sources_.clock));
  return json_reply(shape);
}

}  // namespace heald

// The API's answer to what a service printed.

#include <nlohmann/json.hpp>
#include <utility>

#include "api/api_handler.hpp"
#include "api/following.hpp"
#include "api/parameters.hpp"
#include "api/replies.hpp"
#include "base/iso8601.hpp"
#include "logs/log_reader.hpp"

namespace heald {

namespace {

using nlohmann::json;

constexpr std::uint64_t most_lines = 10'000;

json log_shape(const LogPage& page) {
  json shape{{"lines", json::array()}, {"next", page.next}};
  for (const LogLine& line : page.lines) {
    shape["lines"].push_back({{"position", line.position},
                              {"at", line.at ? json(iso8601(*line.at)) : json(nullptr)},
                              {"text", line.text},
                              {"whole", line.whole}});
  }
  return shape;
}

/// Why heald has no log of the service; empty: it has, or will.
std::string no_log(const ServicePage& page, const DaemonPage& daemon) {
  const auto* process = page.policy->process();
  const auto name = "'" + page.state.name + "'";
  if (process == nullptr) return name + " is external: whoever runs it has its output";
  if (process->output == Output::journald) {
    return name + " prints to systemd's journal: journalctl -t " + page.state.name;
  }
  if (process->output == Output::inherit || daemon.logs.empty()) {
    return name + " prints to heald's own output";
  }
  return {};
}

}  // namespace

void ApiHandler::logs(const Page& page, ServerRequest request, Replier reply) {
  Parameters parameters{request.query};
  const auto lines = parameters.number("lines", 0, most_lines);
  const auto after = parameters.number("after", 0, UINT64_MAX);
  const auto wait = parameters.number("wait", 0, longest_wait).value_or(0);
  if (auto problem = parameters.problem(); !problem.empty()) {
    return reply(error_reply(400, problem));
  }
  const auto daemon = sources_.board.daemon();
  if (auto why = no_log(*page, *daemon); !why.empty()) return reply(error_reply(409, why));
  const LogPaths paths{daemon->logs, page->state.name};
  if (!after) {
    const auto last = last_lines(paths, lines.value_or(100), LiveClock::wall());
    return reply(json_reply(log_shape(last)));
  }
  auto ask = [paths, from = *after, count = lines.value_or(1000)](
                 bool last) -> std::optional<ServerReply> {
    const auto found = lines_from(paths, from, count, LiveClock::wall());
    if (found.lines.empty() && !last) return std::nullopt;
    return json_reply(log_shape(found));
  };
  const auto until = Following::Clock::now() + std::chrono::seconds{wait};
  std::make_shared<Following>(*context_, until, std::move(ask), std::move(request.gone),
                              std::move(reply))
      ->look();
}

}  // namespace heald

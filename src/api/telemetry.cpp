#include "api/telemetry.hpp"

#include <memory>
#include <utility>

#include "api/words.hpp"

namespace heald {

TelemetryHandler::TelemetryHandler(const Board& board, const Metrics& metrics,
                                   const Journal& journal, OnStrand on_strand, ReturnPath& back,
                                   Duration heartbeat)
    : board_(&board),
      metrics_(&metrics),
      journal_(&journal),
      on_strand_(std::move(on_strand)),
      back_(&back),
      heartbeat_(heartbeat) {}

void TelemetryHandler::handle(ServerRequest request, Replier reply) {
  const auto& path = request.path;
  if (request.method != "GET") return reply(not_allowed("GET, HEAD"));
  if (path.size() == 1 && path[0] == "livez") return livez(std::move(reply));
  if (path.size() == 1 && path[0] == "readyz") return reply(readyz());
  if (path.size() == 1 && path[0] == "metrics") return reply(metrics());
  if (path.size() == 2 && path[0] == "healthz") return reply(healthz(path[1]));
  reply(text_reply(404, "there are /livez, /readyz, /metrics and /healthz/SERVICE"));
}

void TelemetryHandler::livez(Replier reply) {
  struct Beat {};
  auto tell = [reply = std::move(reply), this](std::optional<Beat> beat) {
    if (beat) return reply(text_reply(200, "live"));
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(heartbeat_);
    reply(text_reply(503, "the control strand did not answer within " +
                              std::to_string(patience.count()) + " ms"));
  };
  auto answered = back_->expect<Beat>(heartbeat_, std::move(tell));
  on_strand_([answered = std::move(answered)] { answered(Beat{}); });
}

ServerReply TelemetryHandler::readyz() const {
  const auto page = board_->daemon();
  if (page->ready) return text_reply(200, "ready");
  if (!page->journal_problem.empty()) {
    return text_reply(503, "the journal does not work: " + page->journal_problem);
  }
  if (page->revision.empty()) return text_reply(503, "no rules are loaded yet");
  return text_reply(503, "adoption has not finished: heald still looks at what runs");
}

ServerReply TelemetryHandler::metrics() const {
  ServerReply reply;
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  auto text = std::make_shared<Exposition>(*board_, *metrics_, *journal_);
  reply.more = [text = std::move(text)] { return text->next(); };
  return reply;
}

ServerReply TelemetryHandler::healthz(const std::string& service) const {
  const auto page = board_->find(service);
  if (!page || !page->policy) return text_reply(404, "there is no such service");
  const auto& state = page->state;
  if (state.health == Health::healthy) return text_reply(200, "healthy");
  std::string line{to_string(state.health)};
  if (const auto reason = reason_of(*page); !reason.empty()) line.append(": ").append(reason);
  return text_reply(503, line);
}

}  // namespace heald

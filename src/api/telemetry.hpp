#pragma once
// What others may ask over TCP: whether heald lives, is ready, what it counts, and how a service
// is. Reads only.

#include "api/http.hpp"
#include "api/metrics.hpp"
#include "api/return_path.hpp"
#include "runtime/board.hpp"

namespace heald {

/// Runs something on the control strand, soon. Callable on any thread.
using OnStrand = std::function<void(std::function<void()>)>;

/// GET /livez, /readyz, /metrics, /healthz/SERVICE. All of it outlives the handler.
class TelemetryHandler final : public HttpHandler {
 public:
  /// `heartbeat`: how long the control strand may take to answer before it counts as dead.
  TelemetryHandler(const Board& board, const Metrics& metrics, const Journal& journal,
                   OnStrand on_strand, ReturnPath& back, Duration heartbeat);

  void handle(ServerRequest request, Replier reply) override;

 private:
  void livez(Replier reply);
  [[nodiscard]] ServerReply readyz() const;
  [[nodiscard]] ServerReply metrics() const;
  [[nodiscard]] ServerReply healthz(const std::string& service) const;

  const Board* board_;
  const Metrics* metrics_;
  const Journal* journal_;
  OnStrand on_strand_;
  ReturnPath* back_;
  Duration heartbeat_;
};

}  // namespace heald

#pragma once
// heald's own servers: telemetry on TCP and the API on the unix socket.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/http.hpp"
#include "api/metrics.hpp"
#include "api/telemetry.hpp"
#include "base/result.hpp"
#include "journal/reader.hpp"
#include "runtime/board.hpp"
#include "runtime/clock.hpp"
#include "runtime/port.hpp"
#include "runtime/rules_port.hpp"

namespace heald {

/// Runs both servers on one thread of their own. They see published pages, the journal's readers'
/// side and the command port; never the engine.
class Servers {
 public:
  /// What they show and whom they ask. All of it outlives the servers, but for the ports and the
  /// strand: they may end earlier, when they drop their unanswered calls.
  struct Sources {
    const Board& board;
    CommandPort& port;
    RulesPort& rules;
    const Journal& journal;   ///< for its counts
    JournalReader& history;   ///< used on the servers' thread only
    const Metrics& metrics;
    const LiveClock& clock;
    OnStrand on_strand;  ///< for the heartbeat behind /livez
    std::string version;
    ExamineProbe examine = {};  ///< empty: nobody here can look
  };
  struct Endpoints {
    std::optional<std::string> telemetry;  ///< "ADDRESS:PORT"; empty: none
    std::string socket;                    ///< the path of the API's unix socket
    HttpLimits limits;
    Duration heartbeat = std::chrono::seconds{2};  ///< /livez waits so long for the strand
    Duration answer = std::chrono::seconds{10};    ///< and a command so long for its answer
  };

  /// Listens on both and starts the thread. Errors: an address in use, a socket on which another
  /// daemon answers, a directory that cannot be made.
  [[nodiscard]] static Result<std::unique_ptr<Servers>> start(Sources sources,
                                                              Endpoints endpoints);

  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;
  ~Servers();

  /// Drops the connections, joins the thread, removes the socket file. Idempotent.
  void stop();

  /// The port of the telemetry listener; 0: there is none.
  [[nodiscard]] std::uint16_t telemetry_port() const;

 private:
  struct Parts;  ///< the context, the handlers and the listeners, in the order of their ends
  explicit Servers(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace heald

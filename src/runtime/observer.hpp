#pragma once
// Who listens to what the supervisor does: the log, the metrics.

#include <memory>
#include <string>

#include "heald/decision.hpp"
#include "heald/message.hpp"
#include "heald/observation.hpp"
#include "heald/policy.hpp"
#include "heald/time.hpp"

namespace heald {

/// Told by the supervisor, on the control strand, and must not block it. Every method does
/// nothing unless it is overridden. An observer outlives the supervisor that tells it.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  /// Something happened or was decided. `policy` is of the record's service, the last rules in
  /// force when it was removed; null: the record is about no service.
  virtual void on_record(const Record& record, const ServicePolicy* policy);

  /// The engine took an observation in at `at`. `policy` is of its service, null when it has none.
  virtual void on_observation(const Observation& observation, Instant at,
                              const std::shared_ptr<const ServicePolicy>& policy);

  /// A message was delivered, or never will be.
  virtual void on_told(const Message& message, const MessageOutcome& outcome);

  /// How much later than it was due the strand handled a tick or a batch of observations.
  virtual void on_loop_lag(Duration lag);

  /// An entry of the journal is durable, or (with the reason) never will be.
  virtual void on_journaled(const std::string& why_not);
};

}  // namespace heald

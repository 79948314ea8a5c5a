#pragma once
// The Actuator of the real world.

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actuate/http_call.hpp"
#include "heald/actuator.hpp"
#include "heald/decision.hpp"
#include "heald/event.hpp"
#include "heald/message.hpp"
#include "heald/policy.hpp"
#include "process/cgroup_home.hpp"
#include "process/children.hpp"
#include "process/self_reports.hpp"

namespace heald {

/// Where processes leave traces. Both must exist; an empty one is not used.
struct ActuatorFolders {
  /// SERVICE.child: by it a process is found again. Without it none is adopted. SERVICE.ready: the
  /// same of a process that has said READY=1.
  std::string run;
  /// SERVICE.log: the output of processes. Without it they inherit heald's.
  std::string logs;
};

/// What start-up found of a service's process.
struct Adoption {
  ProcessFound found;
  ActionId action;      ///< that started it; zero when `found` is none
  std::string problem;  ///< why the record could not be read; empty: it could
};

/// Carries out actions: on its own children for `process` services, through the commands of the
/// rules for `external` ones. See Actuator for the contract; what is so already is done: `start`
/// on a process that runs, `stop` on one that does not.
///
/// A process that is stopped on the way of an action that then fails (restart, reprovision) stays
/// stopped, and no exit is reported for it.
///
/// Actions on one service that overlap all the same are carried out one after the other; the
/// timeout of each counts from its own beginning.
///
/// Control strand only. When it is destroyed, processes run on, and commands in flight are killed.
class LiveActuator final : public Actuator {
 public:
  /// A receiver by its name under the rules in force; nothing when it is gone from them.
  using FindReceiver = std::function<std::optional<ReceiverPolicy>(std::string_view name)>;
  using WallOf = std::function<WallTime(Instant)>;

  struct Parts {
    boost::asio::any_io_executor control;
    Children& children;  ///< must outlive everything that runs on `control`
    ActuatorFolders folders;
    const CgroupHome* cgroups;  ///< outlives the actuator; null: services get none
    SelfReports& self_reports;  ///< outlives the actuator
    Reports reports;
    HttpCall http;
    FindReceiver find_receiver;
    std::function<Instant()> now;
    WallOf wall_of;
    /// A message was delivered, or never will be. Never from inside a call.
    std::function<void(const Message& message, const MessageOutcome& outcome)> message_ended;
    /// Which receivers take no messages has changed, or why.
    std::function<void(std::vector<TroubledReceiver>)> receivers_changed;
    TellPauses tell_pauses;
  };

  explicit LiveActuator(Parts parts);
  ~LiveActuator() override;

  void start(ActionOrder order) override;

  /// Looks for the process that an earlier heald started for this service and follows it. Once
  /// for each service, before its first action. How an adopted process ends is not known.
  [[nodiscard]] Adoption adopt(ServiceId service, const ServicePolicy& policy);

  /// Tells people; tries again when a receiver fails. Delays nothing else.
  void send(std::vector<Message> messages);

  /// The JSON that receivers get of a message; `message` is complete but for it.
  [[nodiscard]] static std::string message_body(const Message& message, const TellCommand& news,
                                                const WallOf& wall_of);

  /// Kills what still runs of a service when the time for stopping is up.
  void kill(ServiceId service);

  /// The service is gone from the rules and its last action has finished: its process, if any,
  /// is no longer followed, and its record is removed.
  void release(ServiceId service);

 private:
  class World;
  std::shared_ptr<World> world_;
};

}  // namespace heald

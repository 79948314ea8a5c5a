#pragma once
// One action, step by step. Private to this room.

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "actuate/commands.hpp"
#include "actuate/evidence.hpp"
#include "actuate/live_actuator.hpp"
#include "actuate/messenger.hpp"
#include "actuate/service_process.hpp"
#include "heald/actuator.hpp"

namespace heald {

/// Composes an order's action of steps and carries them out one after the other, until one fails
/// or the timeout is over. Each step is given what is left of the timeout, and ends within it,
/// when everything that it ran is dead. Control strand only. Owned by its service: what a step
/// tells after that is gone is lost.
class RunningAction : public std::enable_shared_from_this<RunningAction> {
 public:
  /// What steps act through; outlives the action.
  struct Tools {
    const LiveActuator::Parts& parts;
    Commands& commands;
    Messenger& messenger;
    ServiceProcess& process;
  };
  using Finished = std::function<void(ActionReport)>;

  RunningAction(ActionOrder order, Tools tools, Finished finished);

  /// Composes and begins. `finished` is called once, possibly from inside.
  void begin();

 private:
  using Done = std::function<void(StepResult)>;
  using Step = std::function<void(Duration left, Done done)>;

  // Each adds the steps of its action, or refuses it.
  void compose(const RestartAction& action);
  void compose(const StartAction& action);
  void compose(const StopAction& action);
  void compose(const ReloadAction& action);
  void compose(const SignalAction& action);
  void compose(const ExecAction& action);
  void compose(const HttpAction& action);
  void compose(const ReprovisionAction& action);
  void compose(const NotifyAction& action);

  void add_start(const ProcessRuntime& rules);
  void add_stop(const ProcessRuntime& rules);
  void add_post_stop(const ProcessRuntime& rules);
  /// Something that is told with the start that follows.
  void add_remark(const std::string& remark);
  /// Part of a step: kills what an earlier process has left.
  void clear(Duration left, Done done);
  void add_signal(Signal signal);
  void add_command(const std::string& what, SpawnRequest program);
  void add_command(const std::string& what, const ExecPolicy& exec,
                   Leftovers leftovers = Leftovers::killed);
  /// The command of an external service, where the rules have one.
  void add_external(const std::string& word, const Seldom<ExecPolicy>& exec);
  void refuse(const std::string& why);

  void next();
  void step_ended(StepResult step);
  void finish(ActionResult result);
  [[nodiscard]] Duration left() const;
  [[nodiscard]] const std::string& name() const { return order_.policy->name; }

  ActionOrder order_;
  Tools tools_;
  Finished finished_;
  std::deque<Step> steps_;
  std::string refusal_;   ///< why the runtime cannot do it
  std::string evidence_;  ///< of the latest step
  std::string remarks_;   ///< what an earlier process had left, what failed by the way
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace heald

#pragma once
// An actuator with real processes, and what it reported.

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actuate/live_actuator.hpp"
#include "process/processes.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {

/// One service, `web`, and everything that its actuator needs.
class Stage {
 public:
  Stage() {
    story.id = IncidentId{9};
    story.symptom = "it is down";
    std::filesystem::create_directory(state.file("run"));
    std::filesystem::create_directory(state.file("logs"));
    policy.name = "web";
    policy.runtime = ProcessRuntime{};
    process().stop.timeout = 60s;
    open();
  }

  /// A new actuator on the same folders.
  void open() {
    self_reports = std::make_unique<SelfReports>(
        processes.executor(), state.file("notify"), [this](ServiceId, const SelfReport* report) {
          said.push_back(report == nullptr ? "nothing" : describe(*report));
        });
    actuator = std::make_unique<LiveActuator>(LiveActuator::Parts{
        processes.executor(), processes.children(), {state.file("run"), state.file("logs")},
        cgroups,
        *self_reports,
        Actuator::Reports{[this](ActionReport report) {
                            CHECK_FALSE(calling);
                            order_of_reports += "f";
                            finished.push_back(std::move(report));
                          },
                          [this](ExitReport report) {
                            CHECK_FALSE(calling);
                            order_of_reports += "x";
                            exited.push_back(report);
                          }},
        [this](HttpRequestPolicy request, Duration timeout, std::function<void(HttpReply)> done) {
          requests.push_back(std::move(request));
          timeouts.push_back(timeout);
          done(replies.empty() ? HttpReply{HttpReply::Kind::answered, 200, {}} : replies.front());
          if (!replies.empty()) replies.erase(replies.begin());
        },
        [this](std::string_view name) -> std::optional<ReceiverPolicy> {
          for (const auto& receiver : receivers) {
            if (receiver.name == name) return receiver;
          }
          return std::nullopt;
        },
        now,
        [](Instant at) {
          return WallTime{std::chrono::duration_cast<std::chrono::milliseconds>(
              at.time_since_epoch())};
        },
        [this](const Message& message, const MessageOutcome& outcome) {
          CHECK_FALSE(calling);
          ended.emplace_back(message, outcome);
        },
        [this](std::vector<TroubledReceiver> now) { troubled = std::move(now); },
        {1ms, 4ms}});
  }

  static Instant now() {
    return Instant{std::chrono::steady_clock::now().time_since_epoch()};
  }

  ProcessRuntime& process() { return std::get<ProcessRuntime>(policy.runtime); }
  ExternalRuntime& external() {
    if (policy.process() != nullptr) policy.runtime = ExternalRuntime{};
    return std::get<ExternalRuntime>(policy.runtime);
  }
  void runs_script(const std::string& text) {
    process().exec.command = {"/bin/sh", "-c", text};
  }
  static ExecPolicy script(const std::string& text) {
    ExecPolicy exec;
    exec.command = {"/bin/sh", "-c", text};
    return exec;
  }

  ActionId begin(Action action, Duration timeout = 60s) {
    return begin(order_for(std::move(action), timeout));
  }
  ActionId begin(const ActionOrder& order) {
    calling = true;
    actuator->start(order);
    calling = false;
    return order.id;
  }
  ActionOrder order_for(Action action, Duration timeout = 60s) {
    ActionOrder order;
    order.id = ActionId{++last_action};
    order.service = web;
    order.policy = std::make_shared<const ServicePolicy>(policy);
    order.action = std::move(action);
    order.timeout = timeout;
    order.generation = Generation{++last_generation};
    order.story = story;
    return order;
  }
  ActionReport report_of(ActionId id) {
    const ActionReport* found = nullptr;
    processes.until([&] {
      for (const auto& report : finished) {
        if (report.id == id) found = &report;
      }
      return found != nullptr;
    });
    return *found;
  }
  ActionReport act(Action action, Duration timeout = 60s) {
    return report_of(begin(std::move(action), timeout));
  }
  pid_t started() {
    const auto report = act(StartAction{});
    INFO(report.evidence);
    REQUIRE(report.result == ActionResult::done);
    REQUIRE(report.pid.has_value());
    return static_cast<pid_t>(*report.pid);
  }
  /// Waits until the service itself has written this file, and returns its first line as a pid.
  pid_t pid_from(const std::string& name) {
    processes.until_outside([&] { return state.read(name).ends_with('\n'); });
    return static_cast<pid_t>(std::stoi(state.read(name)));
  }

  static constexpr ServiceId web{1};
  TemporaryFolder state;
  Processes processes;
  ServicePolicy policy;
  Incident story;  ///< that `notify` tells
  std::vector<ActionReport> finished;
  std::vector<ExitReport> exited;
  std::string order_of_reports;
  std::vector<TroubledReceiver> troubled;
  std::vector<std::pair<Message, MessageOutcome>> ended;  ///< messages
  std::vector<HttpRequestPolicy> requests;
  std::vector<Duration> timeouts;
  std::vector<HttpReply> replies;
  std::vector<ReceiverPolicy> receivers;
  const CgroupHome* cgroups = nullptr;  ///< for the next open()
  bool calling = false;
  std::uint64_t last_action = 0;
  std::uint64_t last_generation = 0;
  std::vector<std::string> said;  ///< by the service of itself
  std::unique_ptr<SelfReports> self_reports;
  std::unique_ptr<LiveActuator> actuator;
};

}  // namespace heald::test

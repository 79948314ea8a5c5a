#pragma once
// A supervisor on a real strand, with a world around it that tests script.

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/board.hpp"
#include "runtime/clock.hpp"
#include "runtime/supervisor.hpp"

namespace heald::test {

/// Answers each look at once with what the script says of its service: pass, unless told.
class ScriptedProber final : public Prober {
 public:
  void start(ProbeOrder order) override;

  std::function<void(Observation)> sink;
  std::map<ServiceId, Outcome> outcomes;
  std::vector<ProbeOrder> silent;  ///< looks that wait, while `answers` is off
  bool answers = true;
};

/// Notes orders. Answers each one at once, later, with what the script says, or not at all.
class ScriptedActuator final : public Actuator {
 public:
  explicit ScriptedActuator(boost::asio::io_context& strand) : strand_(strand) {}
  void start(ActionOrder order) override;
  /// How often an action of this kind was started on a service.
  [[nodiscard]] std::size_t count(ActionKind kind) const;

  std::function<void(ActionReport)> finished;
  std::vector<ActionOrder> orders;
  std::optional<ActionResult> answer = ActionResult::done;
  std::function<void(const ActionOrder&)> before_answer;

 private:
  boost::asio::io_context& strand_;
  std::int64_t last_pid_ = 1000;
};

/// Makes entries durable at once, or when it is told to, or never.
class ScriptedJournal final : public Journal {
 public:
  enum class Mode : std::uint8_t { works, waits, fails };

  void append(JournalEntry entry, Durable durable) override;
  void flush() override;
  void retain(const Retention&) override {}
  void keep_rules(const std::string&, std::vector<RuleFile>) override {}
  [[nodiscard]] JournalStats stats() const override { return {}; }
  /// Makes everything durable that waits.
  void release();

  Mode mode = Mode::works;
  std::vector<JournalEntry> entries;
  std::size_t flushes = 0;

 private:
  std::vector<Durable> waiting_;
};

class RecordingObserver final : public Observer {
 public:
  void on_record(const Record& record, const ServicePolicy*) override;
  void on_loop_lag(Duration) override { ++batches; }
  [[nodiscard]] bool saw(RecordKind kind) const { return find(kind) != nullptr; }
  [[nodiscard]] const Record* find(RecordKind kind) const;
  [[nodiscard]] std::size_t count(RecordKind kind) const;

  std::vector<Record> records;
  std::size_t batches = 0;
};

/// Everything together. Deadlines run in real time, so tests use short ones and wait for what
/// must happen, never for a span of time.
class Stage {
 public:
  /// With the scripted journal.
  Stage();
  /// With a journal of the test's, and the clock that goes with what it held.
  Stage(Journal& journal, const Recovered& recovered);

  void begin(std::shared_ptr<const Policy> policy, std::optional<Snapshot> snapshot = {},
             std::vector<std::string> left_over = {});
  /// Runs the strand until it holds; false: not within a minute, which no test should need.
  [[nodiscard]] bool until(const std::function<bool()>& condition);
  [[nodiscard]] bool until_record(RecordKind kind);
  /// Handles everything that is ready.
  void drain();
  [[nodiscard]] std::string operate(Operation operation, std::optional<std::string> service);
  [[nodiscard]] ServiceId id(const std::string& service) const;

  boost::asio::io_context strand;
  std::atomic<std::int64_t> clock_ahead{0};  ///< nanoseconds that the engine's clock jumped
  std::atomic<std::int64_t> wall_ahead{0};   ///< milliseconds that the wall clock was set
  LiveClock clock;
  Board board;
  ScriptedProber prober;
  ScriptedActuator actuator;
  ScriptedJournal scripted;
  RecordingObserver observer;
  std::vector<Message> sent;
  std::vector<ServiceId> killed;
  std::set<ServiceId> released;
  bool ended = false;
  std::map<std::string, ProcessFound> children;  ///< what adoption finds, by name
  std::unique_ptr<Supervisor> supervisor;

 private:
  Stage(Journal* journal, LiveClock engine_clock);
  [[nodiscard]] ProcessFound found(ServiceId service, const ServicePolicy& policy) const;

  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
};

/// An external service with one probe, `answers`, and a ladder of restarts; everything is quick.
[[nodiscard]] ServicePolicy external_service(const std::string& name);
/// The same as a child of heald.
[[nodiscard]] ServicePolicy process_service(const std::string& name);
[[nodiscard]] std::shared_ptr<const Policy> policy_of(const std::vector<ServicePolicy>& services);

}  // namespace heald::test

#pragma once
// The servers over real sockets, on a board that tests fill and a command port that they script.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/servers.hpp"
#include "journal/memory_journal.hpp"
#include "support/temporary_folder.hpp"

namespace heald::test {

/// Notes commands and answers them as told.
class ScriptedPort final : public CommandPort {
 public:
  enum class Mode : std::uint8_t {
    answers,        ///< at once, on the calling thread
    answers_later,  ///< on another thread
    keeps,          ///< the answer until `release`
  };
  ~ScriptedPort() override;

  void operate(Operated operated, std::function<void(std::string refusal)> answered) override;
  void inspect(ServiceId service, std::function<void(Inspection)> answered) override;
  void shut_down() override {}

  void release();
  [[nodiscard]] std::vector<Operated> operations() const;
  [[nodiscard]] std::size_t kept() const;

  // To be set before the requests that they are about.
  Mode mode = Mode::answers;
  std::string refusal;
  Inspection inspection;
  std::function<void(const Operated&)> on_operate;

 private:
  void answer(std::function<void()> how);
  mutable std::mutex mutex_;
  std::vector<Operated> operations_;
  std::vector<std::function<void()>> kept_;
  std::vector<std::thread> threads_;
};

/// Answers a reload with what it holds.
class ScriptedRules final : public RulesPort {
 public:
  void reload(std::string by, std::function<void(Reloaded)> answered) override {
    asked_by = std::move(by);
    if (!silent) answered(reloaded);
  }
  void plan(std::string file, std::function<void(Planned)> answered) override {
    asked_for = std::move(file);
    if (!silent) answered(planned);
  }
  Reloaded reloaded;
  Planned planned;
  std::string asked_for = "nothing";
  std::string asked_by;
  bool silent = false;
};

struct StageOptions {
  HttpLimits limits;
  Duration heartbeat = std::chrono::seconds{20};
  Duration answer = std::chrono::seconds{20};
  enum class Strand : std::uint8_t { turns, stands_still } strand = Strand::turns;
};

/// A daemon's outside without its inside.
class Stage {
 public:
  explicit Stage(const StageOptions& options = {});
  ~Stage();

  /// Publishes a service with one HTTP probe named `answers`; returns its page for changes.
  ServicePage& add(const std::string& name, Health health = Health::healthy);
  void publish(const ServicePage& page);
  void publish(const DaemonPage& page) { board.publish(std::make_shared<DaemonPage>(page)); }
  void journal_record(const ServicePage& page, Record record, std::chrono::minutes ago = {});
  /// Opens an incident on the page, in the journal too, with its first records.
  void open_incident(ServicePage& page, const std::string& symptom);
  /// Ends it: it recovered by itself.
  void close_incident(ServicePage& page);

  [[nodiscard]] std::uint16_t port() const { return servers->telemetry_port(); }
  [[nodiscard]] std::string socket() const { return folder.file("run/heald.sock"); }

  TemporaryFolder folder;
  LiveClock clock;
  Board board;
  ScriptedPort commands;
  ScriptedRules rules;
  std::function<Examination(const ProbeOrder&)> on_examine;  ///< empty: looks never end
  MemoryJournal journal;
  std::unique_ptr<JournalReader> history = journal.reader();
  Metrics metrics{"1.2.3"};
  DaemonPage daemon;
  std::unique_ptr<Servers> servers;

 private:
  std::vector<std::unique_ptr<ServicePage>> pages_;
};

}  // namespace heald::test

#pragma once
// Lives of heald for the tests of replay and backtest: an engine driven by hand, with its real
// journal and its real recorder.

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "heald/engine.hpp"
#include "journal/journal.hpp"
#include "journal/recorder.hpp"

namespace heald::test {

/// `web`, which has the probe `answers` and may be restarted twice.
inline constexpr std::string_view web_rules = R"(
services:
  web:
    external: {restart: ["true"]}
    probes:
      answers: {exec: ["true"], interval: 2s, timeout: 1s, failure_threshold: 3}
    remediation: [{restart: {}, attempts: 2, verify: {within: 10s, stable_for: 2s}}]
)";

/// One life on a state folder.
class Lived {
 public:
  enum class Recording { on, off };
  struct Setup {
    Recording recording = Recording::off;
    bool observe = false;
    Bytes ring{16U << 20U};
  };
  Lived(const std::string& folder, Instant begin, std::string_view rules, Setup setup);
  /// Under `web_rules`, without a recorder.
  Lived(const std::string& folder, Instant begin) : Lived(folder, begin, web_rules, {}) {}

  /// Every probe looks every two seconds, so often: those of the named services fail, all others
  /// pass. Comes back whenever it is asked to.
  void look(const std::set<std::string>& failing, int times);
  /// The same with one outcome for all.
  void look(Outcome outcome, int times);
  /// Looks that the recorder does not get.
  void look_unrecorded(const std::set<std::string>& failing, int times);
  void operate(Operation operation, const std::string& service);
  void reload(std::string_view rules);

  /// Returns when all of it is in the journal.
  void settle() { journal_->flush(); }

  [[nodiscard]] Instant now() const { return now_; }

 private:
  void step(decltype(Event::input) input);
  void look_once(const std::set<std::string>& failing);
  void wait_until(Instant next);
  [[nodiscard]] std::shared_ptr<const Policy> read(std::string_view rules);

  Engine engine_{7};
  Life life_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Recorder> recorder_;
  std::string revision_;
  Instant begin_, now_;
  WallTime began_{};
  Instant wake_at_ = never;
  std::uint64_t run_ = 1'000'000;
  bool recorded_ = true;
};

/// Two lives: incident 1 is healed by a restart in the first, relapses and is healed in the second.
void live_twice(const std::string& folder);
/// Incident 1 is opened in a life and closed in the next.
void live_over_a_restart(const std::string& folder);
/// Incident 1 stays open.
void live_unhealed(const std::string& folder);

/// Changes a journal, as only its enemies do.
void change(const std::string& folder, const std::string& sql);

}  // namespace heald::test

#pragma once
// Journals as heald leaves them, made by the engine and the real journal without a daemon.

#include <cstdint>
#include <memory>
#include <string>

#include "heald/engine.hpp"
#include "journal/sqlite_journal.hpp"

namespace heald::test {

/// One life of heald on a state folder: an engine, driven by hand, and its real journal. It looks
/// after `web`, which has the probe `answers` and may be restarted twice.
class Lived {
 public:
  Lived(const std::string& folder, Instant begin);

  /// Looks every two seconds, so often, and comes back whenever it is asked to.
  void look(Outcome outcome, int times);

  /// Returns when all of it is in the journal.
  void settle() { journal_->flush(); }

  [[nodiscard]] Instant now() const { return now_; }

 private:
  void step(decltype(Event::input) input);

  Engine engine_{7};
  std::unique_ptr<Journal> journal_;
  std::string revision_;
  Instant now_;
  Instant wake_at_ = never;
  std::uint64_t run_ = 1'000'000;
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

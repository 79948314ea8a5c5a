#pragma once
// How other threads speak to the supervisor.

#include <functional>
#include <string>
#include <vector>

#include "heald/event.hpp"
#include "heald/examination.hpp"
#include "heald/ids.hpp"
#include "heald/prober.hpp"
#include "heald/state.hpp"

namespace heald {

/// What the engine says about a service beyond its page.
struct Inspection {
  std::vector<Hold> guards;  ///< every guard that would hold its next action back now
};

/// Has a probe take a look that decides nothing, and tells what it saw. Any thread; `examined` is
/// called on another one, where it must not block, or never when heald ends.
using ExamineProbe =
    std::function<void(ProbeOrder order, std::function<void(Examination)> examined)>;

/// The supervisor's door for commands. Callable on any thread; answers come on the control
/// strand, where the callee must not block.
class CommandPort {
 public:
  CommandPort() = default;
  CommandPort(const CommandPort&) = delete;
  CommandPort& operator=(const CommandPort&) = delete;
  virtual ~CommandPort() = default;

  /// Carries out an operator's word. `answered` gets the reason of a refusal, or nothing once
  /// the word is durable in the journal.
  virtual void operate(Operated operated, std::function<void(std::string refusal)> answered) = 0;

  /// Asks the engine which guards stand before a service's next action.
  virtual void inspect(ServiceId service, std::function<void(Inspection)> answered) = 0;

  /// Begins an orderly end, as SIGTERM does.
  virtual void shut_down() = 0;
};

}  // namespace heald

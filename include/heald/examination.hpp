#pragma once
// One look told phase by phase, for a person who asked for it. It decides nothing: the engine
// hears of observations only.

#include <string>
#include <vector>

#include "heald/observation.hpp"
#include "heald/time.hpp"

namespace heald {

/// Something that happened during a look.
struct LookPhase {
  /// "resolved", "connected", "secured", "sent", "first byte", "redirected", "answered", "ended";
  /// "failed" for an address that did not answer while others were left.
  std::string name;
  Duration at{};     ///< since the look began
  std::string text;  ///< what is known of it: "127.0.0.1:8080", "HTTP 200, 12 bytes"
};

/// One thing that the rules ask of what came.
struct LookCheck {
  std::string what;    ///< "status", "latency", "body contains"
  std::string wanted;  ///< as the rules say it
  std::string seen;  ///< empty: just what was wanted
  bool held = false;
};

struct Examination {
  std::string service, probe, kind;  ///< kind: as in the rules, "http"
  std::string address;  ///< what was looked at; empty for what a process says of itself
  Duration timeout{};
  Duration took{};
  std::vector<LookPhase> phases;  ///< in their order
  std::vector<LookCheck> checks;  ///< none when nothing came to be checked
  Outcome outcome = Outcome::unknown;
  std::string evidence;  ///< as in Observation
  /// The beginning of what the target said: a body, a dialogue, a program's output. Valid UTF-8.
  std::string said;
};

}  // namespace heald

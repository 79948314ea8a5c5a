#pragma once
// What a probe saw.

#include <cstdint>
#include <string>
#include <string_view>

#include "heald/ids.hpp"
#include "heald/time.hpp"

namespace heald {

enum class Outcome : std::uint8_t {
  pass,
  fail,     ///< the target is sick
  unknown,  ///< the prober itself failed (no descriptor, no such program): nobody's fault
};
[[nodiscard]] std::string_view to_string(Outcome outcome);

/// One run of a probe, finished.
struct Observation {
  ServiceId service;
  ProbeIndex probe;
  ProbeRun run;
  Outcome outcome = Outcome::unknown;
  /// Whether anything came back at all. A refused connection and an HTTP status are answers; a
  /// timeout, an unreachable or unresolved address are none. Told apart for blindness.
  bool answered = true;
  Instant begun;      ///< when the look began; it ended when the event reached the engine
  Duration took{};    ///< how long the look itself lasted
  /// For people: "HTTP 503, expected 200-299", cut at 512 bytes, valid UTF-8. Empty on a plain
  /// pass, so that a passing observation allocates nothing.
  std::string evidence;
};

}  // namespace heald

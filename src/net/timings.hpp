#pragma once
// How long each phase of an exchange took to come.

#include "heald/time.hpp"

namespace heald {

/// Moments since the exchange began; zero: not reached, or nothing to do. Of the last
/// connection, where redirects led to several.
struct NetTimings {
  Duration resolved{};    ///< the name had an address
  Duration connected{};   ///< TCP stood
  Duration secured{};     ///< TLS stood
  Duration first_byte{};  ///< of the answer
  Duration total{};
};

}  // namespace heald

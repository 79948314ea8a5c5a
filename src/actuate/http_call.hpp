#pragma once
// What acting needs of HTTP. Whoever wires the daemon fills it in.

#include <cstdint>
#include <functional>
#include <string>

#include "heald/policy.hpp"
#include "heald/time.hpp"

namespace heald {

/// The answer to a request, or why there was none.
struct HttpReply {
  enum class Kind : std::uint8_t { answered, failed, timed_out };
  Kind kind = Kind::failed;
  unsigned status = 0;  ///< of an answer
  std::string error;    ///< "cannot connect to …: …"; empty for an answer
};

/// Sends one request and calls `done` exactly once, within the timeout, on any thread, possibly
/// from inside the call.
using HttpCall = std::function<void(HttpRequestPolicy request, Duration timeout,
                                    std::function<void(HttpReply)> done)>;

}  // namespace heald

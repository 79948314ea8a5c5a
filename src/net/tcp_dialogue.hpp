#pragma once
// Connect, say something, await something: what a TCP probe does.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "heald/policy.hpp"
#include "net/failure.hpp"
#include "net/target.hpp"
#include "net/timings.hpp"
#include "net/trace.hpp"

namespace heald {

/// What to say to whom. Immutable; shared by its runs.
struct TcpScript {
  std::shared_ptr<const Target> target;
  std::string send;    ///< empty: nothing
  std::string expect;  ///< a substring of what comes back; empty: to have sent suffices
};

struct TcpResult {
  std::optional<NetFailure> failure;  ///< empty: what was expected came
  std::string received;               ///< where something was expected, at most 64 KiB
  NetTimings timings;
};

using TcpCallback = std::function<void(TcpResult)>;

/// Holds one dialogue within `timeout`. `context` is run by one thread, which calls this function
/// and gets `done`, exactly once unless the context is destroyed first; `done` may be called from
/// inside the call. A peer that says something else until 64 KiB are read fails as `limit`, one
/// that closes before as `closed`.
void start_tcp(boost::asio::io_context& context, std::shared_ptr<const TcpScript> script,
               Duration timeout, TcpCallback done, NetTrace trace = nullptr);

}  // namespace heald

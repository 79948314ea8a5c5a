#pragma once
// One datagram out, and one back: UDP, and ICMP echo.

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/failure.hpp"
#include "net/target.hpp"
#include "net/timings.hpp"
#include "net/trace.hpp"

namespace heald {

/// What to send to whom. Immutable; shared by its runs.
struct DatagramScript {
  enum class Kind : std::uint8_t {
    udp,
    echo,  ///< an ICMP or ICMPv6 echo request; `send` and the target's port are not used
  };
  Kind kind = Kind::udp;
  std::shared_ptr<const Target> target;
  std::string send;
  /// Whether a datagram is what was expected; empty: any is.
  std::function<bool(std::string_view)> answers;
};

struct DatagramResult {
  std::optional<NetFailure> failure;  ///< empty: the answer came
  std::string received;               ///< the last datagram that came
  NetTimings timings;                 ///< of them, `resolved`, `first_byte` and `total`
};

using DatagramCallback = std::function<void(DatagramResult)>;

/// Sends one datagram, and waits within `timeout` for one that answers it; others are passed over.
/// A name with several addresses is tried at one after the other. `context` is run by one thread,
/// which calls this function and gets `done`, exactly once unless the context is destroyed first;
/// `done` may be called from inside the call.
///
/// An echo request takes a datagram socket (`net.ipv4.ping_group_range`), or a raw one for who has
/// CAP_NET_RAW; without either it fails as `local`.
void start_datagram(boost::asio::io_context& context, std::shared_ptr<const DatagramScript> script,
                    Duration timeout, DatagramCallback done, NetTrace trace = nullptr);

}  // namespace heald

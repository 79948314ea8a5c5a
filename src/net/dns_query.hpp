#pragma once
// A question to a name server, asked by c-ares: over UDP, and over TCP where the answer is long.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "heald/policy.hpp"
#include "net/dns_answer.hpp"
#include "net/failure.hpp"
#include "net/target.hpp"
#include "net/timings.hpp"
#include "net/trace.hpp"

namespace heald {

/// What to ask whom. Immutable; shared by its runs.
struct DnsQuestion {
  std::string name;  ///< a whole one: no search domains are added
  DnsType type = DnsType::a;
  std::shared_ptr<const Target> server;  ///< null: those of the system (/etc/resolv.conf)
};

struct DnsResult {
  std::optional<NetFailure> failure;  ///< empty: a server answered, be it by an error
  DnsAnswer answer;
  NetTimings timings;
};

using DnsCallback = std::function<void(DnsResult)>;

/// Asks within `timeout`; asks again, or the next server, while there is time for it. `context` is
/// run by one thread, which calls this function and gets `done`, exactly once unless the context is
/// destroyed first; never from inside the call.
void start_dns(boost::asio::io_context& context, std::shared_ptr<const DnsQuestion> question,
               Duration timeout, DnsCallback done, NetTrace trace = nullptr);

}  // namespace heald

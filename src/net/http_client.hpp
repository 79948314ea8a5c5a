#pragma once
// One HTTP/1.1 request and its answer, over TCP or TLS.
//
// A request takes a connection of its own: a probe must see what a new client sees, and an action
// is too rare to keep one open. Whatever the peer does, the call ends at its deadline (up to
// 16 ms late), and holds no more than the limits given.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "heald/policy.hpp"
#include "net/failure.hpp"
#include "net/http_request.hpp"
#include "net/timings.hpp"
#include "net/trace.hpp"

namespace heald {

enum class BodyUse : std::uint8_t {
  keep,
  count,  ///< read, so that an answer is a whole one, but not kept
};

struct HttpOptions {
  /// For everything: the lookup, the connection, TLS, redirects, the answer to its last byte.
  Duration timeout = 10s;
  /// So much of an answer is read; the rest is left.
  Bytes read_limit{1U << 20U};
  BodyUse body = BodyUse::keep;
  std::uint32_t max_redirects = 0;  ///< 0: a redirect is an answer like any other
  NetTrace trace;
};

struct HttpResult {
  /// Why there is no answer; empty: there is one, below.
  std::optional<NetFailure> failure;
  unsigned status = 0;
  std::string body;
  bool truncated = false;  ///< the answer goes on after `read_limit`
  NetTimings timings;
};

using HttpCallback = std::function<void(HttpResult)>;

/// Sends a request. `context` is run by one thread, which calls this function and gets `done`,
/// exactly once unless the context is destroyed first; `done` may be called from inside the call.
void start_http(boost::asio::io_context& context, std::shared_ptr<const HttpRequest> request,
                const HttpOptions& options, HttpCallback done);

/// The same for a request that is made now and then, callable from any thread: `done` is called
/// through `executor`, never from inside the call. The executor's context must be an io_context
/// run by one thread. A request that cannot be written fails as `local`.
void http_call(const boost::asio::any_io_executor& executor, HttpRequestPolicy request,
               Duration timeout, HttpCallback done);

}  // namespace heald

#pragma once
// HTTP as the handlers see it: a request in, a reply out. The wire is the server's business.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heald/time.hpp"

namespace heald {

/// A request, read whole.
struct ServerRequest {
  std::string method;                        ///< "GET"; a HEAD arrives as a GET
  std::vector<std::string> path;             ///< the segments, percent-decoded
  std::map<std::string, std::string> query;  ///< percent-decoded; of equal keys the last
  std::string body;
  std::string peer;  ///< who asks, on a unix socket: "alice (uid 1000)"; else empty
  /// Whether the client has hung up; for handlers that take their time. Server's thread only,
  /// and only until the reply.
  std::function<bool()> gone;
};

/// What goes back. `more`, when set, is the rest of the body piece by piece, each piece made only
/// when the one before is written; an empty piece is the end. It runs on the server's thread.
struct ServerReply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow;  ///< of a 405: the methods that are allowed
  std::function<std::string()> more;
};

/// Takes the reply, once, on the server's thread.
using Replier = std::function<void(ServerReply)>;

/// Answers requests. Called on the server's thread; must not block it. The replier may be kept
/// and called later, or never when the server ends first.
class HttpHandler {
 public:
  HttpHandler() = default;
  HttpHandler(const HttpHandler&) = delete;
  HttpHandler& operator=(const HttpHandler&) = delete;
  virtual ~HttpHandler() = default;
  virtual void handle(ServerRequest request, Replier reply) = 0;
  /// The reply to what never became a request, or may not be one.
  [[nodiscard]] virtual ServerReply problem(unsigned status, std::string_view line) const;
};

/// What one client may take from a listener.
struct HttpLimits {
  std::size_t connections = 256;     ///< more are told 503 and closed
  std::uint32_t header_bytes = 8192;
  std::uint64_t body_bytes = 65536;
  /// How long a connection may take to bring a whole request, waiting for its beginning
  /// included, and how long to take in each piece of the reply.
  Duration patience = std::chrono::seconds{30};
};

/// Splits a request's target into path and query; empty when it is not an origin-form target.
[[nodiscard]] std::optional<ServerRequest> parse_target(std::string_view target);

[[nodiscard]] ServerReply text_reply(unsigned status, std::string_view line);
[[nodiscard]] ServerReply not_allowed(std::string_view allow);

}  // namespace heald

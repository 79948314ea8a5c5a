#pragma once
// HTTP/1.1 on a listening socket, for clients that may be slow, wrong or hostile.

#include <boost/asio/io_context.hpp>
#include <memory>

#include "api/http.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace heald {

/// Accepts on one socket and serves its connections on `context`, until both are gone.
class HttpServer {
 public:
  HttpServer() = default;
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  virtual ~HttpServer() = default;

  /// Takes over a listening, non-blocking TCP socket.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> on_tcp(
      boost::asio::io_context& context, Fd socket, HttpHandler& handler, const HttpLimits& limits);
  /// The same for a unix socket; only trusted peers (see `trusted_peer`) are served.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> on_unix(
      boost::asio::io_context& context, Fd socket, HttpHandler& handler, const HttpLimits& limits);
};

}  // namespace heald

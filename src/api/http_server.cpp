// The one file of this room that needs Beast.

#include "api/http_server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cerrno>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/listening.hpp"

namespace heald {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Failure = boost::beast::error_code;

/// What a listener's connections have in common. They refer to it, and never outlive it: both
/// end with the io_context.
struct Listener {
  HttpHandler* handler = nullptr;
  HttpLimits limits;
  std::size_t connections = 0;
};

/// Says no to a connection that is not served at all, as far as that is possible at once.
void turn_away(int socket, const ServerReply& reply) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(reply.status));
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  text.append(reason.data(), reason.size());
  text.append("\r\nContent-Type: ").append(reply.content_type);
  text.append("\r\nContent-Length: ").append(std::to_string(reply.body.size()));
  text.append("\r\nConnection: close\r\n\r\n").append(reply.body);
  (void)::send(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/// One connection. Reads requests one after the other, and lives as long as something is under
/// way on it.
template <class Protocol>
class Session : public std::enable_shared_from_this<Session<Protocol>> {
 public:
  using Socket = asio::basic_stream_socket<Protocol, asio::any_io_executor>;

  Session(Socket socket, std::shared_ptr<Listener> listener, std::string peer)
      : listener_(std::move(listener)), stream_(std::move(socket)), peer_(std::move(peer)) {
    ++listener_->connections;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { --listener_->connections; }

  void read() {
    parser_.emplace();
    parser_->header_limit(listener_->limits.header_bytes);
    parser_->body_limit(listener_->limits.body_bytes);
    // Set once for the whole request: a client that drips bytes gains nothing by it.
    stream_.expires_after(listener_->limits.patience);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](const Failure& failure, std::size_t) {
                       self->on_read(failure);
                     });
  }

 private:
  using Step = void (Session::*)();

  void on_read(const Failure& failure) {
    if (!failure) return dispatch();
    if (failure == http::error::end_of_stream) return finish();
    keep_alive_ = false;
    version_ = 11;
    if (failure == http::error::body_limit) return complain(413, "the body is too large");
    if (failure == http::error::header_limit || failure == http::error::buffer_overflow) {
      return complain(431, "the header is too large");
    }
    // A broken-off request, a reset and a spent patience have nobody who would read a reply.
    if (failure == http::error::partial_message) return;
    static const auto& of_http = http::make_error_code(http::error::bad_version).category();
    if (failure.category() == of_http) complain(400, failure.message());
  }

  void dispatch() {
    auto& message = parser_->get();
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    head_only_ = message.method() == http::verb::head;
    auto request = parse_target({message.target().data(), message.target().size()});
    if (!request) return complain(400, "the target is not a path");
    request->method = head_only_ ? "GET" : std::string{message.method_string()};
    request->body = std::move(message.body());
    request->peer = peer_;
    auto self = this->shared_from_this();
    request->gone = [weak = this->weak_from_this()] {
      const auto session = weak.lock();
      return session == nullptr || session->hung_up();
    };
    replied_ = false;
    try {
      listener_->handler->handle(std::move(*request), [self](ServerReply reply) {
        if (!std::exchange(self->replied_, true)) self->answer(std::move(reply));
      });
    } catch (const std::exception& error) {
      if (!std::exchange(replied_, true)) complain(500, error.what());
    }
  }

  void complain(unsigned status, std::string_view line) {
    answer(listener_->handler->problem(status, line));
  }

  [[nodiscard]] bool hung_up() {
    char byte = 0;
    const auto got =
        ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
  }

  template <class Body>
  void describe(http::response<Body>& response, const ServerReply& reply) const {
    response.version(version_);
    response.result(reply.status);
    response.set(http::field::server, "heald");
    response.set(http::field::content_type, reply.content_type);
    response.set(http::field::cache_control, "no-store");
    if (!reply.allow.empty()) response.set(http::field::allow, reply.allow);
  }

  void answer(ServerReply reply) {
    if (reply.more) return stream_out(std::move(reply));
    if (head_only_) {
      http::response<http::empty_body> response;
      describe(response, reply);
      response.content_length(reply.body.size());
      return send(std::move(response), &Session::next);
    }
    http::response<http::string_body> response;
    describe(response, reply);
    response.body() = std::move(reply.body);
    response.prepare_payload();
    send(std::move(response), &Session::next);
  }

  /// The header first; the pieces follow. HTTP/1.0 knows no chunks: there the end is the close.
  void stream_out(ServerReply reply) {
    chunked_ = version_ >= 11;
    if (!chunked_) keep_alive_ = false;
    http::response<http::empty_body> response;
    describe(response, reply);
    if (chunked_) response.chunked(true);
    more_ = std::move(reply.more);
    send(std::move(response), head_only_ ? &Session::next : &Session::send_piece, !head_only_);
  }

  template <class Body>
  void send(http::response<Body> response, Step then, bool header_only = false) {
    response.keep_alive(keep_alive_);
    // Serializer and message have to live until all is written.
    struct Outgoing {
      explicit Outgoing(http::response<Body> what) : message(std::move(what)) {}
      http::response<Body> message;
      http::serializer<false, Body> serializer{message};
    };
    auto outgoing = std::make_shared<Outgoing>(std::move(response));
    auto done = [self = this->shared_from_this(), outgoing, then](const Failure& failure,
                                                                  std::size_t) {
      if (!failure) ((*self).*then)();
    };
    stream_.expires_after(listener_->limits.patience);
    if (header_only || head_only_) {
      http::async_write_header(stream_, outgoing->serializer, std::move(done));
    } else {
      http::async_write(stream_, outgoing->serializer, std::move(done));
    }
  }

  void send_piece() {
    try {
      piece_ = more_();
    } catch (const std::exception&) {
      return;  // the missing last chunk tells the client that the answer is not whole
    }
    const bool last = piece_.empty();
    auto done = [self = this->shared_from_this(), last](const Failure& failure, std::size_t) {
      if (failure) return;
      if (last) return self->next();
      self->send_piece();
    };
    stream_.expires_after(listener_->limits.patience);
    if (!chunked_) {
      if (last) return next();
      return asio::async_write(stream_, asio::buffer(piece_), std::move(done));
    }
    if (last) return asio::async_write(stream_, http::make_chunk_last(), std::move(done));
    asio::async_write(stream_, http::make_chunk(asio::buffer(piece_)), std::move(done));
  }

  void next() {
    more_ = nullptr;
    piece_ = {};
    if (keep_alive_) return read();
    finish();
  }

  /// Says that nothing more comes, and takes in what the client still sends for a moment: closing
  /// on unread bytes would reset the connection and take our last reply with it.
  void finish() {
    Failure ignored;
    stream_.socket().shutdown(Socket::shutdown_send, ignored);
    stream_.expires_after(std::min<Duration>(listener_->limits.patience, std::chrono::seconds{2}));
    drain();
  }

  void drain() {
    stream_.async_read_some(asio::buffer(scratch_),
                            [self = this->shared_from_this()](const Failure& failure, std::size_t) {
                              if (!failure) self->drain();
                            });
  }

  std::shared_ptr<Listener> listener_;
  beast::basic_stream<Protocol, asio::any_io_executor> stream_;
  std::string peer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  unsigned version_ = 11;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool chunked_ = false;
  bool replied_ = false;
  std::function<std::string()> more_;
  std::string piece_;
  std::array<char, 4096> scratch_{};
};

/// The acceptor. Kept alive by its own pending accept.
template <class Protocol>
class Server final : public HttpServer {
 public:
  using Acceptor = asio::basic_socket_acceptor<Protocol, asio::any_io_executor>;
  /// Says who a peer is; empty: it is turned away.
  using Admit = std::optional<std::string> (*)(int socket);

  Server(asio::io_context& context, Acceptor acceptor, Admit admit, HttpHandler& handler,
         const HttpLimits& limits)
      : acceptor_(std::move(acceptor)), pause_(context), admit_(admit) {
    listener_->handler = &handler;
    listener_->limits = limits;
    accept();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](const Failure& failure, auto socket) {
      if (failure == asio::error::operation_aborted) return;
      if (failure) return wait_then_accept();
      serve(std::move(socket));
      accept();
    });
  }

  /// Out of descriptors or memory: the condition does not go away by spinning on it.
  void wait_then_accept() {
    pause_.expires_after(std::chrono::milliseconds{100});
    pause_.async_wait([this](const Failure& failure) {
      if (!failure) accept();
    });
  }

  void serve(typename Session<Protocol>::Socket socket) {
    auto peer = admit_(socket.native_handle());
    const auto refuse = [&](unsigned status, const char* why) {
      turn_away(socket.native_handle(), listener_->handler->problem(status, why));
    };
    if (!peer) return refuse(403, "only root and the user that heald runs as may speak to it");
    if (listener_->connections >= listener_->limits.connections) {
      return refuse(503, "there are too many connections");
    }
    std::make_shared<Session<Protocol>>(std::move(socket), listener_, std::move(*peer))->read();
  }

  std::shared_ptr<Listener> listener_ = std::make_shared<Listener>();
  Acceptor acceptor_;
  asio::steady_timer pause_;
  Admit admit_;
};

template <class Protocol>
Result<std::unique_ptr<HttpServer>> serve_on(
    asio::io_context& context, const Protocol& protocol, Fd socket,
    typename Server<Protocol>::Admit admit, HttpHandler& handler, const HttpLimits& limits) {
  typename Server<Protocol>::Acceptor acceptor{context};
  Failure failure;
  acceptor.assign(protocol, socket.get(), failure);
  if (failure) return Error{"cannot serve HTTP: " + failure.message()};
  (void)socket.release();
  return std::unique_ptr<HttpServer>{std::make_unique<Server<Protocol>>(
      context, std::move(acceptor), admit, handler, limits)};
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::on_tcp(asio::io_context& context, Fd socket,
                                                       HttpHandler& handler,
                                                       const HttpLimits& limits) {
  const auto anybody = [](int) { return std::optional<std::string>{""}; };
  const auto protocol = is_ipv6(socket.get()) ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
  return serve_on(context, protocol, std::move(socket), +anybody, handler, limits);
}

Result<std::unique_ptr<HttpServer>> HttpServer::on_unix(asio::io_context& context, Fd socket,
                                                        HttpHandler& handler,
                                                        const HttpLimits& limits) {
  return serve_on(context, asio::local::stream_protocol{}, std::move(socket), &trusted_peer,
                  handler, limits);
}

}  // namespace heald

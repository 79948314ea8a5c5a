#include "net/conversation.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "base/fd.hpp"
#include "heald/assert.hpp"
#include "net/tls.hpp"

namespace heald {

namespace asio = boost::asio;

namespace {

std::string listed(const Addresses& addresses) {
  std::string text;
  for (const auto& address : addresses) {
    text.append(text.empty() ? "" : ", ").append(address.to_string());
  }
  return text;
}

/// Over loopback a connection stands before connect() returns.
bool is_connected(int socket) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  return ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

/// Why it is not connected; nothing while it is on its way.
boost::system::error_code outcome_of(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return {error, boost::system::system_category()};
}

/// What errors of connecting to a unix socket mean: that there is none is its owner's doing.
NetFailure unix_failure(const boost::system::error_code& error, const std::string& path) {
  switch (error.value()) {
    case ENOENT: return {NetFailureKind::refused, "there is no socket " + path, true};
    case EAGAIN:
      return {NetFailureKind::refused, path + " takes no more connections: its queue is full",
              true};
    default: return socket_failure(error, path);
  }
}

boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

}  // namespace

// Held by every handler of its own, since OpenSSL's state must outlive what is in flight on it.
struct Conversation::Tls {
  using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;
  Tls(asio::io_context& on, std::shared_ptr<asio::ssl::context> with)
      : context(std::move(with)), stream(on, *context) {}
  std::shared_ptr<asio::ssl::context> context;
  asio::ssl::stream<Socket> stream;
  std::array<char, 8192> buffer{};
};

template <class Handle>
auto Conversation::while_connected(Handle handle) {
  return [self = shared_from_this(), tls = tls_, connection = connection_,
          handle = std::move(handle)](const ErrorCode& error, auto... rest) {
    if (connection == self->connection_) handle(*self, error, rest...);
  };
}

Conversation::Conversation(Network& network, Duration timeout, NetTrace trace)
    : network_(network),
      timeout_(timeout),
      trace_(std::move(trace)) {}

Conversation::~Conversation() = default;

void Conversation::begin() {
  begun_ = std::chrono::steady_clock::now();
  network_.deadlines().set(*this, begun_ + timeout_);
}

Duration Conversation::elapsed() const { return std::chrono::steady_clock::now() - begun_; }

NetTimings Conversation::timings() const {
  NetTimings timings = timings_;
  timings.total = elapsed();
  return timings;
}

void Conversation::note(std::string phase, std::string text) {
  trace_->push_back({std::move(phase), elapsed(), std::move(text)});
}

std::string Conversation::peer() const {
  if (!addresses_) return target_->name();
  return to_text(address(), target_->port);
}

const asio::ip::address& Conversation::address() const {
  return (*addresses_)[next_address_ == 0 ? 0 : next_address_ - 1];
}

void Conversation::connect(std::shared_ptr<const Target> target) {
  close();
  upgrading_ = false;
  target_ = std::move(target);
  timings_ = {};
  addresses_ = target_->literal;
  next_address_ = 0;
  most_telling_ = {};
  bytes_received_ = 0;
  if (!target_->path.empty()) return connect_to_path();
  if (addresses_) return try_address();
  stage_ = Stage::resolving;
  network_.resolve(target_->host, [self = shared_from_this(),
                                   connection = connection_](const Lookup& found) {
    if (connection == self->connection_) self->resolved(found);
  });
}

void Conversation::resolved(const Lookup& found) {
  if (const auto* failure = std::get_if<NetFailure>(&found)) return fail(*failure);
  addresses_ = std::get<std::shared_ptr<const Addresses>>(found);
  timings_.resolved = elapsed();
  if (traced()) note("resolved", target_->host + ": " + listed(*addresses_));
  try_address();
}

void Conversation::try_address() {
  stage_ = Stage::connecting;
  const std::size_t left = addresses_->size() - next_address_;
  if (addresses_->size() > 1) {
    // A silent address must leave time for the others.
    const Duration share = (timeout_ - elapsed()) / static_cast<Duration::rep>(left);
    network_.deadlines().set(*this, begun_ + (left == 1 ? timeout_ : elapsed() + share));
  }
  const Tcp::endpoint endpoint{(*addresses_)[next_address_], target_->port};
  ++next_address_;
  connect_to(endpoint);
}

void Conversation::connect_to(const Tcp::endpoint& endpoint) {
  connect_with(endpoint.protocol().family(), endpoint.data(), endpoint.size());
}

void Conversation::connect_to_path() {
  stage_ = Stage::connecting;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = target_->path;
  if (path.size() >= sizeof address.sun_path) {
    return fail(NetFailureKind::local, "cannot connect to " + path + ": the path is too long");
  }
  path.copy(&address.sun_path[0], path.size());
  const bool named = path.front() == '@';  // in the kernel's table and not in a folder
  if (named) address.sun_path[0] = '\0';
  connect_with(AF_UNIX, reinterpret_cast<const sockaddr*>(&address),
               offsetof(sockaddr_un, sun_path) + path.size() + (named ? 0 : 1));
}

void Conversation::connect_with(int family, const sockaddr* address, std::size_t size) {
  socket_ = network_.sockets().lend(family, {shared_from_this(), static_cast<SocketUser*>(this)});
  if (!socket_) {
    const ErrorCode error = last_error();
    return address_failed({kind_of(error),
                           "cannot open a socket to " + peer() + ": " + error.message(), false});
  }
  if (::connect(socket_.get(), address, static_cast<socklen_t>(size)) != 0 &&
      errno != EINPROGRESS) {
    return connected(last_error());
  }
  if (is_connected(socket_.get())) connected({});
}

void Conversation::on_ready(Readiness ready) {
  readable_ = readable_ || ready.readable;
  if (stage_ == Stage::connecting) {
    if (is_connected(socket_.get())) return connected({});
    if (const ErrorCode error = outcome_of(socket_.get())) connected(error);
  } else if (!unsent_.empty()) {
    if (ready.writable) send_rest();
  } else if (readable_) {
    read();
  }
}

void Conversation::connected(const ErrorCode& error) {
  if (error) {
    return address_failed(addresses_ ? socket_failure(error, peer())
                                     : unix_failure(error, peer()));
  }
  timings_.connected = elapsed();
  if (traced()) note("connected", peer());
  if (addresses_ && addresses_->size() > 1) network_.deadlines().set(*this, begun_ + timeout_);
  if (!target_->tls) return ready();
  tls_rules_ = &*target_->tls;
  begin_tls();
}

void Conversation::secure(const TlsPolicy& rules) {
  HEALD_ASSERT(!tls_);
  tls_rules_ = &rules;
  upgrading_ = true;
  begin_tls();
}

void Conversation::address_failed(NetFailure failure) {
  if (!addresses_) return fail(std::move(failure));
  if (traced() && addresses_->size() > 1) note("failed", failure.text);
  // A refusal says more than silence: something is there.
  // And what the peer does says more than what we cannot do.
  const bool first = next_address_ == 1 || most_telling_.kind == NetFailureKind::local;
  if (first || failure.answered) most_telling_ = std::move(failure);
  if (next_address_ == addresses_->size()) return fail(std::move(most_telling_));
  close();
  try_address();
}

void Conversation::begin_tls() {
  stage_ = Stage::securing;
  auto context = tls_context(*tls_rules_);
  if (!context) return fail({NetFailureKind::local, context.error().message, false});
  try {
    tls_ = std::make_shared<Tls>(network_.context(), *context);
    const auto self = shared_from_this();  // the socket does not hold it any more
    Fd socket = socket_.release();
    tls_->stream.next_layer().assign(address().is_v6() ? Tcp::v6() : Tcp::v4(), socket.get());
    (void)socket.release();
    handshake();
  } catch (const boost::system::system_error& failed) {
    return fail({NetFailureKind::local, std::string{"cannot set up TLS: "} + failed.what(), false});
  }
}

void Conversation::handshake() {
  // The request follows the handshake's last message at once; Nagle's rule would hold it back
  // until the peer's delayed acknowledgement, 40 ms later.
  ErrorCode ignored;
  tls_->stream.next_layer().set_option(Tcp::no_delay{true}, ignored);
  const auto expected = expect_peer(tls_->stream.native_handle(), *tls_rules_, target_->host);
  if (!expected) return fail({NetFailureKind::local, expected.error().message, false});
  // Which certificates are valid for how long yet is seen where all of them are shown.
  if (tls_rules_->valid_for == Duration{}) {
    network_.tls_sessions().resume(tls_->stream.native_handle(), tls_peer(), Moment::clock::now());
  }
  tls_->stream.async_handshake(
      asio::ssl::stream_base::client,
      while_connected([](Conversation& self, const ErrorCode& failed) { self.secured(failed); }));
}

TlsSessions::Peer Conversation::tls_peer() const {
  const std::string& name =
      tls_rules_->server_name.empty() ? target_->host : tls_rules_->server_name;
  return {tls_->context, peer() + " as " + name};
}

void Conversation::secured(const ErrorCode& error) {
  if (!error) {
    timings_.secured = elapsed();
    if (traced()) note("secured", describe_session(tls_->stream.native_handle()));
    if (tls_rules_->valid_for > Duration{}) {
      const auto valid = check_validity(tls_->stream.native_handle(), tls_rules_->valid_for);
      if (!valid) return fail(NetFailureKind::tls, valid.error().message);
    }
    if (!std::exchange(upgrading_, false)) return ready();
    stage_ = Stage::talking;
    return on_secured();
  }
  if (error.category() == boost::system::system_category()) {
    return fail(socket_failure(error, peer()));
  }
  const std::string why = error == asio::error::eof || is_truncated(error)
                              ? "the connection was closed during the handshake"
                              : handshake_error(tls_->stream.native_handle(), error);
  fail(NetFailureKind::tls, "no TLS with " + peer() + ": " + why);
}

void Conversation::ready() {
  stage_ = Stage::talking;
  on_connected();
}

void Conversation::send(std::string_view text) {
  if (tls_) {
    return asio::async_write(
        tls_->stream, asio::buffer(text.data(), text.size()),
        while_connected([](Conversation& self, const ErrorCode& error, std::size_t) {
          self.sent(error);
        }));
  }
  unsent_ = text;
  send_rest();
}

void Conversation::send_rest() {
  // A fresh connection takes a request at once; only a long one has to wait for room.
  while (!unsent_.empty()) {
    const ssize_t size = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EAGAIN) return;
    if (size < 0) return sent(last_error());
    unsent_.remove_prefix(static_cast<std::size_t>(size));
  }
  sent({});
}

void Conversation::sent(const ErrorCode& error) {
  if (error) return lost(error);
  on_sent();
}

void Conversation::lost(const ErrorCode& error) {
  if (error.category() == boost::system::system_category()) {
    return fail(socket_failure(error, peer()));
  }
  fail(NetFailureKind::tls, "TLS with " + peer() + " broke: " + error.message());
}

void Conversation::receive() {
  if (tls_) {
    return tls_->stream.async_read_some(
        asio::buffer(tls_->buffer),
        while_connected([](Conversation& self, const ErrorCode& error, std::size_t size) {
          self.received(error, {self.tls_->buffer.data(), size});
        }));
  }
  awaited_ = true;
  if (readable_) read();
}

// Whoever is told of what came asks for more from inside: a loop, since there may be much.
void Conversation::read() {
  if (reading_) return;
  const auto self = shared_from_this();
  reading_ = true;
  while (awaited_ && readable_) {
    const auto scratch = network_.buffer();
    const ssize_t size = ::recv(socket_.get(), scratch.data(), scratch.size(), 0);
    if (size < 0 && errno == EAGAIN) {
      readable_ = false;
      break;
    }
    awaited_ = false;
    if (size < 0) {
      received(last_error(), {});
    } else if (size == 0) {
      received(asio::error::eof, {});
    } else {
      received({}, {scratch.data(), static_cast<std::size_t>(size)});
    }
  }
  reading_ = false;
}

void Conversation::received(const ErrorCode& error, std::string_view data) {
  if (error == asio::error::eof || is_truncated(error)) return on_peer_closed();
  if (error) return lost(error);
  if (bytes_received_ == 0) {
    timings_.first_byte = elapsed();
    if (traced()) note("first byte", {});
  }
  bytes_received_ += data.size();
  on_received(data);
}

void Conversation::on_deadline() {
  const auto self = shared_from_this();
  const bool others =
      stage_ == Stage::connecting && addresses_ && next_address_ < addresses_->size();
  if (others && elapsed() < timeout_) return address_failed(timed_out());
  fail(most_telling_.answered && stage_ == Stage::connecting ? most_telling_ : timed_out());
}

NetFailure Conversation::timed_out() const {
  NetFailure failure{NetFailureKind::timed_out, "no answer within " + duration_text(timeout_),
                     false};
  switch (stage_) {
    case Stage::resolving: failure.text += " (looking up " + target_->host + ")"; break;
    case Stage::connecting: failure.text += " (connecting to " + peer() + ")"; break;
    case Stage::securing: failure.text += " (TLS handshake with " + peer() + ")"; break;
    case Stage::talking:
    case Stage::idle:
    case Stage::ended: break;
  }
  if (bytes_received_ > 0) failure.answered = true;
  if (bytes_received_ > 0 && stage_ != Stage::securing) {
    failure.text = "no complete answer within " + duration_text(timeout_) + " (" +
                   std::to_string(bytes_received_) + " bytes came)";
  }
  return failure;
}

void Conversation::fail(NetFailureKind kind, std::string text) {
  fail({kind, std::move(text), is_answer(kind)});
}

void Conversation::fail(NetFailure failure) {
  const auto self = shared_from_this();
  end(Farewell::orderly);
  on_failed(std::move(failure));
}

void Conversation::end(Farewell farewell) {
  DeadlineSweep::drop(*this);
  if (farewell == Farewell::abrupt) reset();
  close();
  stage_ = Stage::ended;
}

void Conversation::reset() {
  if (tls_) {
    ErrorCode ignored;
    tls_->stream.next_layer().set_option(asio::socket_base::linger{true, 0}, ignored);
  } else if (addresses_ && address().is_loopback()) {
    socket_.recycle();
  } else {
    socket_.abort();
  }
}

void Conversation::close() {
  ++connection_;
  unsent_ = {};
  awaited_ = readable_ = false;
  socket_.close();
  if (!tls_) return;
  if (bytes_received_ > 0 && SSL_is_init_finished(tls_->stream.native_handle()) == 1) {
    network_.tls_sessions().keep(tls_->stream.native_handle(), tls_peer(), Moment::clock::now());
  }
  ErrorCode ignored;
  tls_->stream.next_layer().close(ignored);
  tls_.reset();
}

}  // namespace heald

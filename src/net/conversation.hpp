#pragma once
// One connection after another to a peer, within one deadline: the part that an HTTP exchange
// and a TCP dialogue have in common.

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/deadlines.hpp"
#include "net/failure.hpp"
#include "net/network.hpp"
#include "net/sockets.hpp"
#include "net/target.hpp"
#include "net/timings.hpp"
#include "net/trace.hpp"

namespace heald {

/// Resolves, connects, secures, sends and receives; whoever derives from it says what. Callbacks
/// on one small object rather than a coroutine stack: there may be thousands in flight.
///
/// Lives on one context's thread. What is in flight keeps it alive. Ends by `end()`, called by the
/// derived class, or by one call of `on_failed`, from the deadline at the latest.
class Conversation : public std::enable_shared_from_this<Conversation>,
                     private Deadline,
                     private SocketUser {
 public:
  ~Conversation() override;

 protected:
  /// `trace`: null for nobody to tell.
  Conversation(Network& network, Duration timeout, NetTrace trace);

  enum class Farewell : std::uint8_t {
    orderly,
    /// By a reset, which leaves no TIME_WAIT behind, nor a socket to be closed when the peer is on
    /// this host: only when nothing is in flight any more.
    abrupt,
  };

  /// Starts the clock of the whole conversation.
  void begin();
  /// Leaves the present connection, if any, and opens one to `target`.
  void connect(std::shared_ptr<const Target> target);
  /// Speaks TLS from here on: one `on_secured`. `rules` stay where they are until the end.
  void secure(const TlsPolicy& rules);
  /// Sends `text`, which must stay where it is until `on_sent`.
  void send(std::string_view text);
  /// Waits for something to come: one `on_received` or `on_peer_closed`.
  void receive();
  /// Closes the connection and drops the deadline: nothing is called any more.
  void end(Farewell farewell);
  /// Ends it with a failure that the derived class found.
  void fail(NetFailureKind kind, std::string text);

  [[nodiscard]] NetTimings timings() const;
  /// "127.0.0.1:8080", or the name while unresolved; "/run/web.sock".
  [[nodiscard]] std::string peer() const;
  [[nodiscard]] Duration timeout() const { return timeout_; }
  /// Whether anybody wants to know: a text for `note` is not made otherwise.
  [[nodiscard]] bool traced() const { return trace_ != nullptr; }
  void note(std::string phase, std::string text);

 private:
  using Tcp = boost::asio::ip::tcp;
  using ErrorCode = boost::system::error_code;
  enum class Stage : std::uint8_t { idle, resolving, connecting, securing, talking, ended };
  struct Tls;

  virtual void on_connected() = 0;
  /// After `secure` only.
  virtual void on_secured() {}
  virtual void on_sent() = 0;
  /// `data` is valid during the call only.
  virtual void on_received(std::string_view data) = 0;
  virtual void on_peer_closed() = 0;
  /// The connection is closed already.
  virtual void on_failed(NetFailure failure) = 0;

  void on_deadline() override;
  void on_ready(Readiness ready) override;
  void resolved(const Lookup& found);
  void try_address();
  void connect_to(const Tcp::endpoint& endpoint);
  void connect_to_path();
  void connect_with(int family, const sockaddr* address, std::size_t size);
  void connected(const ErrorCode& error);
  void address_failed(NetFailure failure);
  void begin_tls();
  void handshake();
  [[nodiscard]] TlsSessions::Peer tls_peer() const;
  void secured(const ErrorCode& error);
  void ready();
  void send_rest();
  void sent(const ErrorCode& error);
  void lost(const ErrorCode& error);
  void read();
  void received(const ErrorCode& error, std::string_view data);
  void fail(NetFailure failure);
  [[nodiscard]] NetFailure timed_out() const;
  void reset();
  void close();
  [[nodiscard]] Duration elapsed() const;
  [[nodiscard]] const boost::asio::ip::address& address() const;  ///< of the present connection

  /// Guards a handler: it runs only while the connection that it was made for stands.
  template <class Handle>
  auto while_connected(Handle handle);

  Network& network_;
  const Duration timeout_;
  const NetTrace trace_;
  Moment begun_;
  NetTimings timings_;
  Stage stage_ = Stage::idle;
  std::uint32_t connection_ = 0;  ///< counts up with every connection given up
  std::shared_ptr<const Target> target_;
  std::shared_ptr<const Addresses> addresses_;
  std::size_t next_address_ = 0;
  NetFailure most_telling_;  ///< of the addresses that failed
  std::size_t bytes_received_ = 0;
  Sockets::Lent socket_;
  std::string_view unsent_;
  bool awaited_ = false;   ///< receive() was called, and nothing came since
  bool readable_ = false;  ///< something came that was not read
  bool reading_ = false;   ///< read() is under way
  const TlsPolicy* tls_rules_ = nullptr;  ///< while TLS is negotiated or spoken
  bool upgrading_ = false;                ///< TLS was asked for by `secure`
  std::shared_ptr<Tls> tls_;
};

}  // namespace heald

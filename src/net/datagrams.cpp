#include "net/datagrams.hpp"

#include <sys/socket.h>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/fd.hpp"
#include "net/deadlines.hpp"
#include "net/echo.hpp"
#include "net/network.hpp"

namespace heald {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

ErrorCode last_error() { return {errno, boost::system::system_category()}; }

constexpr int most_at_once = 32;

class DatagramExchange final : public std::enable_shared_from_this<DatagramExchange>,
                               private Deadline {
 public:
  DatagramExchange(Network& network, std::shared_ptr<const DatagramScript> script,
                   Duration timeout, DatagramCallback done, NetTrace trace)
      : network_(network),
        script_(std::move(script)),
        timeout_(timeout),
        done_(std::move(done)),
        trace_(std::move(trace)),
        socket_(network.context()) {}

  void start() {
    begun_ = std::chrono::steady_clock::now();
    network_.deadlines().set(*this, begun_ + timeout_);
    addresses_ = script_->target->literal;
    if (addresses_) return try_address();
    network_.resolve(script_->target->host,
                     [self = shared_from_this()](const Lookup& found) { self->resolved(found); });
  }

 private:
  void resolved(const Lookup& found) {
    if (!done_) return;
    if (const auto* failure = std::get_if<NetFailure>(&found)) return end(*failure);
    addresses_ = std::get<std::shared_ptr<const Addresses>>(found);
    timings_.resolved = elapsed();
    note("resolved", script_->target->host);
    try_address();
  }

  void try_address() {
    ++trial_;
    const auto& address = (*addresses_)[next_address_++];
    const std::size_t left = addresses_->size() - next_address_ + 1;
    // A silent address must leave time for the others.
    const Duration share = (timeout_ - elapsed()) / static_cast<Duration::rep>(left);
    network_.deadlines().set(*this, begun_ + (left == 1 ? timeout_ : elapsed() + share));
    received_.clear();
    timings_.first_byte = {};
    peer_ = is_echo() ? address.to_string() : to_text(address, script_->target->port);
    if (auto failure = open(address)) return address_failed(*std::move(failure));
    const std::string_view text = is_echo() ? std::string_view{echo_->request} : script_->send;
    if (::send(socket_.native_handle(), text.data(), text.size(), MSG_NOSIGNAL) < 0) {
      return address_failed(socket_failure(last_error(), peer_));
    }
    note("sent", std::to_string(text.size()) + " bytes to " + peer_);
    await();
  }

  [[nodiscard]] std::optional<NetFailure> open(const asio::ip::address& address) {
    const int family = address.is_v6() ? AF_INET6 : AF_INET;
    Fd socket;
    if (is_echo()) {
      auto made = open_echo(family);
      if (!made) return NetFailure{NetFailureKind::local, made.error().message, false};
      echo_.emplace(std::move(*made));
      socket = std::move(echo_->socket);
    } else {
      socket.reset(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    }
    if (!socket) {
      return NetFailure{kind_of(last_error()),
                        "cannot open a socket to " + peer_ + ": " + last_error().message(), false};
    }
    const asio::ip::udp::endpoint endpoint{address, script_->target->port};
    if (::connect(socket.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
      return socket_failure(last_error(), peer_);
    }
    ErrorCode error;
    socket_.close(error);
    socket_.assign(socket.get(), error);
    if (error) {
      return NetFailure{NetFailureKind::local, "cannot watch a socket: " + error.message(), false};
    }
    (void)socket.release();
    return std::nullopt;
  }

  void await() {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this(), trial = trial_](const ErrorCode& error) {
                         if (!error && self->done_ && trial == self->trial_) self->read();
                       });
  }

  void read() {
    const auto scratch = network_.buffer();
    // Bounded, since a flood must not keep this thread from its deadlines and from other looks.
    for (int left = most_at_once; left > 0; --left) {
      const ssize_t size = ::recv(socket_.native_handle(), scratch.data(), scratch.size(), 0);
      if (size < 0 && errno == EAGAIN) return await();
      if (size < 0) return address_failed(socket_failure(last_error(), peer_));
      const std::string_view came{scratch.data(), static_cast<std::size_t>(size)};
      if (is_echo() ? echo_->is_answer(came) : take(came)) return answered(came.size());
    }
    await();
  }

  bool take(std::string_view came) {
    if (timings_.first_byte == Duration{}) timings_.first_byte = elapsed();
    received_ = came;
    return !script_->answers || script_->answers(came);
  }

  void answered(std::size_t size) {
    if (timings_.first_byte == Duration{}) timings_.first_byte = elapsed();
    note("answered", std::to_string(size) + " bytes from " + peer_);
    end(std::nullopt);
  }

  void address_failed(NetFailure failure) {
    if (addresses_->size() > 1) note("failed", failure.text);
    // A refusal says more than silence: something is there.
    // And what the peer does says more than what we cannot do.
    const bool first = next_address_ == 1 || most_telling_.kind == NetFailureKind::local;
    if (first || failure.answered) most_telling_ = std::move(failure);
    if (next_address_ == addresses_->size() || elapsed() >= timeout_) {
      return end(std::move(most_telling_));
    }
    try_address();
  }

  void on_deadline() override {
    const auto self = shared_from_this();
    NetFailure failure{NetFailureKind::timed_out, "no answer within " + duration_text(timeout_),
                       false};
    if (!addresses_) {
      failure.text += " (looking up " + script_->target->host + ")";
      return end(std::move(failure));
    }
    failure.text += " from " + peer_;
    if (timings_.first_byte != Duration{}) {
      failure.text = "nothing that was expected within " + duration_text(timeout_) + " from " +
                     peer_;
      failure.answered = true;
    }
    address_failed(std::move(failure));
  }

  void end(std::optional<NetFailure> failure) {
    const auto self = shared_from_this();
    DeadlineSweep::drop(*this);
    ErrorCode ignored;
    socket_.close(ignored);
    timings_.total = elapsed();
    const DatagramCallback done = std::exchange(done_, nullptr);
    done({std::move(failure), std::move(received_), timings_});
  }

  void note(std::string phase, std::string text) {
    if (trace_) trace_->push_back({std::move(phase), elapsed(), std::move(text)});
  }
  [[nodiscard]] bool is_echo() const { return script_->kind == DatagramScript::Kind::echo; }
  [[nodiscard]] Duration elapsed() const { return std::chrono::steady_clock::now() - begun_; }

  Network& network_;
  const std::shared_ptr<const DatagramScript> script_;
  const Duration timeout_;
  DatagramCallback done_;  ///< null: it is over
  const NetTrace trace_;
  asio::posix::stream_descriptor socket_;
  std::chrono::steady_clock::time_point begun_;
  NetTimings timings_;
  std::shared_ptr<const Addresses> addresses_;
  std::size_t next_address_ = 0;
  std::uint32_t trial_ = 0;  ///< counts up with every address that is tried
  std::string peer_;         ///< of the present trial
  NetFailure most_telling_;  ///< of the addresses that failed
  std::optional<Echo> echo_;
  std::string received_;
};

}  // namespace

void start_datagram(asio::io_context& context, std::shared_ptr<const DatagramScript> script,
                    Duration timeout, DatagramCallback done, NetTrace trace) {
  std::make_shared<DatagramExchange>(Network::of(context), std::move(script), timeout,
                                     std::move(done), std::move(trace))
      ->start();
}

}  // namespace heald

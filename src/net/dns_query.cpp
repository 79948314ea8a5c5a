#include "net/dns_query.hpp"

#include <ares.h>
#include <arpa/nameser.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <map>
#include <span>
#include <utility>

#include "net/deadlines.hpp"
#include "net/network.hpp"

namespace heald {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

/// One question. c-ares opens and closes the sockets, and is told when there is something to do.
class DnsQuery final : public std::enable_shared_from_this<DnsQuery>, private Deadline {
 public:
  DnsQuery(Network& network, std::shared_ptr<const DnsQuestion> question, Duration timeout,
           DnsCallback done, NetTrace trace)
      : network_(network),
        question_(std::move(question)),
        timeout_(timeout),
        done_(std::move(done)),
        trace_(std::move(trace)),
        again_(network.context()) {}
  ~DnsQuery() override { leave(); }

  void start() {
    begun_ = std::chrono::steady_clock::now();
    network_.deadlines().set(*this, begun_ + timeout_);
    // Nothing is told from inside the call.
    asio::post(network_.context(), [self = shared_from_this()] { self->find_server(); });
  }

 private:
  using Watched = asio::posix::stream_descriptor;
  /// What c-ares wants to know of a socket; a number, since that of the socket may come again.
  struct Watch {
    Watched descriptor;
    std::uint64_t number;
  };
  static constexpr int tries = 2;

  void find_server() {
    if (!done_) return;
    if (!question_->server) return ask("");
    if (question_->server->literal) return ask_at(*question_->server->literal);
    network_.resolve(question_->server->host,
                     [self = shared_from_this()](const Lookup& found) {
                       if (!self->done_) return;
                       if (const auto* failure = std::get_if<NetFailure>(&found)) {
                         return self->end(*failure);
                       }
                       self->note("resolved", self->question_->server->host);
                       self->ask_at(*std::get<std::shared_ptr<const Addresses>>(found));
                     });
  }

  void ask_at(const Addresses& addresses) {
    timings_.resolved = elapsed();
    std::string servers;
    for (const auto& address : addresses) {
      servers.append(servers.empty() ? "" : ",").append(to_text(address, question_->server->port));
    }
    ask(servers);
  }

  void ask(const std::string& servers) {
    ares_options options{};
    using std::chrono::milliseconds;
    const auto each = std::chrono::duration_cast<milliseconds>((timeout_ - elapsed()) / tries);
    options.timeout = static_cast<int>(std::max<milliseconds::rep>(each.count(), 1));
    options.tries = tries;
    options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
    options.sock_state_cb_data = this;
    options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
      static_cast<DnsQuery*>(self)->watch(socket, readable != 0, writable != 0);
    };
    constexpr int given =
        ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS | ARES_OPT_SOCK_STATE_CB;
    int status = ares_init_options(&channel_, &options, given);
    if (status == ARES_SUCCESS && !servers.empty()) {
      status = ares_set_servers_ports_csv(channel_, servers.c_str());
    }
    if (status != ARES_SUCCESS) {
      return end(NetFailure{NetFailureKind::local,
                            std::string{"cannot ask name servers: "} + ares_strerror(status),
                            false});
    }
    note("sent", question_->name + (servers.empty() ? "" : " to " + servers));
    asking_ = true;
    errno = 0;
    ares_query(channel_, question_->name.c_str(), ns_c_in, number_of(question_->type),
               [](void* self, int status, int, unsigned char* answer, int size) {
                 static_cast<DnsQuery*>(self)->answered(
                     status, {answer, static_cast<std::size_t>(std::max(size, 0))});
               },
               this);
    asking_ = false;
    settle();
  }

  /// c-ares wants to know of a socket, or is about to close it: neither.
  void watch(ares_socket_t socket, bool readable, bool writable) {
    auto found = watched_.find(socket);
    if (found != watched_.end()) {
      // Every wait of before ends; the descriptor is c-ares' own.
      (void)found->second.descriptor.release();
      watched_.erase(found);
    }
    if (!readable && !writable) return;
    ErrorCode error;
    Watched descriptor{network_.context()};
    descriptor.assign(socket, error);
    if (error) {
      result_.emplace().failure =
          NetFailure{NetFailureKind::local, "cannot watch a socket: " + error.message(), false};
      return;
    }
    found = watched_.emplace(socket, Watch{std::move(descriptor), ++last_watch_}).first;
    if (readable) wait(found->second, socket, Watched::wait_read);
    if (writable) wait(found->second, socket, Watched::wait_write);
  }

  void wait(Watch& watch, ares_socket_t socket, Watched::wait_type what) {
    watch.descriptor.async_wait(what, [self = shared_from_this(), socket, what,
                                       number = watch.number](const ErrorCode& error) {
      if (error || self->channel_ == nullptr) return;
      const bool reads = what == Watched::wait_read;
      ares_process_fd(self->channel_, reads ? socket : ARES_SOCKET_BAD,
                      reads ? ARES_SOCKET_BAD : socket);
      self->settle();
      const auto still = self->watched_.find(socket);
      const bool same = still != self->watched_.end() && still->second.number == number;
      if (same) self->wait(still->second, socket, what);
    });
  }

  /// Waits for when c-ares wants to ask again; ends when it is over.
  void settle() {
    if (result_) return end(std::nullopt);
    if (channel_ == nullptr) return;
    timeval longest{};
    const timeval* next = ares_timeout(channel_, nullptr, &longest);
    if (next == nullptr) return;
    again_.expires_after(std::chrono::seconds{next->tv_sec} +
                         std::chrono::microseconds{next->tv_usec});
    again_.async_wait([self = shared_from_this()](const ErrorCode& error) {
      if (error || self->channel_ == nullptr) return;
      ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      self->settle();
    });
  }

  /// Called from inside of c-ares: its channel must not go yet.
  void answered(int status, std::span<const std::uint8_t> message) {
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED || result_) return;
    result_.emplace();
    if (!message.empty()) return read(message);
    switch (status) {
      case ARES_ETIMEOUT: result_->failure = silence(); break;
      case ARES_ECONNREFUSED: result_->failure = refusal(); break;
      case ARES_ENOTFOUND:  // without asking: a name that is never looked up (RFC 7686)
      case ARES_EBADNAME:
      case ARES_EBADQUERY:
        result_->failure =
            NetFailure{NetFailureKind::local, question_->name + " is no name", false};
        break;
      case ARES_ENOMEM:
      case ARES_EFILE:
        result_->failure = NetFailure{NetFailureKind::local, ares_strerror(status), false};
        break;
      default:
        result_->failure = NetFailure{NetFailureKind::malformed,
                                      "no answer of " + whom() + " could be used: " +
                                          ares_strerror(status), true};
    }
  }

  void read(std::span<const std::uint8_t> message) {
    timings_.first_byte = elapsed();
    auto answer = read_dns_answer(message, question_->type);
    if (!answer) {
      result_->failure = NetFailure{NetFailureKind::malformed,
                                    whom() + " answered nonsense: " + answer.error().message, true};
      return;
    }
    note("answered", answer->rcode + ", " + std::to_string(answer->records.size()) + " records");
    result_->answer = std::move(*answer);
  }

  /// c-ares says so of every socket that it could not use. What fails there and then is not the
  /// peer's refusal, which takes a while.
  [[nodiscard]] NetFailure refusal() const {
    if (asking_ && errno != 0) {
      return socket_failure({errno, boost::system::system_category()}, whom());
    }
    return {NetFailureKind::refused, whom() + " refused", true};
  }

  void on_deadline() override { end(silence()); }

  [[nodiscard]] NetFailure silence() const {
    return {NetFailureKind::timed_out,
            "no answer within " + duration_text(timeout_) + " from " + whom(), false};
  }
  [[nodiscard]] std::string whom() const {
    return question_->server ? question_->server->name() : "the system's name servers";
  }

  void end(std::optional<NetFailure> failure) {
    const auto self = shared_from_this();
    DeadlineSweep::drop(*this);
    again_.cancel();
    leave();
    DnsResult result = result_ ? std::move(*result_) : DnsResult{};
    if (failure) result.failure = std::move(failure);
    timings_.total = elapsed();
    result.timings = timings_;
    const DnsCallback done = std::exchange(done_, nullptr);
    if (done) done(std::move(result));
  }

  void leave() {
    if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
    for (auto& [socket, watch] : watched_) (void)watch.descriptor.release();
    watched_.clear();
  }

  void note(std::string phase, std::string text) {
    if (trace_) trace_->push_back({std::move(phase), elapsed(), std::move(text)});
  }
  [[nodiscard]] Duration elapsed() const { return std::chrono::steady_clock::now() - begun_; }

  Network& network_;
  const std::shared_ptr<const DnsQuestion> question_;
  const Duration timeout_;
  DnsCallback done_;  ///< null: it is over
  const NetTrace trace_;
  std::chrono::steady_clock::time_point begun_;
  NetTimings timings_;
  asio::steady_timer again_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, Watch> watched_;
  std::uint64_t last_watch_ = 0;
  bool asking_ = false;  ///< within the call that asks
  std::optional<DnsResult> result_;
};

}  // namespace

void start_dns(asio::io_context& context, std::shared_ptr<const DnsQuestion> question,
               Duration timeout, DnsCallback done, NetTrace trace) {
  std::make_shared<DnsQuery>(Network::of(context), std::move(question), timeout, std::move(done),
                             std::move(trace))
      ->start();
}

}  // namespace heald

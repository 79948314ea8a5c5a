#pragma once
// The stream sockets of one thread, watched on one epoll descriptor of their own.
//
// Most of what a probe costs is the kernel's, so each system call counts. Asio registers a socket,
// asks anew for each wait, and takes it out: here it is registered once, edge-triggered and in
// both directions, and close() takes it out. To the context all sockets are one descriptor.
//
// A connection that is over may leave its socket to the next one: connect(2) to AF_UNSPEC ends it
// by a reset, after which nothing has to be opened, registered or closed. Every connection is a new
// one all the same, from a port of its own. That is for peers on this host only: the kernel counts
// sequence numbers on from the last connection, whose peer could tell those of the next.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/fd.hpp"
#include "net/deadlines.hpp"

namespace heald {

/// Whoever has borrowed a socket.
class SocketUser {
 public:
  /// What the kernel said; an error or the peer's end are both, and found by trying.
  struct Readiness {
    bool readable = false;
    bool writable = false;
  };

  /// Something changed since the socket was lent. Told once for each change: what is not used up,
  /// until EAGAIN, is not told again. The socket may be given back from inside.
  virtual void on_ready(Readiness ready) = 0;

 protected:
  ~SocketUser() = default;
};

/// Lends sockets. Used on its context's thread only; lives as long as what it has lent.
class Sockets : private Deadline {
 public:
  /// A socket while it is lent. Closes it when it goes.
  class Lent {
   public:
    Lent() = default;
    Lent(Lent&& other) noexcept;
    Lent& operator=(Lent&& other) noexcept;
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    ~Lent() { close(); }

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] explicit operator bool() const { return of_ != nullptr; }

    void close();
    /// Closes it by a reset, which leaves no TIME_WAIT behind.
    void abort();
    /// Ends its connection by a reset and keeps it for the next to be lent. For peers on this host.
    void recycle();
    /// Gives it away: it is not watched any more.
    [[nodiscard]] Fd release();

   private:
    friend class Sockets;
    Lent(Sockets& of, std::uint32_t slot, int number) : of_(&of), slot_(slot), number_(number) {}

    Sockets* of_ = nullptr;
    std::uint32_t slot_ = 0;
    int number_ = -1;
  };

  /// Takes the descriptor that it needs; where there is none, each socket asks for it again. What
  /// nobody borrowed for `kept_idle` is closed, after twice this at the latest.
  Sockets(boost::asio::io_context& context, DeadlineSweep& deadlines,
          std::chrono::milliseconds kept_idle = std::chrono::seconds{10});

  /// A socket that is not connected, non-blocking; `user` is kept alive until it is given back.
  /// Empty, with errno set, when the kernel has none.
  [[nodiscard]] Lent lend(int family, std::shared_ptr<SocketUser> user);

  /// Lets go of all users: what they have borrowed is closed with them.
  void forget_users();

  /// How many wait for the next connection.
  [[nodiscard]] std::size_t idle() const { return idle_v4_.slots.size() + idle_v6_.slots.size(); }

 private:
  struct Slot {
    Fd socket;
    int family = 0;
    std::uint32_t generation = 0;  ///< counts up with each socket that leaves the slot
    std::uint64_t lent_in = 0;     ///< the round; what it brings is of before
    std::shared_ptr<SocketUser> user;
  };
  struct Idle {
    std::vector<std::uint32_t> slots;  ///< the last is lent first
    std::size_t least = 0;             ///< so many were there throughout, since it was swept
  };
  enum class Wait : std::uint8_t { none, pending, telling };
  using Descriptor =
      boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  [[nodiscard]] bool can_watch();
  void on_deadline() override;
  void sweep(Idle& idle);
  [[nodiscard]] Idle& idle_of(int family) { return family == AF_INET6 ? idle_v6_ : idle_v4_; }
  [[nodiscard]] std::optional<std::uint32_t> take_idle(int family);
  [[nodiscard]] std::optional<std::uint32_t> open(int family);
  void keep(std::uint32_t slot);
  /// Nobody uses it any more. Keeps the user, who may be running, until the caller has finished.
  [[nodiscard]] std::shared_ptr<SocketUser> take_back(std::uint32_t slot);
  [[nodiscard]] Fd vacate(std::uint32_t slot);
  void await();
  void tell();
  void tell(const epoll_event& event);

  DeadlineSweep& deadlines_;
  const std::chrono::milliseconds kept_idle_;
  Descriptor epoll_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> vacant_;
  Idle idle_v4_;
  Idle idle_v6_;
  bool sweeping_ = false;  ///< the deadline is set
  std::size_t lent_ = 0;
  std::uint64_t round_ = 0;
  Wait wait_ = Wait::none;
};

}  // namespace heald

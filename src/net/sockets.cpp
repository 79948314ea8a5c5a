#include "net/sockets.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace heald {
namespace {

// A socket's number may be that of another by the time that an event comes: a slot and its
// generation are not.
std::uint64_t tag(std::uint32_t slot, std::uint32_t generation) {
  return std::uint64_t{generation} << 32U | slot;
}

}  // namespace

Sockets::Sockets(boost::asio::io_context& context, DeadlineSweep& deadlines,
                 std::chrono::milliseconds kept_idle)
    : deadlines_(deadlines), kept_idle_(kept_idle), epoll_(context) {
  (void)can_watch();
}

bool Sockets::can_watch() {
  if (epoll_.is_open()) return true;
  Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll) return false;
  boost::system::error_code error;
  epoll_.assign(epoll.get(), error);
  if (error) {
    epoll.reset();
    errno = error.value();
    return false;
  }
  (void)epoll.release();
  return true;
}

Sockets::Lent Sockets::lend(int family, std::shared_ptr<SocketUser> user) {
  if (!can_watch()) return {};
  auto number = take_idle(family);
  if (!number) number = open(family);
  if (!number) return {};
  Slot& slot = slots_[*number];
  slot.user = std::move(user);
  slot.lent_in = round_;
  ++lent_;
  await();
  return {*this, *number, slot.socket.get()};
}

std::optional<std::uint32_t> Sockets::open(int family) {
  Fd socket{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return std::nullopt;
  if (vacant_.empty()) {
    vacant_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t number = vacant_.back();
  Slot& slot = slots_[number];
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = tag(number, slot.generation);
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, socket.get(), &event) != 0) {
    const int error = errno;
    socket.reset();
    errno = error;
    return std::nullopt;
  }
  vacant_.pop_back();
  slot.socket = std::move(socket);
  slot.family = family;
  return number;
}

std::shared_ptr<SocketUser> Sockets::take_back(std::uint32_t slot) {
  // A wait for nothing would keep the context running.
  if (--lent_ == 0 && wait_ == Wait::pending) epoll_.cancel();
  return std::exchange(slots_[slot].user, nullptr);
}

Fd Sockets::vacate(std::uint32_t slot) {
  ++slots_[slot].generation;
  vacant_.push_back(slot);
  return std::move(slots_[slot].socket);
}

void Sockets::forget_users() {
  std::vector<std::shared_ptr<SocketUser>> users;
  for (Slot& slot : slots_) users.push_back(std::exchange(slot.user, nullptr));
}

// --- Idle sockets ------------------------------------------------------------------------

std::optional<std::uint32_t> Sockets::take_idle(int family) {
  if (family != AF_INET && family != AF_INET6) return std::nullopt;  // of these none is kept
  Idle& idle = idle_of(family);
  if (idle.slots.empty()) return std::nullopt;
  const std::uint32_t number = idle.slots.back();
  idle.slots.pop_back();
  idle.least = std::min(idle.least, idle.slots.size());
  return number;
}

void Sockets::keep(std::uint32_t slot) {
  idle_of(slots_[slot].family).slots.push_back(slot);
  if (std::exchange(sweeping_, true)) return;
  deadlines_.set(*this, std::chrono::steady_clock::now() + kept_idle_);
}

void Sockets::on_deadline() {
  sweep(idle_v4_);
  sweep(idle_v6_);
  sweeping_ = idle() > 0;
  if (sweeping_) deadlines_.set(*this, std::chrono::steady_clock::now() + kept_idle_);
}

void Sockets::sweep(Idle& idle) {
  const auto end = idle.slots.begin() + static_cast<std::ptrdiff_t>(idle.least);
  for (auto slot = idle.slots.begin(); slot != end; ++slot) vacate(*slot).reset();
  idle.slots.erase(idle.slots.begin(), end);
  idle.least = idle.slots.size();
}

// --- Waiting -----------------------------------------------------------------------------

void Sockets::await() {
  if (wait_ != Wait::none || lent_ == 0) return;
  wait_ = Wait::pending;
  epoll_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& error) {
    wait_ = Wait::telling;
    if (!error) tell();
    wait_ = Wait::none;
    await();
  });
}

void Sockets::tell() {
  std::array<epoll_event, 256> events;
  const int ready = ::epoll_wait(epoll_.native_handle(), events.data(), events.size(), 0);
  ++round_;
  for (int at = 0; at < ready; ++at) tell(events[static_cast<std::size_t>(at)]);
}

void Sockets::tell(const epoll_event& event) {
  const auto number = static_cast<std::uint32_t>(event.data.u64);
  const Slot& slot = slots_[number];
  if (event.data.u64 != tag(number, slot.generation)) return;  // of a socket that is closed
  if (slot.lent_in == round_) return;  // of a connection that is over, like all of this round
  const auto user = slot.user;
  if (!user) return;  // the reset that made it idle
  const bool over = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
  user->on_ready({over || (event.events & (EPOLLIN | EPOLLRDHUP)) != 0,
                  over || (event.events & EPOLLOUT) != 0});
}

// --- What is lent ------------------------------------------------------------------------

Sockets::Lent::Lent(Lent&& other) noexcept
    : of_(std::exchange(other.of_, nullptr)), slot_(other.slot_),
      number_(std::exchange(other.number_, -1)) {}

Sockets::Lent& Sockets::Lent::operator=(Lent&& other) noexcept {
  if (this == &other) return *this;
  close();
  of_ = std::exchange(other.of_, nullptr);
  slot_ = other.slot_;
  number_ = std::exchange(other.number_, -1);
  return *this;
}

Fd Sockets::Lent::release() {
  ::epoll_ctl(of_->epoll_.native_handle(), EPOLL_CTL_DEL, number_, nullptr);
  number_ = -1;
  Sockets& of = *std::exchange(of_, nullptr);
  const auto user = of.take_back(slot_);
  return of.vacate(slot_);
}

void Sockets::Lent::close() {
  if (of_ == nullptr) return;
  number_ = -1;
  Sockets& of = *std::exchange(of_, nullptr);
  const auto user = of.take_back(slot_);
  of.vacate(slot_).reset();
}

void Sockets::Lent::abort() {
  if (of_ == nullptr) return;
  const linger at_once{1, 0};
  ::setsockopt(number_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void Sockets::Lent::recycle() {
  if (of_ == nullptr) return;
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  if (::connect(number_, &nobody, sizeof nobody) != 0) return abort();
  number_ = -1;
  Sockets& of = *std::exchange(of_, nullptr);
  of.keep(slot_);
  const auto user = of.take_back(slot_);
}

}  // namespace heald

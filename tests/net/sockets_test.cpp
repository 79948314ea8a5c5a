#include "net/sockets.hpp"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/loopback_server.hpp"

using namespace heald;
using namespace heald::test;
using namespace std::chrono_literals;

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// Borrows a socket and notes what it is told.
class Client final : public SocketUser, public std::enable_shared_from_this<Client> {
 public:
  void connect(Sockets& sockets, std::uint16_t port) {
    socket = sockets.lend(AF_INET, {shared_from_this(), this});
    REQUIRE(socket);
    const sockaddr_in to = loopback(port);
    ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  void on_ready(Readiness ready) override {
    readable += ready.readable ? 1 : 0;
    writable += ready.writable ? 1 : 0;
    if (then) then();
  }
  [[nodiscard]] std::string read() const {
    std::array<char, 64> text{};
    const ssize_t size = ::recv(socket.get(), text.data(), text.size(), 0);
    return size < 0 ? std::string{"nothing"} : std::string{text.data(), std::size_t(size)};
  }

  Sockets::Lent socket;
  int readable = 0;
  int writable = 0;
  std::function<void()> then;
};

struct Fixture {
  boost::asio::io_context context{1};
  DeadlineSweep deadlines{context};
  Sockets sockets{context, deadlines, 20ms};
  Listener listener = listen_on_loopback(1000);

  ~Fixture() { sockets.forget_users(); }

  std::shared_ptr<Client> client() {
    auto made = std::make_shared<Client>();
    made->connect(sockets, listener.port);
    return made;
  }
  [[nodiscard]] Fd accepted() const {
    return Fd{::accept(listener.socket.get(), nullptr, nullptr)};
  }
  void until(const std::function<bool()>& done) {
    while (!done() && context.run_one() > 0) {
    }
    REQUIRE(done());
  }
};

void say(const Fd& peer, std::string_view text) {
  REQUIRE(::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(text.size()));
}

std::uint16_t own_port(int socket) {
  sockaddr_in name{};
  socklen_t size = sizeof name;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.sin_port);
}

/// No descriptors are left while it lives, but for those that are open.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a user is told of the connection, of what comes and of the end") {
  const auto user = client();
  until([&] { return user->writable > 0; });
  CHECK(user->readable == 0);
  Fd peer = accepted();
  say(peer, "hello");
  until([&] { return user->readable == 1; });
  CHECK(user->read() == "hello");
  peer.reset();
  until([&] { return user->readable == 2; });
  CHECK(user->read().empty());
}

TEST_CASE_METHOD(Fixture, "a refusal is told, and found by trying") {
  const auto user = std::make_shared<Client>();
  user->connect(sockets, refusing_port());
  until([&] { return user->writable > 0 && user->readable > 0; });
}

TEST_CASE_METHOD(Fixture, "what is lent within a round is not told what the round had for others") {
  // Whichever is told first ends the other, whose event lies behind it in the same round.
  const auto one = client();
  const auto other = client();
  until([&] { return one->writable > 0 && other->writable > 0; });
  const Fd first_peer = accepted();
  const Fd second_peer = accepted();
  const auto heir = std::make_shared<Client>();
  const bool recycled = GENERATE(true, false);
  int left = 0;
  const auto replace = [&](Client& victim) {
    if (++left > 1) return;
    if (recycled) {
      victim.socket.recycle();
    } else {
      victim.socket.close();
    }
    heir->connect(sockets, listener.port);
  };
  one->then = [&] { replace(*other); };
  other->then = [&] { replace(*one); };
  say(first_peer, "to one");
  say(second_peer, "to the other");
  until([&] { return left > 0; });
  CHECK(left == 1);
  CHECK(heir->readable + heir->writable == 0);
  until([&] { return heir->writable > 0; });
  CHECK(heir->readable == 0);
  CHECK(heir->read() == "nothing");
}

TEST_CASE_METHOD(Fixture, "a closed socket that a child still holds tells nothing to its heir") {
  const auto user = client();
  until([&] { return user->writable > 0; });
  const Fd peer = accepted();
  const Fd with_child{::dup(user->socket.get())};
  user->socket.close();
  const auto heir = client();
  until([&] { return heir->writable > 0; });
  say(peer, "to nobody");
  const auto another = client();
  until([&] { return another->writable > 0; });
  CHECK(heir->readable == 0);
}

TEST_CASE_METHOD(Fixture, "a recycled socket connects anew, and its last peer sees a reset") {
  const auto user = client();
  const Fd before = accepted();
  say(before, "left unread");
  const int number = user->socket.get();
  const std::uint16_t port = own_port(number);
  user->socket.recycle();
  CHECK_FALSE(user->socket);
  CHECK(sockets.idle() == 1);
  char byte = 0;
  CHECK(::recv(before.get(), &byte, 1, 0) == -1);
  CHECK(errno == ECONNRESET);

  const auto next = client();
  CHECK(next->socket.get() == number);
  CHECK(own_port(number) != port);
  CHECK(sockets.idle() == 0);
  const Fd after = accepted();
  say(after, "hello again");
  until([&] { return next->readable > 0; });
  CHECK(next->read() == "hello again");
}

TEST_CASE_METHOD(Fixture, "a socket of one family is not lent for another") {
  client()->socket.recycle();
  const auto user = std::make_shared<Client>();
  const auto lent = sockets.lend(AF_INET6, {user, user.get()});
  int family = 0;
  socklen_t size = sizeof family;
  ::getsockopt(lent.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
  CHECK(family == AF_INET6);
  CHECK(sockets.idle() == 1);
}

TEST_CASE_METHOD(Fixture, "a socket that is given away is not watched any more") {
  const auto user = client();
  until([&] { return user->writable > 0; });
  const Fd peer = accepted();
  const Fd mine = user->socket.release();
  CHECK_FALSE(user->socket);
  say(peer, "hello");
  const auto another = client();
  until([&] { return another->writable > 0; });
  CHECK(user->readable == 0);
  std::array<char, 8> text{};
  CHECK(::recv(mine.get(), text.data(), text.size(), 0) == 5);
}

TEST_CASE_METHOD(Fixture, "sockets that nobody borrows are closed in time") {
  const std::size_t before = open_descriptors();
  const auto kept = client();
  std::vector<std::shared_ptr<Client>> users;
  for (int each = 0; each < 3; ++each) users.push_back(client());
  for (const auto& user : users) user->socket.recycle();
  CHECK(sockets.idle() == 3);
  until([&] { return sockets.idle() == 0; });
  CHECK(open_descriptors() == before + 1);
  CHECK(kept->socket);
}

TEST_CASE_METHOD(Fixture, "of the idle sockets those that were borrowed meanwhile are kept") {
  struct Passed final : Deadline {
    void on_deadline() override { over = true; }
    bool over = false;
  } first_sweep;
  std::vector<std::shared_ptr<Client>> users;
  for (int each = 0; each < 3; ++each) users.push_back(client());
  for (const auto& user : users) user->socket.recycle();
  deadlines.set(first_sweep, std::chrono::steady_clock::now() + 20ms);
  until([&] { return first_sweep.over; });
  CHECK(sockets.idle() == 3);
  for (const int each : {0, 1}) users[each] = client();
  for (const int each : {0, 1}) users[each]->socket.recycle();
  until([&] { return sockets.idle() < 3; });
  CHECK(sockets.idle() == 2);
}

TEST_CASE_METHOD(Fixture, "more are ready at once than are told in a round") {
  std::vector<std::shared_ptr<Client>> users;
  for (int each = 0; each < 300; ++each) users.push_back(client());
  std::size_t told = 0;
  for (const auto& user : users) user->then = [&] { ++told; };
  until([&] { return told >= users.size(); });
  for (const auto& user : users) CHECK(user->writable == 1);
}

TEST_CASE_METHOD(Fixture, "nothing is waited for when nothing is lent") {
  const auto user = client();
  user->socket.close();
  CHECK(context.run() > 0);  // the wait that is called off
  CHECK(context.stopped());
}

TEST_CASE_METHOD(Fixture, "out of descriptors, an idle socket is lent, and then none") {
  client()->socket.recycle();
  const auto user = std::make_shared<Client>();
  const auto other = std::make_shared<Client>();
  const NoDescriptors exhausted;
  user->connect(sockets, listener.port);
  errno = 0;
  const bool lent = static_cast<bool>(sockets.lend(AF_INET, {other, other.get()}));
  const int error = errno;
  CHECK_FALSE(lent);
  CHECK(error == EMFILE);
  CHECK(other.use_count() == 1);
}

TEST_CASE("what was made without a descriptor left works as soon as there are some") {
  const Listener listener = listen_on_loopback(8);
  boost::asio::io_context context{1};
  DeadlineSweep deadlines{context};
  std::optional<Sockets> sockets;
  const auto user = std::make_shared<Client>();
  {
    const NoDescriptors exhausted;
    sockets.emplace(context, deadlines);
    errno = 0;
    const bool lent = static_cast<bool>(sockets->lend(AF_INET, {user, user.get()}));
    const int error = errno;
    CHECK_FALSE(lent);
    CHECK(error == EMFILE);
  }
  user->connect(*sockets, listener.port);
  while (user->writable == 0 && context.run_one() > 0) {
  }
  CHECK(user->writable == 1);
  user->socket.close();
}

TEST_CASE_METHOD(Fixture, "users are kept alive, and let go of with what they have borrowed") {
  const std::size_t before = open_descriptors();
  std::weak_ptr<Client> user = client();
  CHECK_FALSE(user.expired());
  sockets.forget_users();
  CHECK(user.expired());
  CHECK(open_descriptors() == before);
}

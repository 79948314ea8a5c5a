#include "net/failure.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

using namespace heald;
using namespace std::chrono_literals;

namespace {

NetFailureKind kind(int value) { return kind_of({value, boost::system::system_category()}); }

}  // namespace

TEST_CASE("what the prober lacks is not the target's failure") {
  for (const int value : {EMFILE, ENFILE, ENOMEM, ENOBUFS, EADDRNOTAVAIL, EACCES, EPERM}) {
    CHECK(kind(value) == NetFailureKind::local);
  }
  CHECK_FALSE(is_answer(NetFailureKind::local));
}

TEST_CASE("a refusal and a reset are answers; silence and no route are none") {
  CHECK(is_answer(kind(ECONNREFUSED)));
  CHECK(is_answer(kind(ECONNRESET)));
  CHECK_FALSE(is_answer(kind(ETIMEDOUT)));
  CHECK_FALSE(is_answer(kind(ENETUNREACH)));
  CHECK_FALSE(is_answer(kind(EHOSTUNREACH)));
}

TEST_CASE("a socket's failure names the address") {
  const NetFailure refused =
      socket_failure({ECONNREFUSED, boost::system::system_category()}, "127.0.0.1:8080");
  CHECK(refused.text == "connection refused by 127.0.0.1:8080");
  CHECK(refused.answered);
}

TEST_CASE("durations are shown in the unit that reads best") {
  CHECK(duration_text(500ms) == "500 ms");
  CHECK(duration_text(3s) == "3 s");
  CHECK(duration_text(1250ms) == "1.25 s");
  CHECK(duration_text(10s) == "10 s");
  CHECK(duration_text(0ms) == "0 ms");
}

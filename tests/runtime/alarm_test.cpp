#include "runtime/alarm.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <optional>

#include "runtime/clock.hpp"

namespace heald::test {
namespace {

TEST_CASE("an alarm rings once, and not before its time") {
  boost::asio::io_context strand;
  std::optional<Duration> rang;
  Alarm alarm{strand, [&] { rang = boottime(); }};
  const Duration due = boottime() + std::chrono::milliseconds{20};
  alarm.set(std::chrono::milliseconds{20});
  strand.run();
  REQUIRE(rang);
  CHECK(*rang >= due);
}

TEST_CASE("an alarm in the past rings at once") {
  boost::asio::io_context strand;
  int rings = 0;
  Alarm alarm{strand, [&] { ++rings; }};
  alarm.set(-std::chrono::hours{1});
  strand.run();
  CHECK(rings == 1);
}

TEST_CASE("an alarm that is set anew rings at the new time only") {
  boost::asio::io_context strand;
  int rings = 0;
  Alarm alarm{strand, [&] { ++rings; }};
  alarm.set(std::chrono::hours{1});
  alarm.set(std::chrono::milliseconds{1});
  strand.run();
  CHECK(rings == 1);
}

TEST_CASE("a cleared alarm is silent until it is set again") {
  boost::asio::io_context strand;
  int rings = 0;
  Alarm alarm{strand, [&] { ++rings; }};
  Alarm later{strand, [&] { strand.stop(); }};
  alarm.set(std::chrono::milliseconds{1});
  alarm.clear();
  later.set(std::chrono::milliseconds{20});
  strand.run();
  CHECK(rings == 0);

  strand.restart();
  alarm.set(Duration::zero());
  strand.run_one();
  CHECK(rings == 1);
}

}  // namespace
}  // namespace heald::test

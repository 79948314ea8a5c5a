#include "net/deadlines.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

using namespace heald;
using namespace std::chrono_literals;

namespace {

class Noted final : public Deadline {
 public:
  explicit Noted(std::function<void()> passed) : passed_(std::move(passed)) {}
  void on_deadline() override { passed_(); }

 private:
  std::function<void()> passed_;
};

Moment in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

TEST_CASE("deadlines are reported in their order and never early") {
  boost::asio::io_context context{1};
  DeadlineSweep deadlines{context};
  std::vector<int> order;
  const Moment first = in(40ms);
  const Moment second = in(120ms);
  Noted late{[&] {
    CHECK(std::chrono::steady_clock::now() >= second);
    order.push_back(2);
  }};
  Noted early{[&] {
    CHECK(std::chrono::steady_clock::now() >= first);
    order.push_back(1);
  }};
  deadlines.set(late, second);
  deadlines.set(early, first);
  context.run();
  CHECK(order == std::vector{1, 2});
}

TEST_CASE("a dropped or destroyed deadline is not reported") {
  boost::asio::io_context context{1};
  DeadlineSweep deadlines{context};
  int reported = 0;
  Noted dropped{[&] { ++reported; }};
  Noted kept{[&] { ++reported; }};
  auto destroyed = std::make_unique<Noted>([&] { ++reported; });
  deadlines.set(dropped, in(20ms));
  deadlines.set(*destroyed, in(20ms));
  deadlines.set(kept, in(60ms));
  DeadlineSweep::drop(dropped);
  destroyed.reset();
  context.run();
  CHECK(reported == 1);
}

TEST_CASE("a moved deadline is reported once, at its new moment") {
  boost::asio::io_context context{1};
  DeadlineSweep deadlines{context};
  int reported = 0;
  Moment last;
  Noted moved{[&] {
    CHECK(std::chrono::steady_clock::now() >= last);
    ++reported;
  }};
  deadlines.set(moved, in(20ms));
  last = in(90ms);
  deadlines.set(moved, last);
  context.run();
  CHECK(reported == 1);
}

TEST_CASE("a deadline beyond one turn of the wheel waits for its own turn") {
  boost::asio::io_context context{1};
  DeadlineSweep deadlines{context};
  const Moment far = in(DeadlineSweep::granularity * 256 + 100ms);
  bool reported = false;
  Noted beyond{[&] {
    CHECK(std::chrono::steady_clock::now() >= far);
    reported = true;
  }};
  deadlines.set(beyond, far);
  context.run();
  CHECK(reported);
}

TEST_CASE("whoever is called may set itself again and destroy others that are due") {
  boost::asio::io_context context{1};
  DeadlineSweep deadlines{context};
  int again = 0;
  const Moment at = in(20ms);
  auto victim = std::make_unique<Noted>([] { FAIL("it was destroyed before its turn"); });
  std::unique_ptr<Noted> setter;
  setter = std::make_unique<Noted>([&] {
    victim.reset();
    if (++again < 3) deadlines.set(*setter, in(1ms));
  });
  deadlines.set(*setter, at);
  deadlines.set(*victim, at);
  context.run();
  CHECK(again == 3);
}

TEST_CASE("no timer runs when nothing is set") {
  boost::asio::io_context context{1};
  DeadlineSweep deadlines{context};
  Noted once{[] {}};
  deadlines.set(once, in(1ms));
  context.run();
  context.restart();
  CHECK(context.poll() == 0);
  CHECK(context.stopped());
}

#include "runtime/rest.hpp"

#include <catch2/catch.hpp>

using namespace heald;
using namespace std::chrono_literals;

namespace {

struct Resting {
  boost::asio::io_context strand;
  int given_back = 0;
  Rest rest{strand, [this] { ++given_back; }, 1ms};

  void happen(std::size_t records) {
    for (std::size_t record = 0; record < records; ++record) rest.on_record(Record{}, nullptr);
  }
  /// Until nothing is waited for.
  void pass() {
    strand.restart();
    strand.run();
  }
};

}  // namespace

TEST_CASE("memory is given back once after rules were loaded") {
  Resting resting;
  resting.rest.loaded(10);
  resting.rest.loaded(10);
  resting.pass();
  CHECK(resting.given_back == 1);
}

TEST_CASE("memory is given back after many records for the number of services, not after a few") {
  Resting resting;
  resting.rest.loaded(1000);
  resting.pass();
  resting.happen(499);
  resting.pass();
  CHECK(resting.given_back == 1);
  resting.happen(1);
  resting.pass();
  CHECK(resting.given_back == 2);
  resting.happen(499);
  resting.pass();
  CHECK(resting.given_back == 2);
}

TEST_CASE("memory is given back when it is quiet, or after a while that it is not") {
  Resting resting;
  resting.rest.loaded(1);
  for (int pause = 1; pause < Rest::patience; ++pause) {
    resting.happen(1);
    resting.strand.run_one();
    CHECK(resting.given_back == 0);
  }
  SECTION("it is quiet") {}
  SECTION("it never is") { resting.happen(1); }
  resting.strand.run_one();
  CHECK(resting.given_back == 1);
  CHECK(resting.strand.stopped());
}

TEST_CASE("a few incidents of a few services are no reason to give memory back") {
  Resting resting;
  resting.rest.loaded(1);
  resting.pass();
  resting.happen(Rest::few - 1);
  resting.pass();
  CHECK(resting.given_back == 1);
}

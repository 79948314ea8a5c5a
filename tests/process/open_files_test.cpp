#include "process/open_files.hpp"

#include <catch2/catch.hpp>

#include "process/processes.hpp"

using namespace heald;
using heald::test::Processes;

TEST_CASE("heald takes all descriptors that it may have, and children get what it had before") {
  rlimit found{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &found) == 0);
  const rlimit lower{300, 400};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
  raise_open_files();
  rlimit raised{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &raised) == 0);
  CHECK(raised.rlim_cur == 400);
  Processes processes;
  const auto limits = "ulimit -Sn; ulimit -Hn";
  CHECK(processes.output_of(Processes::script(limits)) == "300\n400\n");
  auto with_rules = Processes::script(limits);
  with_rules.limits = {{"nofile", 350, 380}};
  CHECK(processes.output_of(with_rules) == "350\n380\n");
}

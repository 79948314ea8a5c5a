#include "process/notice.hpp"

#include <catch2/catch.hpp>

using namespace heald;
using namespace std::chrono_literals;

TEST_CASE("a datagram says as much as it has assignments that are understood") {
  const Notice notice = parse_notice("READY=1\nSTATUS=12 workers\nMAINPID=42\nWATCHDOG=1\n");
  CHECK(notice.stage == Notice::Stage::ready);
  CHECK(notice.status == "12 workers");
  CHECK(notice.main_pid == 42);
  CHECK(notice.watchdog == Notice::Watchdog::alive);
  CHECK_FALSE(notice.extension);
}

TEST_CASE("each stage and both words of the watchdog are known") {
  CHECK(parse_notice("RELOADING=1\nMONOTONIC_USEC=5").stage == Notice::Stage::reloading);
  CHECK(parse_notice("STOPPING=1").stage == Notice::Stage::stopping);
  CHECK(parse_notice("WATCHDOG=trigger").watchdog == Notice::Watchdog::trigger);
}

TEST_CASE("the last of a name counts") {
  CHECK(parse_notice("STOPPING=1\nREADY=1").stage == Notice::Stage::ready);
  CHECK(parse_notice("STATUS=a\nSTATUS=b").status == "b");
}

TEST_CASE("what means nothing here, or nothing at all, says nothing") {
  const std::string text = GENERATE("", "READY", "READY=", "READY=0", "READY=11", "ready=1",
                                    " READY=1", "=1", "WATCHDOG=2", "FDSTORE=1\nBARRIER=1",
                                    "MAINPID=0", "MAINPID=-3", "MAINPID=1x",
                                    "MAINPID=99999999999", "EXTEND_TIMEOUT_USEC=0",
                                    "EXTEND_TIMEOUT_USEC=1.5");
  INFO(text);
  CHECK(parse_notice(text) == Notice{});
}

TEST_CASE("a status becomes one short line of valid text") {
  CHECK(parse_notice("STATUS=a\tb\x1b[31m").status == "a b [31m");
  CHECK(parse_notice(std::string{"STATUS="} + std::string(9000, 'x')).status->size() <= 256);
  CHECK(parse_notice("STATUS=\xff").status != "\xff");
  CHECK(parse_notice("STATUS=").status == "");
}

TEST_CASE("nobody holds a deadline off for longer than an hour at a time") {
  CHECK(parse_notice("EXTEND_TIMEOUT_USEC=1500000").extension == Duration{1500ms});
  CHECK(parse_notice("EXTEND_TIMEOUT_USEC=9223372036854775807").extension == longest_extension);
}

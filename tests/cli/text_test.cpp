#include "cli/text.hpp"

#include <catch2/catch.hpp>
#include <sstream>

namespace heald::test {

using namespace std::chrono_literals;

TEST_CASE("nothing that could steer a terminal is printed raw") {
  CHECK(printable("plain, caf\xc3\xa9, \xe2\x82\xac, \xf0\x9f\x98\x80") ==
        "plain, caf\xc3\xa9, \xe2\x82\xac, \xf0\x9f\x98\x80");
  CHECK(printable("\x1b[31mred\x07") == "\\x1b[31mred\\x07");
  CHECK(printable("a\nb\tc\rd\x7f") == "a\\nb\\tc\\rd\\x7f");
  CHECK(printable("\xc2\x9b" "2J") == "\\x9b2J");               // CSI in one character
  CHECK(printable("a\xe2\x80\xae" "b") == "a\\u202eb");          // right-to-left override
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");                  // no UTF-8
  CHECK(printable("\xc0\x9b") == "\\xc0\\x9b");                  // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");         // a surrogate
}

TEST_CASE("spans of time read as people say them") {
  CHECK(humanise(0ns) == "0ms");
  CHECK(humanise(-5s) == "0ms");
  CHECK(humanise(850ms) == "850ms");
  CHECK(humanise(4200ms) == "4.2s");
  CHECK(humanise(9s) == "9s");
  CHECK(humanise(59s) == "59s");
  CHECK(humanise(192s) == "3m 12s");
  CHECK(humanise(2h + 5min) == "2h 5m");
  CHECK(humanise(76h) == "3d 4h");
  CHECK(humanise(48h) == "2d");
}

TEST_CASE("times of the API are read, and nothing else") {
  const auto time = parse_iso8601("2026-03-01T09:30:00.125Z");
  REQUIRE(time);
  CHECK(time->time_since_epoch() == 1772357400125ms);
  for (const auto* wrong :
       {"", "2026-03-01", "2026-03-01T09:30:00Z", "2026-03-01T09:30:00.125Zx"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_iso8601(wrong));
  }
}

TEST_CASE("offsets tell milliseconds, both ways") {
  const WallTime from{10s};
  CHECK(offset(from, from) == "+0.000s");
  CHECK(offset(from, from + 12345ms) == "+12.345s");
  CHECK(offset(from, from - 1ms) == "-0.001s");
}

TEST_CASE("a table is aligned by characters, not by bytes or colours") {
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err, Console::Paint::plain};
  Table table{{"NAME", "STATE", "TEXT"}};
  table.add({"caf\xc3\xa9", {"up", Colour::green}, "x"});
  table.add({"longer", "", "y"});
  table.add({"z", "down", ""});
  table.print(console);
  CHECK(out.str() ==
        "NAME    STATE  TEXT\n"
        "caf\xc3\xa9    up     x\n"
        "longer         y\n"
        "z       down\n");
}

}  // namespace heald::test

#include "base/utf8.hpp"

#include <catch2/catch.hpp>

using heald::valid_utf8;

TEST_CASE("valid text is kept as it is") {
  CHECK(valid_utf8("a\n\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 100) ==
        "a\n\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST_CASE("octets that are no UTF-8 become the replacement character") {
  CHECK(valid_utf8("a\xFFz", 100) == "a\xEF\xBF\xBDz");
  CHECK(valid_utf8("\xC0\x80", 100) == "\xEF\xBF\xBD\xEF\xBF\xBD");          // overlong
  CHECK(valid_utf8("\xED\xA0\x80", 100) == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
  CHECK(valid_utf8("\xE2\x82", 100) == "\xEF\xBF\xBD\xEF\xBF\xBD");          // cut short
}

TEST_CASE("text is cut between two characters") {
  CHECK(valid_utf8("ab\xE2\x82\xAC", 4) == "ab");
  CHECK(valid_utf8("ab\xE2\x82\xAC", 5) == "ab\xE2\x82\xAC");
  CHECK(valid_utf8("a\xFF", 2) == "a");
}

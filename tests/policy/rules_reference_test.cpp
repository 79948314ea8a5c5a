// docs/rules.md and the tables.

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "policy/rules_reference.hpp"

using namespace heald;

TEST_CASE("the reference in docs/rules.md is the one that the tables give") {
  std::ostringstream content;
  content << std::ifstream{HEALD_RULES_DOC}.rdbuf();
  const std::string text = content.str();
  const std::size_t marker = text.find(reference_marker);
  REQUIRE(marker != std::string::npos);
  // Rewritten by: heald_rules_doc docs/rules.md
  CHECK(text.substr(marker + reference_marker.size()) == rules_reference());
}

TEST_CASE("the reference tells each default as it would be written") {
  const std::string text = rules_reference();
  const auto has = [&text](std::string_view part) { return text.find(part) != std::string::npos; };
  CHECK(has("| `interval` | duration | `10s` |"));
  CHECK(has("| `min_healthy` | share | `50%` |"));
  CHECK(has("| `url` | URL | **required** |"));
  CHECK(has("| `role` | `alive`, `ready` | `alive` |"));
  CHECK(has("| `max_size` | size | `256MiB` |"));
}

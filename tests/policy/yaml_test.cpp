// What is not YAML, or more of it than a rule file may hold.

#include <catch2/catch.hpp>

#include "policy/support.hpp"

using namespace heald;
using namespace heald::test;

using Lines = std::vector<std::string>;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("an empty file is a mistake, and a file without services is none") {
  const Lines empty{"r:1:1: the rules are empty; expected at least 'services: {}'"};
  CHECK(problems_of("") == empty);
  CHECK(problems_of("\n# nothing yet\n") == empty);
  CHECK(problems_of("---\n...\n") == empty);
  CHECK(problems_of("null") == empty);
  CHECK(problems_of("services: {}").empty());
  CHECK(problems_of("services:\n").empty());
  CHECK(problems_of("heald: {state_dir: /s}").empty());
}

TEST_CASE("JSON is read like YAML") {
  const Policy policy = policy_of(
      "{\n\t\"services\": {\n\t\t\"web\": {\"process\": {\"command\":[\"a\",\"\\u00e9\\/\"]},"
      "\n\t\t\"limits\":{\"actions\":3,\"per\":\"1m\"},\"observe\":true}}}");
  CHECK(policy.services.at(0)->process()->exec.command == Argv{"a", "é/"});
  CHECK(policy.services.at(0)->limits == LimitPolicy{3, 1min});
  CHECK(policy.services.at(0)->observe);
}

TEST_CASE("bad YAML ends the reading, and what was found before is reported too") {
  CHECK(problems_of("servics: {}\nservices: {a: {external: {}\n") ==
        Lines{"r:1:1: unknown key 'servics' in rule file; did you mean 'services'?",
              "r:3:1: not valid YAML: did not find expected ',' or '}' while parsing a flow "
              "mapping that begins in line 2, at the end of the file"});
  CHECK(problems_of("services:\n  a: {external: {}}\n b: x\n") ==
        Lines{"r:3:2: not valid YAML: did not find expected key while parsing a block mapping that "
              "begins in line 1, at 'b: x'"});
  CHECK(problems_of("services:\n\t- b\n") ==
        Lines{"r:2:1: not valid YAML: found character that cannot start any token while scanning "
              "for the next token that begins in line 2, at '- b'"});
}

TEST_CASE("names are not looked up in rules that are cut short") {
  const Lines lines = problems_of("services:\n  a: {external: {}, depends_on: [b]}\n  b");
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().find(": not valid YAML: ") != std::string::npos);
}

TEST_CASE("text that is not UTF-8 is refused with its place") {
  CHECK(problems_of("services:\n  é: \xff\n") ==
        Lines{"r:2:6: not valid UTF-8 text: invalid leading UTF-8 octet, at octet 255 "
              "(offset 16)"});
  CHECK(problems_of(std::string_view{"a: \0b\n", 6}) ==
        Lines{"r:1:4: not valid UTF-8 text: control characters are not allowed, at octet 0 "
              "(offset 3)"});
  CHECK(problems_of(std::string_view{"\xff\xfe" "a\0:\0", 6}).front().starts_with("r:1:1: "));
  CHECK(problems_of("a: \xc3").front().starts_with("r:1:4: not valid UTF-8 text: "));
  CHECK(problems_of("a: \xed\xa0\x80").front().starts_with("r:1:4: not valid UTF-8 text: "));
}

TEST_CASE("a byte order mark of UTF-8 does no harm") {
  CHECK(problems_of("\xef\xbb\xbfservices: {}\n").empty());
}

TEST_CASE("a second document is refused") {
  CHECK(problems_of("services: {}\n---\nservices: {}\n") ==
        Lines{"r:2:1: a second document begins here; a rule file is one document"});
  CHECK(problems_of("services: {}\n...\n").empty());
}

TEST_CASE("tags and merge keys are refused, not guessed") {
  CHECK(problems_of("services: !!map {}\n") ==
        Lines{"r:1:11: tag 'tag:yaml.org,2002:map' has no meaning in a rule file; leave it out"});
  CHECK(problems_of("services:\n  a: {external: {}, <<: {owner: x}}\n") ==
        Lines{"r:2:21: merge keys ('<<') are not supported; write the keys out, or give a whole "
              "value by an alias"});
}

TEST_CASE("keys must be text") {
  CHECK(problems_of("services: {[a]: {}, {b: c}: {}}\n") ==
        Lines{"r:1:12: expected a key, found a list", "r:1:21: expected a key, found a mapping"});
}

TEST_CASE("an alias stands for what its anchor marks") {
  const Policy policy = policy_of(
      "services:\n"
      "  a: {external: &none {}, probes: &look {p: {tcp: &there 'h:1', interval: 1s}}}\n"
      "  b: {external: *none, probes: *look}\n"
      "  c: {external: *none, probes: {q: {tcp: *there}}}\n");
  CHECK(policy.services.at(1)->probes == policy.services.at(0)->probes);
  CHECK(std::get<TcpProbe>(policy.services.at(2)->probes.at(0).kind).host == "h");
}

TEST_CASE("a mistake in an anchored value is reported once") {
  CHECK(problems_of("services:\n"
                    "  a: {external: {}, probes: &look {p: {tcp: 'h:1', interval: 1}}}\n"
                    "  b: {external: {}, probes: *look}\n")
            .size() == 1);
}

TEST_CASE("aliases that lead nowhere or to themselves are refused") {
  CHECK(problems_of("services: *a\n") == Lines{"r:1:11: alias 'a' has no anchor above it"});
  CHECK(problems_of("services: &a {b: *a}\n") ==
        Lines{"r:1:18: alias 'a' stands inside what it stands for"});
}

TEST_CASE("aliases that multiply are stopped") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last +
            repeated(", " + last, 9) + "]\n";
  }
  const Lines lines = problems_of(text);
  REQUIRE_FALSE(lines.empty());
  CHECK(lines.back().find("aliases and instances expand to more than 64 MiB here") !=
        std::string::npos);
}

TEST_CASE("a long text that is repeated by aliases is stopped") {
  const std::string text =
      "a: &a " + std::string(1U << 20U, 'x') + "\nb: [*a" + repeated(", *a", 200) + "]\n";
  CHECK(problems_of(text).back().ends_with("expand to more than 64 MiB here"));
}

TEST_CASE("deep nesting is stopped before it costs anything") {
  for (const std::string_view bracket : {"[", "{a: ", "- ", "? "}) {
    INFO(bracket);
    const Lines lines = problems_of(repeated(bracket, 100'000));
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.back().find("nested more than 64 levels deep") != std::string::npos);
  }
}

TEST_CASE("a value that is nested as deep as allowed is read") {
  const auto nested = [](std::size_t levels) {
    // The list stands seven mappings deep.
    return "{http: {url: 'http://a/', body: {json: {pointer: /a, equals: " +
           repeated("[", levels) + repeated("]", levels) + "}}}}";
  };
  CHECK(problems_of("services: {a: {external: {}, probes: {p: " + nested(56) + "}}}").empty());
  CHECK(problems_of("services: {a: {external: {}, probes: {p: " + nested(57) + "}}}").size() == 1);
}

TEST_CASE("a rule file of ten mebibytes is read whole") {
  std::string text = "services:\n";
  std::size_t count = 0;
  while (text.size() < 10U << 20U) {
    text += "  s" + std::to_string(count++) + ":\n    external: {}\n    description: " +
            repeated("x", 500) + "\n";
  }
  CHECK(policy_of(text).services.size() == count);
}

TEST_CASE("one value of ten mebibytes is read, too, and quoted in short when it is wrong") {
  const std::string large = std::string(10U << 20U, 'x');
  CHECK(service_of("external: {}, description: \"" + large + "\"").description.size() ==
        10U << 20U);
  CHECK(complaint_of("external: {}, severity: \"" + large + "\"").size() < 200);
}

TEST_CASE("more than 64 MiB of rules are refused before they are read") {
  CHECK(problems_of(std::string(largest_rules + 1, '#')) ==
        Lines{"r: the rules are larger than 64 MiB"});
}

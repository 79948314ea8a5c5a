// The patterns of the schema and the parsers that decide.

#include <catch2/catch.hpp>
#include <regex>
#include <string>
#include <vector>

#include "base/signals.hpp"
#include "policy/address.hpp"
#include "policy/patterns.hpp"
#include "policy/scalars.hpp"

using namespace heald;

namespace {

using Texts = std::vector<std::string>;

bool fits(std::string_view pattern, const std::string& text) {
  return std::regex_search(text, std::regex{std::string{pattern}, std::regex::ECMAScript});
}

/// What the parser takes the pattern must take, and on these texts they agree altogether.
template <class Parse>
void agree(std::string_view pattern, const Texts& texts, Parse parse) {
  std::size_t good = 0;
  for (const std::string& text : texts) {
    CAPTURE(pattern, text);
    const bool parsed = parse(text).has_value();
    good += parsed ? 1U : 0U;
    CHECK(fits(pattern, text) == parsed);
  }
  CHECK(good > 0);
  CHECK(good < texts.size());
}

/// Every text of up to three pieces out of these: more than a person would think of.
Texts combinations(const Texts& pieces) {
  Texts all{""};
  for (std::size_t from = 0, length = 0; length < 3; ++length) {
    const std::size_t end = all.size();
    for (; from < end; ++from) {
      for (const std::string& piece : pieces) all.push_back(all[from] + piece);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("the patterns of durations, sizes and shares take what their parsers take") {
  const Texts times = combinations({"0", "7", "d", "h", "m", "s", "ms", "5s", "1m", "-", " ", "x"});
  agree(duration_pattern, times, parse_duration);
  agree(positive_duration_pattern, times, [](const std::string& text) -> Result<Duration> {
    auto time = parse_duration(text);
    if (time && *time == Duration::zero()) return Error{"no time"};
    return time;
  });
  agree(bytes_pattern, combinations({"0", "12", "B", "K", "k", "M", "i", "T", "GiB", "."}),
        parse_bytes);
  agree(share_pattern, combinations({"0", "5", "50", "100", ".", "%", "-", "1.5", "e"}),
        parse_share);
}

TEST_CASE("the pattern of signals knows every signal") {
  for (int number = 1; number <= 64; ++number) {
    if (signal_name(number).starts_with("signal ")) continue;
    CAPTURE(number);
    CHECK(fits(signal_pattern, signal_name(number)));
    CHECK(fits(signal_pattern, signal_name(number).substr(3)));
  }
  agree(signal_pattern, {"TERM", "SIGTERM", "RTMIN", "SIGRTMIN+3", "15", "sigterm", "SIG", "",
                         "TERMX", "RTMIN+", "RTMIN-1", "RTMAX"},
        parse_signal);
}

TEST_CASE("the patterns of names take what their parsers take") {
  const Texts names = combinations({"a", "Z", "0", "7", "_", ".", "-", "@", "$", " ", "/", "\t"});
  agree(name_pattern, names, parse_name);
  agree(variable_pattern, names, parse_variable);
  agree(account_pattern, names, parse_account);
  agree(method_pattern, names, parse_method);
  agree(header_name_pattern, names, parse_header_name);
  agree(header_value_pattern, combinations({"a", " ", "\t", "\n", "\x7f", "\x01", "~"}),
        parse_header_value);
  agree(pointer_pattern, combinations({"/", "~", "0", "1", "2", "a", "~1"}), parse_pointer);
  CHECK(fits(name_pattern, std::string(128, 'a')));
  CHECK_FALSE(fits(name_pattern, std::string(129, 'a')));
}

TEST_CASE("the patterns of umasks and statuses take what their parsers take") {
  agree(umask_pattern, combinations({"0", "7", "27", "8", "027", "x"}), parse_umask);
  agree(status_pattern, {"200", "200-299", "599", "600", "99", "0200", "2x", "200-", "-200",
                         "100-599", "200-600", ""},
        parse_status);
}

TEST_CASE("the patterns of addresses refuse nothing that their parsers take") {
  agree(url_pattern,
        {"http://a/", "HTTPS://a:80", "http://[::1]:8080/x?y=1", "http://a?x", "ftp://a/", "a",
         "http://", "http://:80/", "http://u@a/", "http://a/#x", "http://a/ b", "//a/", ""},
        parse_url);
  agree(endpoint_pattern,
        {"a:1", "127.0.0.1:6379", "[::1]:80", "a:080", "a", "a:", ":80", "u@a:1", "a:0", "a:x",
         "a/b:1"},
        [](const std::string& text) { return parse_endpoint(text, PortRange::connect); });
  agree(dns_name_pattern,
        {"a", "a.b", "a.b.", ".", "", "..", ".a", "a..b", "a b", "a/b", "_x._tcp.test",
         std::string(63, 'a'), std::string(64, 'a'), std::string(63, 'a') + ".b"},
        parse_dns_name);
  const std::string label(49, 'a');
  const std::string five = label + "." + label + "." + label + "." + label + "." + label;
  agree(dns_name_pattern, {five, five + ".bb", five + ".bbb", five + ".bbb.", five + ".bbbb"},
        parse_dns_name);
  agree(host_pattern, {"a", "a b", "::1", "[::1]", "a/b", "", "192.0.2.1"}, parse_host);
  agree(hex_pattern, combinations({"0", "a", "F", " ", "g", "00", "x"}), parse_hex);
  agree(socket_path_pattern, {"/run/a", "@a", "@", "/", "a", "", "/" + std::string(106, 'a'),
                              "/" + std::string(107, 'a'), std::string{"/a\0b", 4}},
        parse_socket_path);
  CHECK(fits(telemetry_pattern, "off"));
  CHECK(fits(telemetry_pattern, "127.0.0.1:0"));
  CHECK_FALSE(fits(telemetry_pattern, "on"));
}

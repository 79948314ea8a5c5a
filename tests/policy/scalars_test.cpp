// Single values: durations, sizes, shares, signals, statuses, names, addresses.

#include <catch2/catch.hpp>

#include "base/signals.hpp"
#include "policy/address.hpp"
#include "policy/scalars.hpp"

using namespace heald;

TEST_CASE("durations are read with their units and written back the shortest way") {
  CHECK(*parse_duration("500ms") == 500ms);
  CHECK(*parse_duration("2s") == 2s);
  CHECK(*parse_duration("1m30s") == 90s);
  CHECK(*parse_duration("1d1h1m1s1ms") == 24h + 1h + 1min + 1s + 1ms);
  CHECK(*parse_duration("0s") == 0s);
  CHECK(*parse_duration("3650d") == 24h * 3650);
  CHECK(to_text(Duration{90s}) == "1m30s");
  CHECK(to_text(Duration{0s}) == "0s");
  CHECK(to_text(Duration{24h * 90}) == "90d");
}

TEST_CASE("a duration without a unit, or that is none, is refused with what was expected") {
  const std::string form = "a duration such as 500ms, 2s, 1m30s, 1h or 1d";
  CHECK(parse_duration("10").error().message == "'10' has no unit; expected " + form);
  CHECK(parse_duration("0").error().message == "'0' has no unit; expected " + form);
  CHECK(parse_duration("1.5").error().message == "'1.5' has no unit; expected " + form);
  for (const char* text : {"", "s", "-1s", "1.5s", "2 s", "30s1m", "1m1m", "1w", "5S", "1s2"}) {
    INFO(text);
    CHECK(parse_duration(text).error().message ==
          "'" + std::string{text} + "' is not " + form);
  }
  CHECK(parse_duration("3651d").error().message == "'3651d' is longer than 3650d");
  CHECK(parse_duration("3650d1ms").error().message == "'3650d1ms' is longer than 3650d");
  CHECK(!parse_duration("99999999999999999999s"));
}

TEST_CASE("sizes are counted in thousands or in 1024s, as their unit says") {
  CHECK(parse_bytes("512B")->count == 512);
  CHECK(parse_bytes("64MiB")->count == 64ULL << 20U);
  CHECK(parse_bytes("10MB")->count == 10'000'000);
  CHECK(parse_bytes("0B")->count == 0);
  CHECK(to_text(Bytes{256ULL << 20U}) == "256MiB");
  CHECK(to_text(Bytes{1000}) == "1kB");
  CHECK(parse_bytes("64").error().message ==
        "'64' has no unit; expected a size such as 512B, 64MiB or 10MB");
  CHECK(!parse_bytes("64mb"));
  CHECK(!parse_bytes("1.5GiB"));
  CHECK(!parse_bytes("99999999TiB"));
}

TEST_CASE("shares are percentages from 0 to 100") {
  CHECK(parse_share("50%")->value == 0.5);
  CHECK(parse_share("12.5%")->value == 0.125);
  CHECK(parse_share("0.5").error().message ==
        "'0.5' has no unit; expected a share from 0% to 100%");
  for (const char* text : {"101%", "-1%", "%", "nan%", "inf%", "1e1%", "half"}) {
    INFO(text);
    CHECK(!parse_share(text));
  }
  CHECK(to_text(Share{0.2}) == "20%");
}

TEST_CASE("signals go by name, with or without SIG, and never by number") {
  CHECK(parse_signal("SIGTERM")->number == 15);
  CHECK(parse_signal("HUP")->number == 1);
  CHECK(parse_signal("9").error().message ==
        "'9' is a number; expected a signal's name such as SIGTERM");
  CHECK(parse_signal("SIGFOO").error().message ==
        "'SIGFOO' is not a signal's name such as SIGTERM");
  CHECK(!parse_signal("term"));
}

TEST_CASE("every signal's name leads back to its number") {
  for (int number = 1; number <= 31; ++number) {
    CHECK(signal_number(signal_name(number)) == number);
  }
  CHECK(signal_name(*signal_number("SIGRTMIN+3")) == "SIGRTMIN+3");
  CHECK(signal_name(6) == "SIGABRT");
  CHECK(signal_number("IOT") == 6);
  CHECK(!signal_number("RTMIN+99"));
  CHECK(!signal_number("RTMIN3"));
  CHECK(!signal_number("SIG"));
  CHECK(signal_name(99) == "signal 99");
}

TEST_CASE("statuses are single or a range within 100 to 599") {
  CHECK(*parse_status("200") == StatusRange{200, 200});
  CHECK(*parse_status("200-299") == StatusRange{200, 299});
  for (const char* text : {"99", "600", "299-200", "2xx", "200-", "-200", "200 - 299", ""}) {
    INFO(text);
    CHECK(!parse_status(text));
  }
}

TEST_CASE("a umask is three or four octal digits") {
  CHECK(*parse_umask("0027") == 027);
  CHECK(*parse_umask("077") == 077);
  for (const char* text : {"27", "0028", "1777", "00027", "", "0o27"}) {
    INFO(text);
    CHECK(!parse_umask(text));
  }
}

TEST_CASE("names are short, plain, and begin with a letter or a digit") {
  CHECK(parse_name("web-1.example_2").has_value());
  CHECK(parse_name(std::string(128, 'a')).has_value());
  for (const std::string& text : {std::string{}, std::string{"-a"}, std::string{"a b"},
                                  std::string{"a/b"}, std::string{"é"}, std::string(129, 'a')}) {
    INFO(text);
    CHECK(!parse_name(text));
  }
  CHECK(!parse_variable("1A"));
  CHECK(!parse_variable("A-B"));
  CHECK(parse_account("www-data").has_value());
  CHECK(!parse_account("1000"));
}

TEST_CASE("patterns must compile and pointers must be well-formed") {
  CHECK(parse_pattern("^ok$").has_value());
  CHECK(parse_pattern("(").error().message ==
        "'(' is not a regular expression (RE2): missing ): (");
  CHECK(parse_pointer("").has_value());
  CHECK(parse_pointer("/a~1b/0").has_value());
  CHECK(!parse_pointer("a"));
  CHECK(!parse_pointer("/a~"));
  CHECK(!parse_pointer("/a~2"));
}

TEST_CASE("a header cannot smuggle in another") {
  CHECK(parse_header_name("X-Probe").has_value());
  CHECK(!parse_header_name("X Probe"));
  CHECK(!parse_header_name("X:"));
  CHECK(parse_header_value("a\tb").has_value());
  CHECK(!parse_header_value("a\r\nHost: b"));
  CHECK(parse_method("GET").has_value());
  CHECK(!parse_method("get"));
}

TEST_CASE("a URL gives the endpoint that it leads to") {
  CHECK(*parse_url("http://127.0.0.1:8080/x?y=1") == Endpoint{"127.0.0.1", 8080});
  CHECK(*parse_url("https://example.org") == Endpoint{"example.org", 443});
  CHECK(*parse_url("http://[::1]/") == Endpoint{"::1", 80});
  CHECK(to_text(*parse_url("http://[::1]/")) == "[::1]:80");
}

TEST_CASE("a URL that could not be asked is refused with the reason") {
  const auto why = [](const char* url) { return parse_url(url).error().message; };
  const std::string end = "; expected one such as http://127.0.0.1:8080/healthz";
  CHECK(why("/healthz") ==
        "'/healthz' is not a usable URL: it is not absolute or not well-formed" + end);
  CHECK(why("ftp://a/") == "'ftp://a/' is not a usable URL: the scheme is not http or https" + end);
  CHECK(why("http:///x") == "'http:///x' is not a usable URL: it names no host" + end);
  CHECK(why("http://a:0/") ==
        "'http://a:0/' is not a usable URL: the port is not from 1 to 65535" + end);
  CHECK(why("http://a:65536/") ==
        "'http://a:65536/' is not a usable URL: the port is not from 1 to 65535" + end);
  CHECK(why("http://a:99999/") ==
        "'http://a:99999/' is not a usable URL: the port is not from 1 to 65535" + end);
  CHECK(why("http://a:x/") ==
        "'http://a:x/' is not a usable URL: the port is not from 1 to 65535" + end);
  CHECK(why("http://u:p@a/") == "'http://u:p@a/' is not a usable URL: a user's name is not sent; "
                                "give an Authorization header" + end);
  CHECK(why("http://a/#b") ==
        "'http://a/#b' is not a usable URL: the part after # is never sent" + end);
  CHECK(!parse_url("http://a b/"));
  CHECK(!parse_url("http:"));
}

TEST_CASE("an address needs a host and a port") {
  CHECK(*parse_endpoint("127.0.0.1:6379", PortRange::connect) == Endpoint{"127.0.0.1", 6379});
  CHECK(*parse_endpoint("[::1]:6379", PortRange::connect) == Endpoint{"::1", 6379});
  CHECK(*parse_endpoint("127.0.0.1:0", PortRange::listen) == Endpoint{"127.0.0.1", 0});
  for (const char* text : {"", "a", ":1", "a:", "a:0", "a:65536", "a:99999", "::1:80", "u@a:1",
                           "a:b"}) {
    INFO(text);
    CHECK(!parse_endpoint(text, PortRange::connect));
  }
  CHECK(!parse_endpoint("a:65536", PortRange::listen));
}

TEST_CASE("loopback is told by address or by its name") {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost"}) CHECK(is_loopback(host));
  for (const char* host : {"128.0.0.1", "::2", "example.org"}) CHECK(!is_loopback(host));
}

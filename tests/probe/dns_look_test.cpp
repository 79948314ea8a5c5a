#include "probe/dns_look.hpp"

#include <catch2/catch.hpp>

using namespace heald;

namespace {

DnsResult answered(std::string rcode, std::vector<std::string> records) {
  DnsResult result;
  result.answer = {std::move(rcode), std::move(records)};
  return result;
}

DnsProbe asking(std::vector<std::string> expect) {
  DnsProbe rules;
  rules.name = "www.example.org";
  rules.expect = std::move(expect);
  return rules;
}

}  // namespace

TEST_CASE("any record will do, unless the rules name some") {
  CHECK(judge_dns(asking({}), answered("NOERROR", {"192.0.2.1"})).outcome == Outcome::pass);
  CHECK(judge_dns(asking({}), answered("NOERROR", {})).evidence == "no record of www.example.org");
  const auto two = answered("NOERROR", {"192.0.2.1", "192.0.2.2"});
  CHECK(judge_dns(asking({"192.0.2.2"}), two).outcome == Outcome::pass);
  const Finding other = judge_dns(asking({"192.0.2.2", "192.0.2.3"}), two);
  CHECK(other.outcome == Outcome::fail);
  CHECK(other.evidence == "got 192.0.2.1, 192.0.2.2, expected 192.0.2.3");
  CHECK(other.answered);
  const auto checks = checks_of(asking({"192.0.2.2", "192.0.2.3"}), two);
  REQUIRE(checks.size() == 3);
  CHECK(checks[1].held);
  CHECK_FALSE(checks[2].held);
}

TEST_CASE("names are the same in any case, with or without the last dot") {
  CHECK(judge_dns(asking({"10 MAIL.example.org."}), answered("NOERROR", {"10 mail.Example.org"}))
            .outcome == Outcome::pass);
  CHECK(judge_dns(asking({"."}), answered("NOERROR", {"a."})).outcome == Outcome::fail);
}

TEST_CASE("another status than the one expected fails, and NXDOMAIN may be the one") {
  CHECK(judge_dns(asking({}), answered("SERVFAIL", {})).evidence == "SERVFAIL, expected NOERROR");
  DnsProbe none = asking({});
  none.rcode = "NXDOMAIN";
  CHECK(judge_dns(none, answered("NXDOMAIN", {})).outcome == Outcome::pass);
  CHECK(judge_dns(none, answered("NOERROR", {"192.0.2.1"})).evidence ==
        "NOERROR, expected NXDOMAIN");
}

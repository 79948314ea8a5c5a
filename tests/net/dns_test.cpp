#include <catch2/catch.hpp>
#include <optional>

#include "net/dns_query.hpp"
#include "net/fetch.hpp"
#include "support/loopback_server.hpp"
#include "support/udp_server.hpp"

using namespace heald;
using namespace heald::test;
using namespace std::string_literals;

namespace {

/// The answer to a question: its head and question, then these records, which name the question.
std::string answer_to(const std::string& question, const std::vector<std::string>& records,
                      char rcode = 0) {
  std::string message = question;
  message[2] = static_cast<char>(0x81);
  message[3] = static_cast<char>(0x80 | rcode);
  message[7] = static_cast<char>(records.size());
  message[9] = message[11] = 0;
  for (const std::string& record : records) message += record;
  return message;
}

std::string record(char type, const std::string& data) {
  return "\xc0\x0c\0"s + type + "\0\x01\0\0\0\x3c\0"s + static_cast<char>(data.size()) + data;
}

DnsAnswer read(const std::string& message, DnsType type) {
  const auto answer = read_dns_answer(
      {reinterpret_cast<const std::uint8_t*>(message.data()), message.size()}, type);
  INFO((answer ? "" : answer.error().message));
  REQUIRE(answer.has_value());
  return *answer;
}

// The question for www.test, type A.
const std::string question = "\0\x01\x01\0\0\x01\0\0\0\0\0\0\x03www\x04test\0\0\x01\0\x01"s;

/// The question alone, without what a client may add to it.
std::string asked_of(const std::string& message) { return message.substr(0, question.size()); }

/// Answers by the address of www.test.
std::vector<std::string> right_answer(const std::string& message) {
  return {answer_to(asked_of(message), {record(1, "\xc0\0\x02\x01"s)})};
}

std::vector<std::string> silence(const std::string&) { return {}; }

DnsResult ask(std::uint16_t port, Duration timeout = 10s, const NetTrace& trace = nullptr) {
  DnsQuestion asked;
  asked.name = "www.test";
  asked.server = std::make_shared<const Target>("127.0.0.1", port, std::nullopt);
  const auto shared = std::make_shared<const DnsQuestion>(std::move(asked));
  return outcome_of<DnsResult>([&](auto& context, auto done) {
    start_dns(context, shared, timeout, std::move(done), trace);
  });
}

}  // namespace

TEST_CASE("records are told as zone files have them") {
  const auto of = [](DnsType type, char number, const std::string& data) {
    return read(answer_to(question, {record(number, data)}), type).records;
  };
  using Texts = std::vector<std::string>;
  CHECK(of(DnsType::a, 1, "\xc0\0\x02\x01"s) == Texts{"192.0.2.1"});
  CHECK(of(DnsType::aaaa, 28, "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01") ==
        Texts{"2001:db8::1"});
  CHECK(of(DnsType::cname, 5, "\x03web\xc0\x10"s) == Texts{"web.test"});
  CHECK(of(DnsType::mx, 15, "\0\x0a\x04mail\xc0\x10"s) == Texts{"10 mail.test"});
  CHECK(of(DnsType::srv, 33, "\0\x01\0\x02\x14\x66\xc0\x0c"s) == Texts{"1 2 5222 www.test"});
  CHECK(of(DnsType::txt, 16, "\x02v=\x04spf1"s) == Texts{"v=spf1"});
  CHECK(of(DnsType::ns, 2, "\0"s) == Texts{"."});
  CHECK(of(DnsType::a, 5, "\x03web\xc0\x10"s).empty());  // an alias alone is no address
}

TEST_CASE("what is no whole answer is refused") {
  const auto refused = [](const std::string& message, DnsType type = DnsType::a) {
    return read_dns_answer({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()},
                           type)
        .has_error();
  };
  CHECK(refused(""));
  CHECK(refused(question));
  const std::string good = answer_to(question, {record(1, "\xc0\0\x02\x01"s)});
  CHECK_FALSE(refused(good));
  for (std::size_t size = 0; size < good.size(); ++size) CHECK(refused(good.substr(0, size)));
  CHECK(refused(answer_to(question, {record(1, "\xc0\0\x02"s)})));
  CHECK(refused(answer_to(question, {record(16, "\x05v="s), record(16, "\x01v"s)}), DnsType::txt));
  CHECK(refused(answer_to(question, {record(15, "\0"s)}), DnsType::mx));
  CHECK(refused(answer_to(question, {"\xc0\xff\0\x01\0\x01\0\0\0\x3c\0\x04\x01\x02\x03\x04"s})));
}

TEST_CASE("a name server is asked, and its answer told") {
  UdpServer server{right_answer};
  const auto trace = std::make_shared<std::vector<LookPhase>>();
  const DnsResult result = ask(server.port(), 10s, trace);
  INFO((result.failure ? result.failure->text : ""));
  CHECK_FALSE(result.failure);
  CHECK(result.answer.rcode == "NOERROR");
  CHECK(result.answer.records == std::vector<std::string>{"192.0.2.1"});
  REQUIRE(trace->size() == 2);
  CHECK(trace->back().text == "NOERROR, 1 records");
}

TEST_CASE("an answer of failure is an answer") {
  for (const auto& [rcode, word] :
       {std::pair{'\2', "SERVFAIL"}, {'\3', "NXDOMAIN"}, {'\5', "REFUSED"}}) {
    UdpServer server{[rcode = rcode](const std::string& message) {
      return std::vector{answer_to(asked_of(message), {}, rcode)};
    }};
    const DnsResult result = ask(server.port());
    CHECK_FALSE(result.failure);
    CHECK(result.answer.rcode == word);
  }
}

TEST_CASE("a server that lost one question is asked again") {
  int asked_before = 0;
  UdpServer server{[&](const std::string& message) {
    return asked_before++ == 0 ? std::vector<std::string>{} : right_answer(message);
  }};
  CHECK_FALSE(ask(server.port(), 400ms).failure);
}

TEST_CASE("a silent server is no answer, one that is not there refuses") {
  std::uint16_t port = 0;
  {
    UdpServer server{silence};
    port = server.port();
    const DnsResult silent = ask(port, 80ms);
    REQUIRE(silent.failure);
    CHECK(silent.failure->kind == NetFailureKind::timed_out);
    CHECK_FALSE(silent.failure->answered);
  }
  const DnsResult gone = ask(port, 2s);
  REQUIRE(gone.failure);
  CHECK(gone.failure->kind == NetFailureKind::refused);
}

TEST_CASE("a server that stalls over TCP is waited for, and not asked over and over") {
  LoopbackServer stalling{[](Peer& peer) { peer.wait_until_closed(); }};
  UdpServer server{[](const std::string& message) {
                     std::string cut = answer_to(asked_of(message), {});
                     cut[2] = static_cast<char>(cut[2] | 2);  // truncated: ask again over TCP
                     return std::vector{cut};
                   },
                   stalling.port()};
  DnsQuestion asked;
  asked.name = "www.test";
  asked.server = std::make_shared<const Target>("127.0.0.1", server.port(), std::nullopt);
  boost::asio::io_context context{1};
  std::optional<DnsResult> result;
  start_dns(context, std::make_shared<const DnsQuestion>(std::move(asked)), 300ms,
            [&](DnsResult told) { result = std::move(told); });
  std::size_t turns = 0;
  while (!result && context.run_one() > 0) ++turns;
  CHECK(stalling.accepted() > 0);
  REQUIRE(result->failure);
  CHECK(result->failure->kind == NetFailureKind::timed_out);
  CHECK(turns < 200);
}

TEST_CASE("a context that is destroyed with questions in flight leaves nothing open") {
  UdpServer server{silence};
  DnsQuestion asked;
  asked.name = "www.test";
  asked.server = std::make_shared<const Target>("127.0.0.1", server.port(), std::nullopt);
  const auto shared = std::make_shared<const DnsQuestion>(std::move(asked));
  boost::asio::io_context context{1};
  start_dns(context, shared, 10s, [](const DnsResult&) { FAIL("nothing was answered"); });
  context.poll();
}

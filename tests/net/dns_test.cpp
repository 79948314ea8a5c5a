#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "base/fd.hpp"
#include "net/dns_query.hpp"
#include "net/fetch.hpp"

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

/// A name server on loopback that answers as it is told; an empty text is silence.
class NameServer {
 public:
  using Answer = std::function<std::string(const std::string& question)>;
  explicit NameServer(Answer answer) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this, answer = std::move(answer)] { serve(answer); }};
  }
  ~NameServer() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve(const Answer& answer) {
    std::array<char, 2048> space{};
    sockaddr_in peer{};
    while (true) {
      socklen_t length = sizeof peer;
      const auto size = ::recvfrom(socket_.get(), space.data(), space.size(), 0,
                                   reinterpret_cast<sockaddr*>(&peer), &length);
      if (size <= 0) return;
      const std::string text = answer({space.data(), static_cast<std::size_t>(size)});
      if (text.empty()) continue;
      ::sendto(socket_.get(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&peer),
               length);
    }
  }

  Fd socket_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

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
  NameServer server{[](const std::string& asked) {
    return answer_to(asked.substr(0, question.size()), {record(1, "\xc0\0\x02\x01"s)});
  }};
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
    NameServer server{[rcode = rcode](const std::string& asked) {
      return answer_to(asked.substr(0, question.size()), {}, rcode);
    }};
    const DnsResult result = ask(server.port());
    CHECK_FALSE(result.failure);
    CHECK(result.answer.rcode == word);
  }
}

TEST_CASE("a server that lost one question is asked again") {
  int asked_before = 0;
  NameServer server{[&](const std::string& asked) {
    return asked_before++ == 0
               ? std::string{}
               : answer_to(asked.substr(0, question.size()), {record(1, "\xc0\0\x02\x01"s)});
  }};
  CHECK_FALSE(ask(server.port(), 400ms).failure);
}

TEST_CASE("a silent server is no answer, one that is not there refuses") {
  std::uint16_t port = 0;
  {
    NameServer server{[](const std::string&) { return std::string{}; }};
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

TEST_CASE("a context that is destroyed with questions in flight leaves nothing open") {
  NameServer server{[](const std::string&) { return std::string{}; }};
  DnsQuestion asked;
  asked.name = "www.test";
  asked.server = std::make_shared<const Target>("127.0.0.1", server.port(), std::nullopt);
  const auto shared = std::make_shared<const DnsQuestion>(std::move(asked));
  boost::asio::io_context context{1};
  start_dns(context, shared, 10s, [](const DnsResult&) { FAIL("nothing was answered"); });
  context.poll();
}

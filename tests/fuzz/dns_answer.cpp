// The message of a name server. The input: a type of record, then the message. What is read must
// not depend on what stands behind the message, and each record must be one of the message's.

#include <string>

#include "fuzz/input.hpp"
#include "net/dns_answer.hpp"

namespace heald::fuzz {

void run(std::string_view bytes) {
  Input input{bytes};
  const auto type = static_cast<DnsType>(input.byte() % 8);
  const std::string message{input.rest()};
  const auto read = [&](const std::string& text) {
    return read_dns_answer(
        {reinterpret_cast<const std::uint8_t*>(text.data()), message.size()}, type);
  };
  const auto answer = read(message);
  const auto padded = read(message + std::string(64, '\x03'));
  require(answer.has_value() == padded.has_value(), "what stands behind does not count");
  if (!answer) return;
  require(answer->records == padded->records, "what stands behind is not read");
  require(answer->records.size() <= message.size() / 11, "a record has eleven octets at least");
  for (const std::string& record : answer->records) {
    require(record.size() < 65536 * 4, "a record fits into a message");
  }
}

}  // namespace heald::fuzz

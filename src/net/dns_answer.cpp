#include "net/dns_answer.hpp"

#include <arpa/inet.h>
#include <arpa/nameser.h>

#include <array>
#include <optional>
#include <utility>

namespace heald {
namespace {

std::string rcode_word(int rcode) {
  static constexpr std::array<std::string_view, 11> words{
      "NOERROR",  "FORMERR",  "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
      "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};
  const auto index = static_cast<std::size_t>(rcode);
  return index < words.size() ? std::string{words.at(index)} : std::to_string(rcode);
}

/// The data of one record, of which names may be told by their first mention in the message.
class RecordData {
 public:
  RecordData(const ns_msg& message, const ns_rr& record)
      : begin_(ns_msg_base(message)),
        end_(ns_msg_end(message)),
        data_(ns_rr_rdata(record), ns_rr_rdlen(record)) {}

  [[nodiscard]] std::optional<std::string> text(DnsType type) const {
    switch (type) {
      case DnsType::a: return address(AF_INET, 4);
      case DnsType::aaaa: return address(AF_INET6, 16);
      case DnsType::txt: return strings();
      case DnsType::mx: return numbers_and_name(1);
      case DnsType::srv: return numbers_and_name(3);
      case DnsType::cname:
      case DnsType::ns:
      case DnsType::ptr: break;
    }
    return name(0);
  }

 private:
  [[nodiscard]] std::optional<std::string> address(int family, std::size_t size) const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (data_.size() != size) return std::nullopt;
    if (::inet_ntop(family, data_.data(), text.data(), text.size()) == nullptr) return std::nullopt;
    return text.data();
  }

  [[nodiscard]] std::optional<std::string> name(std::size_t at) const {
    std::array<char, NS_MAXDNAME> text{};
    if (at >= data_.size()) return std::nullopt;
    const auto* from = data_.data() + at;
    if (::ns_name_uncompress(begin_, end_, from, text.data(), text.size()) < 0) return std::nullopt;
    return text.data();
  }

  [[nodiscard]] std::optional<std::string> numbers_and_name(std::size_t numbers) const {
    if (data_.size() < 2 * numbers) return std::nullopt;
    std::string text;
    for (std::size_t at = 0; at < 2 * numbers; at += 2) {
      text += std::to_string(data_[at] << 8U | data_[at + 1]) + " ";
    }
    const auto target = name(2 * numbers);
    if (!target) return std::nullopt;
    return text + *target;
  }

  /// The strings of a TXT record are one text (RFC 7208, 3.3).
  [[nodiscard]] std::optional<std::string> strings() const {
    std::string text;
    for (std::size_t at = 0; at < data_.size();) {
      const std::size_t size = data_[at++];
      if (size > data_.size() - at) return std::nullopt;
      text.append(reinterpret_cast<const char*>(data_.data()) + at, size);
      at += size;
    }
    return text;
  }

  const std::uint8_t* begin_;
  const std::uint8_t* end_;
  std::span<const std::uint8_t> data_;
};

}  // namespace

std::uint16_t number_of(DnsType type) {
  switch (type) {
    case DnsType::a: return ns_t_a;
    case DnsType::aaaa: return ns_t_aaaa;
    case DnsType::cname: return ns_t_cname;
    case DnsType::mx: return ns_t_mx;
    case DnsType::ns: return ns_t_ns;
    case DnsType::ptr: return ns_t_ptr;
    case DnsType::srv: return ns_t_srv;
    case DnsType::txt: break;
  }
  return ns_t_txt;
}

Result<DnsAnswer> read_dns_answer(std::span<const std::uint8_t> message, DnsType type) {
  ns_msg parsed{};
  if (::ns_initparse(message.data(), static_cast<int>(message.size()), &parsed) != 0) {
    return Error{"it is not a whole message"};
  }
  if (ns_msg_getflag(parsed, ns_f_qr) == 0) return Error{"it is a question"};
  DnsAnswer answer;
  answer.rcode = rcode_word(ns_msg_getflag(parsed, ns_f_rcode));
  for (int at = 0; at < ns_msg_count(parsed, ns_s_an); ++at) {
    ns_rr record{};
    if (::ns_parserr(&parsed, ns_s_an, at, &record) != 0) {
      return Error{"its record " + std::to_string(at + 1) + " is broken"};
    }
    if (ns_rr_type(record) != number_of(type)) continue;
    auto text = RecordData{parsed, record}.text(type);
    if (!text) return Error{"its record " + std::to_string(at + 1) + " is broken"};
    answer.records.push_back(*std::move(text));
  }
  return answer;
}

}  // namespace heald

#pragma once
// What a name server answered, out of its message (RFC 1035, 4.1).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "heald/policy.hpp"

namespace heald {

struct DnsAnswer {
  std::string rcode;  ///< "NOERROR", "NXDOMAIN", "SERVFAIL"; a number where it has no name here
  /// The data of the records of the type that was asked for, as zone files have them: "192.0.2.1",
  /// "10 mail.example." without the last dot, the text of a TXT without quotes.
  std::vector<std::string> records;
};

/// Fails on what is no whole message, or no answer.
[[nodiscard]] Result<DnsAnswer> read_dns_answer(std::span<const std::uint8_t> message,
                                                DnsType type);

/// The number of a type in messages (IANA, "DNS Parameters").
[[nodiscard]] std::uint16_t number_of(DnsType type);

}  // namespace heald

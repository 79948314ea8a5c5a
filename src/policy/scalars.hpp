#pragma once
// Single values of rule files, from text and back. Each error says what was found and what was
// expected, ready to follow a position. What stays text is only checked, and given back as it came.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "heald/policy.hpp"

namespace heald {

/// "500ms", "2s", "10m", "1h", "1d" or, from large to small, "1m30s". Whole numbers, up to ten
/// years; "0s" is allowed, a number without a unit is not.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

/// "512B", "64KiB", "10MB" …: B, kB, MB, GB, TB in thousands, KiB, MiB, GiB, TiB in 1024s.
[[nodiscard]] Result<Bytes> parse_bytes(std::string_view text);

/// "50%", "12.5%": from 0% to 100%.
[[nodiscard]] Result<Share> parse_share(std::string_view text);

/// "SIGTERM" or "TERM".
[[nodiscard]] Result<Signal> parse_signal(std::string_view text);

/// A whole number from `low` to `high`, in decimal digits.
[[nodiscard]] Result<std::int64_t> parse_integer(std::string_view text, std::int64_t low,
                                                 std::int64_t high);

/// A number such as 2 or 1.5, from `low` to `high`, without a sign.
[[nodiscard]] Result<double> parse_number(std::string_view text, double low, double high);

/// "200" or "200-299", from 100 to 599.
[[nodiscard]] Result<StatusRange> parse_status(std::string_view text);

/// "0027": three or four octal digits, up to 0777.
[[nodiscard]] Result<std::uint32_t> parse_umask(std::string_view text);

/// The name of a service, probe, group, receiver or rung: letters, digits, `_`, `.` and `-`, led
/// by a letter or digit, up to 128.
[[nodiscard]] Result<std::string_view> parse_name(std::string_view text);

/// The name of an environment variable: letters, digits and `_`, not led by a digit.
[[nodiscard]] Result<std::string_view> parse_variable(std::string_view text);

/// The name of a user or group; not a number.
[[nodiscard]] Result<std::string_view> parse_account(std::string_view text);

/// An RE2 pattern that compiles.
[[nodiscard]] Result<std::string_view> parse_pattern(std::string_view text);

/// The same over octets, each of which is a character of its own. One that matches an empty text is
/// refused: it would be matched before anything came.
[[nodiscard]] Result<std::string_view> parse_octet_pattern(std::string_view text);

/// A JSON pointer as in RFC 6901: "" or "/a/0/b~1c".
[[nodiscard]] Result<std::string_view> parse_pointer(std::string_view text);

/// A name that name servers are asked for: labels of 1 to 63 octets, up to 253 in all; it may end
/// by a dot. `.` is the root.
[[nodiscard]] Result<std::string_view> parse_dns_name(std::string_view text);

/// The name or the address of a host, without a port.
[[nodiscard]] Result<std::string_view> parse_host(std::string_view text);

/// Octets in hexadecimal digits, two for each, with blanks between them or without: "00 0a ff".
[[nodiscard]] Result<std::string> parse_hex(std::string_view text);

/// The path of a unix socket: absolute, or `@` and a name for one that is in no folder; as long as
/// sockaddr_un has room for.
[[nodiscard]] Result<std::string_view> parse_socket_path(std::string_view text);

/// The name of an HTTP header: a token as in RFC 9110.
[[nodiscard]] Result<std::string_view> parse_header_name(std::string_view text);

/// The value of an HTTP header: no line break, no control characters but the tab.
[[nodiscard]] Result<std::string_view> parse_header_value(std::string_view text);

/// "GET", "POST": a token in upper case.
[[nodiscard]] Result<std::string_view> parse_method(std::string_view text);

/// The shortest text that `parse_duration` reads back: "1m30s".
[[nodiscard]] std::string to_text(Duration duration);
/// "256MiB".
[[nodiscard]] std::string to_text(Bytes bytes);
/// "50%".
[[nodiscard]] std::string to_text(Share share);
/// "200" or "200-299".
[[nodiscard]] std::string to_text(StatusRange range);

}  // namespace heald

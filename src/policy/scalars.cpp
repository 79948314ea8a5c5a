#include "policy/scalars.hpp"

#include <re2/re2.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "base/signals.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

constexpr std::size_t longest_name = 128;
constexpr std::size_t longest_account = 256;
// Far beyond use, and far from where 64 bits of nanoseconds end (292 years).
constexpr Duration longest_duration = std::chrono::hours{24 * 3650};

constexpr std::string_view duration_form = "a duration such as 500ms, 2s, 1m30s, 1h or 1d";
constexpr std::string_view bytes_form = "a size such as 512B, 64MiB or 10MB";

struct DurationUnit {
  std::string_view text;
  Duration length;
};
constexpr std::array duration_units{
    DurationUnit{"d", std::chrono::hours{24}}, DurationUnit{"h", std::chrono::hours{1}},
    DurationUnit{"m", std::chrono::minutes{1}}, DurationUnit{"s", std::chrono::seconds{1}},
    DurationUnit{"ms", std::chrono::milliseconds{1}},
};

struct BytesUnit {
  std::string_view text;
  std::uint64_t count;
};
constexpr std::array bytes_units{
    BytesUnit{"TiB", 1ULL << 40U}, BytesUnit{"GiB", 1ULL << 30U}, BytesUnit{"MiB", 1ULL << 20U},
    BytesUnit{"KiB", 1ULL << 10U}, BytesUnit{"TB", 1'000'000'000'000ULL},
    BytesUnit{"GB", 1'000'000'000ULL}, BytesUnit{"MB", 1'000'000ULL}, BytesUnit{"kB", 1'000ULL},
    BytesUnit{"B", 1},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_token(char c) {
  return is_letter(c) || is_digit(c) ||
         std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

Error expected(std::string_view text, std::string_view form) {
  return Error{quoted(text) + " is not " + std::string{form}};
}

Error no_unit(std::string_view text, std::string_view form) {
  return Error{quoted(text) + " has no unit; expected " + std::string{form}};
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Takes leading digits off the text; nothing when there are none, or too many for a number.
std::optional<std::uint64_t> take_digits(std::string_view& text) {
  const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) -
                                               text.begin());
  const auto number = whole<std::uint64_t>(text.substr(0, digits));
  text.remove_prefix(digits);
  return number;
}

template <class Predicate>
bool all_of_nonempty(std::string_view text, Predicate predicate) {
  return !text.empty() && std::ranges::all_of(text, predicate);
}

// "1.5", without a unit: what looks like a number gets the advice about units.
bool looks_like_number(std::string_view text) {
  return all_of_nonempty(text, [](char c) { return is_digit(c) || c == '.'; });
}

std::string trimmed_decimal(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  if (looks_like_number(text)) return no_unit(text, duration_form);
  std::string_view rest = text;
  Duration total{};
  const auto* next = duration_units.begin();
  do {
    const auto count = take_digits(rest);
    if (!count) return expected(text, duration_form);
    const std::string_view unit = rest.substr(
        0, static_cast<std::size_t>(std::ranges::find_if_not(rest, is_letter) - rest.begin()));
    rest.remove_prefix(unit.size());
    const auto* found = std::ranges::find(duration_units, unit, &DurationUnit::text);
    if (found < next || found == duration_units.end()) return expected(text, duration_form);
    const auto most = static_cast<std::uint64_t>((longest_duration - total) / found->length);
    if (*count > most) return Error{quoted(text) + " is longer than 3650d"};
    total += found->length * static_cast<std::int64_t>(*count);
    next = found + 1;
  } while (!rest.empty());
  return total;
}

Result<Bytes> parse_bytes(std::string_view text) {
  if (looks_like_number(text)) return no_unit(text, bytes_form);
  std::string_view unit = text;
  const auto count = take_digits(unit);
  if (!count) return expected(text, bytes_form);
  const auto* found = std::ranges::find(bytes_units, unit, &BytesUnit::text);
  if (found == bytes_units.end()) return expected(text, bytes_form);
  // What setrlimit(2) and SQLite can count is signed.
  if (*count > static_cast<std::uint64_t>(INT64_MAX) / found->count) {
    return Error{quoted(text) + " is more than 8388607TiB"};
  }
  return Bytes{*count * found->count};
}

Result<Share> parse_share(std::string_view text) {
  static constexpr std::string_view form = "a share from 0% to 100%";
  if (looks_like_number(text)) return no_unit(text, form);
  if (!text.ends_with('%')) return expected(text, form);
  const auto number = parse_number(text.substr(0, text.size() - 1), 0, 100);
  if (!number) return expected(text, form);
  return Share{*number / 100};
}

Result<Signal> parse_signal(std::string_view text) {
  if (const auto number = signal_number(text)) return Signal{*number};
  if (all_of_nonempty(text, is_digit)) {
    return Error{quoted(text) + " is a number; expected a signal's name such as SIGTERM"};
  }
  return expected(text, "a signal's name such as SIGTERM");
}

Result<std::int64_t> parse_integer(std::string_view text, std::int64_t low, std::int64_t high) {
  const auto number = whole<std::int64_t>(text);
  if (!number || *number < low || *number > high) {
    return expected(text, "a whole number from " + std::to_string(low) + " to " +
                              std::to_string(high));
  }
  return *number;
}

Result<double> parse_number(std::string_view text, double low, double high) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number,
                                            std::chars_format::fixed);
  const bool whole_text = error == std::errc{} && end == text.data() + text.size();
  if (!whole_text || !(number >= low && number <= high) || std::signbit(number)) {
    return expected(text,
                    "a number from " + trimmed_decimal(low) + " to " + trimmed_decimal(high));
  }
  return number;
}

Result<StatusRange> parse_status(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = whole<std::uint16_t>(text.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? first : whole<std::uint16_t>(text.substr(dash + 1));
  if (!first || !last || *first < 100 || *last > 599 || *first > *last) {
    return expected(text, "an HTTP status such as 200, or a range such as 200-299");
  }
  return StatusRange{*first, *last};
}

Result<std::uint32_t> parse_umask(std::string_view text) {
  const bool octal = all_of_nonempty(text, [](char c) { return c >= '0' && c <= '7'; });
  std::uint32_t mask = 0;
  std::from_chars(text.data(), text.data() + text.size(), mask, 8);
  if (!octal || text.size() < 3 || text.size() > 4 || mask > 0777) {
    return expected(text, "a umask of three or four octal digits such as 0027");
  }
  return mask;
}

Result<std::string_view> parse_name(std::string_view text) {
  const auto allowed = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
  };
  const bool good = all_of_nonempty(text, allowed) && text.size() <= longest_name &&
                    (is_letter(text.front()) || is_digit(text.front()));
  if (good) return text;
  return Error{quoted(text) + " is not a name; expected letters, digits, '_', '.' or '-', first a "
                              "letter or digit, at most 128"};
}

Result<std::string_view> parse_variable(std::string_view text) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  if (all_of_nonempty(text, allowed) && !is_digit(text.front())) return text;
  return expected(text, "an environment variable's name: letters, digits and '_'");
}

Result<std::string_view> parse_account(std::string_view text) {
  const auto allowed = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-' || c == '@' || c == '$';
  };
  const bool good = all_of_nonempty(text, allowed) && text.size() <= longest_account &&
                    text.front() != '-' && !std::ranges::all_of(text, is_digit);
  if (good) return text;
  return expected(text, "the name of a user or group");
}

Result<std::string_view> parse_pattern(std::string_view text) {
  const RE2 pattern{re2::StringPiece{text.data(), text.size()}, RE2::Quiet};
  if (pattern.ok()) return text;
  return Error{quoted(text) + " is not a regular expression (RE2): " + pattern.error()};
}

Result<std::string_view> parse_octet_pattern(std::string_view text) {
  RE2::Options options{RE2::Quiet};
  options.set_encoding(RE2::Options::EncodingLatin1);
  const RE2 pattern{re2::StringPiece{text.data(), text.size()}, options};
  if (!pattern.ok()) {
    return Error{quoted(text) + " is not a regular expression (RE2): " + pattern.error()};
  }
  if (!RE2::PartialMatch("", pattern)) return text;
  return Error{quoted(text) + " matches where nothing came"};
}

Result<std::string_view> parse_pointer(std::string_view text) {
  bool good = text.empty() || text.front() == '/';
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') continue;
    const char escaped = i + 1 < text.size() ? text[i + 1] : '\0';
    good = good && (escaped == '0' || escaped == '1');
  }
  if (good) return text;
  return expected(text, "a JSON pointer such as /status or /checks/0/state");
}

Result<std::string_view> parse_dns_name(std::string_view text) {
  constexpr std::size_t longest = 253;
  constexpr std::size_t longest_label = 63;
  std::string_view rest = text;
  if (rest.ends_with('.')) rest.remove_suffix(1);
  bool good = rest.size() <= longest && text.find_first_of(" \t\r\n/") == std::string_view::npos;
  good = good && (!rest.empty() || text == ".");
  while (good && !rest.empty()) {
    const std::size_t dot = rest.find('.');
    const std::size_t size = std::min(dot, rest.size());
    good = size >= 1 && size <= longest_label && dot + 1 != rest.size();
    rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  }
  if (good) return text;
  return expected(text, "a name such as www.example.org");
}

Result<std::string_view> parse_host(std::string_view text) {
  if (!text.empty() && text.find_first_of(" \t\r\n/[]") == std::string_view::npos) return text;
  return expected(text, "the name or the address of a host");
}

Result<std::string> parse_hex(std::string_view text) {
  std::string octets;
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  for (skip_blanks(); at < text.size(); skip_blanks()) {
    unsigned octet = 0;
    const std::string_view digits = text.substr(at, 2);
    const auto [end, failure] = std::from_chars(digits.begin(), digits.end(), octet, 16);
    if (failure != std::errc{} || digits.size() != 2 || end != digits.end()) {
      return expected(text, "octets in hexadecimal digits such as 00 0a ff");
    }
    octets += static_cast<char>(octet);
    at += 2;
  }
  if (octets.empty()) return expected(text, "octets in hexadecimal digits such as 00 0a ff");
  return {boost::system::in_place_value, std::move(octets)};
}

Result<std::string_view> parse_socket_path(std::string_view text) {
  constexpr std::size_t longest = sizeof sockaddr_un::sun_path - 1;
  const bool led = text.starts_with('/') || text.starts_with('@');
  const bool fits = text.size() > 1 && text.size() <= longest;
  if (led && fits && text.find('\0') == std::string_view::npos) return text;
  return expected(text, "the path of a socket: absolute, or '@' and a name, up to " +
                            std::to_string(longest) + " octets");
}

Result<std::string_view> parse_header_name(std::string_view text) {
  if (all_of_nonempty(text, is_token)) return text;
  return expected(text, "the name of an HTTP header");
}

Result<std::string_view> parse_header_value(std::string_view text) {
  const auto allowed = [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return c == '\t' || (octet >= 0x20 && octet != 0x7f);
  };
  if (std::ranges::all_of(text, allowed)) return text;
  return expected(text, "the value of an HTTP header: one line, no control characters");
}

Result<std::string_view> parse_method(std::string_view text) {
  const auto allowed = [](char c) { return is_token(c) && !(c >= 'a' && c <= 'z'); };
  if (all_of_nonempty(text, allowed)) return text;
  return expected(text, "an HTTP method in upper case such as GET or POST");
}

std::string to_text(Duration duration) {
  std::string text;
  for (const DurationUnit& unit : duration_units) {
    const auto count = duration / unit.length;
    if (count == 0) continue;
    text.append(std::to_string(count)).append(unit.text);
    duration -= count * unit.length;
  }
  return text.empty() ? "0s" : text;
}

std::string to_text(Bytes bytes) {
  const auto* unit = std::ranges::find_if(bytes_units, [bytes](const BytesUnit& candidate) {
    return bytes.count >= candidate.count && bytes.count % candidate.count == 0;
  });
  if (unit == bytes_units.end()) return "0B";
  return std::to_string(bytes.count / unit->count).append(unit->text);
}

std::string to_text(Share share) { return trimmed_decimal(share.value * 100) + "%"; }

std::string to_text(StatusRange range) {
  const std::string first = std::to_string(range.first);
  return range.first == range.last ? first : first + "-" + std::to_string(range.last);
}

}  // namespace heald

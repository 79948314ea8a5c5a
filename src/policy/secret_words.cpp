#include "policy/secret_words.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace heald {

namespace {

// Also at a word's end, since PGPASSWORD is one word.
constexpr std::array<std::string_view, 8> secret_ends{
    "password", "passwd", "passphrase", "secret", "token", "apikey", "credential", "credentials"};
constexpr std::array<std::string_view, 5> whole_words{"authorization", "cookie", "pwd", "pat",
                                                      "secrets"};
constexpr std::array<std::string_view, 4> kinds_of_key{"api", "access", "private", "secret"};
constexpr std::array<std::string_view, 6> leading_there{"file", "path", "dir", "url", "name", "id"};

template <std::size_t Size>
bool is_one_of(std::string_view word, const std::array<std::string_view, Size>& words) {
  return std::ranges::find(words, word) != words.end();
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (is_word(c)) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

// "scheme://user:password@".
bool has_user_and_password(std::string_view text) {
  static constexpr std::string_view mark = "://";
  for (std::size_t at = text.find(mark); at != std::string_view::npos;
       at = text.find(mark, at + 1)) {
    std::string_view authority = text.substr(at + mark.size());
    authority = authority.substr(0, authority.find_first_of("/?# \t\n\"'"));
    const std::size_t user_end = authority.rfind('@');
    if (user_end == std::string_view::npos) continue;
    const std::size_t colon = authority.find(':');
    if (colon != std::string_view::npos && colon + 1 < user_end) return true;
  }
  return false;
}

// "NAME=VALUE" behind one of the marks, with a name that gives it away and a value.
bool has_secret_assignment(std::string_view text, std::string_view mark) {
  static constexpr std::string_view name_ends = "=&;# \t\n/?";
  for (std::size_t at = text.find(mark); at != std::string_view::npos;
       at = text.find(mark, at + 1)) {
    const std::string_view rest = text.substr(at + mark.size());
    const std::size_t end = rest.find_first_of(name_ends);
    if (end == std::string_view::npos || rest[end] != '=' || end + 1 == rest.size()) continue;
    const bool empty = name_ends.find(rest[end + 1]) != std::string_view::npos;
    if (!empty && names_a_secret(rest.substr(0, end))) return true;
  }
  return false;
}

}  // namespace

bool names_a_secret(std::string_view name) {
  const std::vector<std::string> words = words_of(name);
  // PWD alone is the working directory.
  if (words.empty() || (words.size() == 1 && words.front() == "pwd")) return false;
  if (words.size() > 1 && is_one_of(words.back(), leading_there)) return false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (is_one_of(word, whole_words)) return true;
    const auto ends_so = [word](std::string_view end) { return word.ends_with(end); };
    if (std::ranges::any_of(secret_ends, ends_so)) return true;
    const bool key = i > 0 && word == "key";
    if (key && is_one_of(std::string_view{words[i - 1]}, kinds_of_key)) return true;
  }
  return false;
}

bool holds_a_password(std::string_view text) {
  if (has_user_and_password(text)) return true;
  const bool url = text.find("://") != std::string_view::npos;
  if (url && (has_secret_assignment(text, "?") || has_secret_assignment(text, "&"))) return true;
  return has_secret_assignment(text, "--");
}

}  // namespace heald

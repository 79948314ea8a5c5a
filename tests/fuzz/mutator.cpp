#include "fuzz/mutator.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace heald::fuzz {

namespace {

/// The text between the quotes of a dictionary's line.
std::string unescaped(std::string_view text, const std::string& path) {
  std::string word;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      word += text[i];
    } else if (text.substr(i, 2) == "\\x" && i + 3 < text.size()) {
      unsigned value = 0;
      std::from_chars(text.data() + i + 2, text.data() + i + 4, value, 16);
      word += static_cast<char>(value);
      i += 3;
    } else if (++i < text.size()) {
      word += text[i];
    } else {
      throw std::runtime_error{"cannot read " + path + ": a line ends in a backslash"};
    }
  }
  return word;
}

}  // namespace

std::vector<std::string> read_dictionary(const std::string& path) {
  std::ifstream file{path};
  if (!file) throw std::runtime_error{"cannot read " + path};
  std::vector<std::string> words;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t from = line.find('"');
    const std::size_t to = line.rfind('"');
    if (from == std::string::npos || from == to) {
      throw std::runtime_error{"cannot read " + path + ": " + line};
    }
    words.push_back(unescaped(std::string_view{line}.substr(from + 1, to - from - 1), path));
  }
  return words;
}

Mutator::Mutator(std::uint64_t seed, const std::vector<std::string>& corpus,
                 std::vector<std::string> dictionary, std::size_t longest)
    : generator_(seed), corpus_(corpus), dictionary_(std::move(dictionary)), longest_(longest) {}

std::string Mutator::next() {
  constexpr std::size_t most_changes = 8;
  std::string input = corpus_[below(corpus_.size())];
  for (std::size_t changes = 1 + below(most_changes); changes > 0; --changes) change(input);
  if (input.size() > longest_) input.resize(longest_);
  return input;
}

void Mutator::change(std::string& input) {
  if (input.empty()) return splice(input);
  switch (below(8)) {
    case 0: return flip_bit(input);
    case 1:
    case 2: return set_byte(input);
    case 3: return erase(input);
    case 4: return repeat(input);
    case 5:
    case 6: return insert_word(input);
    default: return splice(input);
  }
}

void Mutator::flip_bit(std::string& input) {
  char& byte = input[below(input.size())];
  byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << below(8)));
}

void Mutator::set_byte(std::string& input) {
  constexpr std::array<unsigned char, 8> telling{0, 1, 0x7f, 0x80, 0xff, '\n', '"', '0'};
  const bool any = below(2) == 0;
  const std::size_t value = any ? below(256) : telling.at(below(telling.size()));
  input[below(input.size())] = static_cast<char>(value);
}

void Mutator::erase(std::string& input) {
  const std::size_t from = below(input.size());
  input.erase(from, 1 + below(std::min<std::size_t>(32, input.size() - from)));
}

void Mutator::repeat(std::string& input) {
  const std::size_t from = below(input.size());
  const std::string part = input.substr(from, 1 + below(32));
  const std::size_t times = below(16) == 0 ? 64 : 1;
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated += part;
  input.insert(from, repeated);
}

void Mutator::insert_word(std::string& input) {
  if (dictionary_.empty()) return set_byte(input);
  const std::string& word = dictionary_[below(dictionary_.size())];
  const std::size_t at = below(input.size());
  if (below(2) == 0) {
    input.insert(at, word);
  } else {
    input.replace(at, word.size(), word);
  }
}

/// The beginning of this one, the end of another.
void Mutator::splice(std::string& input) {
  const std::string& other = corpus_[below(corpus_.size())];
  if (other.empty()) return;
  input.resize(input.empty() ? 0 : below(input.size()));
  input += other.substr(below(other.size()));
}

}  // namespace heald::fuzz

#pragma once
// Makes new inputs out of old ones, the same ones for the same seed on every machine.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace heald::fuzz {

/// Words that mean something to the code under test, as libFuzzer reads them: lines of "WORD",
/// with \\, \" and \xNN. Throws when the file cannot be read or is not of this form.
[[nodiscard]] std::vector<std::string> read_dictionary(const std::string& path);

class Mutator {
 public:
  /// `corpus` is not empty, and outlives it. No input gets longer than `longest`.
  Mutator(std::uint64_t seed, const std::vector<std::string>& corpus,
          std::vector<std::string> dictionary, std::size_t longest);

  /// One input of the corpus after one to eight changes.
  [[nodiscard]] std::string next();

 private:
  std::size_t below(std::size_t count) { return generator_() % count; }
  void change(std::string& input);
  void flip_bit(std::string& input);
  void set_byte(std::string& input);
  void erase(std::string& input);
  void repeat(std::string& input);
  void insert_word(std::string& input);
  void splice(std::string& input);

  std::mt19937_64 generator_;
  const std::vector<std::string>& corpus_;
  std::vector<std::string> dictionary_;
  std::size_t longest_;
};

}  // namespace heald::fuzz

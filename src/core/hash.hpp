#pragma once
// Randomness without a generator: a hash of what it is for. No state can drift, so a replay
// needs nothing but the seed.

#include <cstdint>
#include <string_view>

namespace heald {

/// Mixes a number well. The finaliser of splitmix64: Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", OOPSLA 2014.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

/// 64 bits that stand for a text: two of them differ where the texts do, but for one pair of texts
/// in 2^64.
[[nodiscard]] constexpr std::uint64_t hash_of(std::string_view text, std::uint64_t hash = 0) {
  for (const char c : text) hash = mix(hash ^ static_cast<unsigned char>(c));
  return hash;
}

/// What a random number is for; the same purpose and attempt give the same number.
struct Purpose {
  std::string_view service;
  std::string_view what;
  std::uint64_t attempt = 0;
};

/// A number in [0, 1), evenly spread over seeds, services, purposes and attempts.
[[nodiscard]] constexpr double random_share(std::uint64_t seed, const Purpose& purpose) {
  std::uint64_t hash = mix(seed);
  hash = hash_of(purpose.service, hash);
  hash = hash_of(purpose.what, mix(hash ^ 0x100U));
  hash = mix(hash ^ purpose.attempt);
  return static_cast<double>(hash >> 11U) * 0x1.0p-53;
}

}  // namespace heald

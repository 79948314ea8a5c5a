#pragma once
// Names without a name server: this file's source replaces getaddrinfo() in the test binary.
//
//   web.test        127.0.0.1
//   two.test        127.0.0.2 and 127.0.0.1, in this order
//   hangs*.test     does not come back until the test lets go
//   anything else   unknown

#include <cstddef>

namespace heald::test {

/// While it lives, lookups of names that begin with "hangs" block; they fail when it goes.
class HangingNames {
 public:
  HangingNames();
  ~HangingNames();
  HangingNames(const HangingNames&) = delete;
  HangingNames& operator=(const HangingNames&) = delete;
};

/// How often a name was asked for since the start of the process.
[[nodiscard]] std::size_t lookups_of(const char* name);

}  // namespace heald::test

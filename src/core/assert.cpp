#include "heald/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace heald::detail {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "heald: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace heald::detail

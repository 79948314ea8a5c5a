#include "heald/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace heald::detail {

void assertion_failed(const char* condition, std::source_location where) {
  std::fprintf(stderr, "heald: broken invariant: %s (%s:%u)\n", condition, where.file_name(),
               static_cast<unsigned>(where.line()));
  std::abort();
}

}  // namespace heald::detail

#pragma once
// The library that heald brings: the files of rules/ that have a section `library`, in the program.

#include <span>
#include <string_view>

namespace heald {

struct ShippedFile {
  std::string_view name;  ///< "nginx.yaml"
  std::string_view text;
};

/// In the order of their names. Its source is written by cmake/shipped_library.cmake.
[[nodiscard]] std::span<const ShippedFile> shipped_library();

}  // namespace heald

#include "base/result.hpp"

#include <stdexcept>
#include <system_error>

namespace heald {

Error system_error(std::string_view text, int errno_value) {
  return Error{std::string{text} + ": " + std::generic_category().message(errno_value)};
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error{error.message};
}

}  // namespace heald

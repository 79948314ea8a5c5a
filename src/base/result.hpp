#pragma once
// Expected failures, outside the core.

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace heald {

/// Why something could not be done: "cannot X: why", naming the file, service or address.
struct Error {
  Error() = default;
  explicit Error(std::string text) : message(std::move(text)) {}
  std::string message;
};

/// A value, or why there is none. On Boost 1.81 with GCC 12 BOOST_OUTCOME_TRY does not compile;
/// write `if (!r) return r.error();`.
template <class T>
using Result = boost::system::result<T, Error>;

/// "TEXT: MEANING OF ERRNO", for failures of system calls.
[[nodiscard]] Error system_error(std::string_view text, int errno_value);

/// `value()` on an error is a broken invariant of the caller; it throws what the error says.
/// Found by the name of the error's namespace.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& location);

}  // namespace heald

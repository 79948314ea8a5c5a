// `heald schema`

#include <ostream>

#include "cli/verbs.hpp"
#include "policy/rules_schema.hpp"

namespace heald {

ExitCode show_schema(Console& console) {
  console.out << rules_schema();
  return ExitCode::good;
}

}  // namespace heald

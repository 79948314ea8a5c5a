#pragma once
// Users and groups by name.

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace heald {

/// As whom a child runs, and what its environment says of that user.
struct Identity {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> supplementary;
  std::string name;  ///< the login name
  std::string home;
};

/// The identity for `user` and `group` as rule files give them: names, or numbers of existing
/// accounts; an empty user is heald's own, an empty group the user's primary one. Empty when that
/// is what heald runs as already, so that nothing needs to change. Asks the name service, which
/// may block where it is not files.
[[nodiscard]] Result<std::optional<Identity>> find_identity(const std::string& user,
                                                            const std::string& group);

}  // namespace heald

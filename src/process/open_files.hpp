#pragma once
// How many descriptors heald may have open: a pidfd, a log and a connection add up with a
// thousand services. Children are not to inherit what heald took for itself: a soft limit above
// 1024 breaks programs that use select(2).

#include <sys/resource.h>

#include <optional>

namespace heald {

/// Raises this process's soft limit of open files to its hard one. Once, before the first child.
void raise_open_files();

/// What the limit was before it was raised; nothing when it was not.
[[nodiscard]] std::optional<rlimit> open_files_before();

}  // namespace heald

#pragma once
// Names to addresses, the way that the system does it.
//
// getaddrinfo() blocks and cannot be cancelled. Asio's resolver runs it on one thread per
// context: one name whose server is silent would hold up every other name, and its context
// could not be destroyed meanwhile. Here a few threads, shared by the whole process and started
// when needed, do the lookups; nobody waits for them at shutdown.

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "net/failure.hpp"
#include "net/target.hpp"

namespace heald {

using Lookup = std::variant<std::shared_ptr<const Addresses>, NetFailure>;

/// Looks a name up on a thread of its own and calls `done` there, exactly once. At most 16 run at
/// once; the rest wait. `done` must not assume that whoever asked still lives.
void look_up(std::string name, std::function<void(Lookup)> done);

}  // namespace heald

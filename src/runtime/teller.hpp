#pragma once
// How people are told.

#include <functional>
#include <memory>

#include "heald/decision.hpp"
#include "heald/policy.hpp"
#include "heald/time.hpp"

namespace heald {

/// What a message needs beyond the command itself. The rules are those in force when it was
/// decided, and stay alive as long as the message is on its way.
struct TellContext {
  std::shared_ptr<const Policy> rules;           ///< for the receivers
  std::shared_ptr<const ServicePolicy> service;  ///< null: not declared any more
  WallTime at{};
};

/// Sends a message to its receivers and returns at once. Control strand only.
using Tell = std::function<void(const TellCommand& command, const TellContext& context)>;

}  // namespace heald

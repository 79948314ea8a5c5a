#pragma once
// A message as its receiver wants it. Private to this room.

#include <functional>
#include <map>
#include <string>

#include "base/result.hpp"
#include "heald/policy.hpp"

namespace heald {

/// What `${secret}` stands for; asked only where that is used.
using ReadSecret = std::function<Result<std::string>()>;

/// Whether a webhook's body has the secret in it, so that it needs no header.
[[nodiscard]] bool body_has_secret(const WebhookReceiver& webhook);

/// `message`, a JSON object with fields of `message_fields`, by the webhook's templates; as it is
/// where there are none. A string that is one placeholder becomes the field's value, whatever it
/// is; in a longer one numbers and objects are written as JSON. A field that the message does not
/// have is null, or nothing. Errors: those of the secret, and a template that cannot be one.
[[nodiscard]] Result<std::string> body_for(const WebhookReceiver& webhook,
                                           const std::string& message, const ReadSecret& secret);

/// What a program is told in its environment: HEALD_SERVICE and so on, of each field that is a
/// text, a number or a flag.
[[nodiscard]] std::map<std::string, std::string> environment_of(const std::string& message);

}  // namespace heald

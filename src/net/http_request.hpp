#pragma once
// A request of the rules, made ready to be sent again and again.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "heald/policy.hpp"
#include "net/target.hpp"

namespace heald {

/// What is sent, and where. Immutable; made once per rule, shared by its runs.
struct HttpRequest {
  HttpRequestPolicy policy;  ///< what it was made from, to follow redirects
  std::shared_ptr<const Target> target;
  std::string text;  ///< the whole message as it goes over the wire
};

/// Makes a request ready. Fails, naming the URL or the header, when it cannot be written as HTTP.
[[nodiscard]] Result<std::shared_ptr<const HttpRequest>> prepare_request(
    const HttpRequestPolicy& policy);

/// The request that follows a redirect (RFC 9110, 15.4): 303, and 301 and 302 after a POST, turn
/// into GET; credentials do not go to another origin.
[[nodiscard]] Result<std::shared_ptr<const HttpRequest>> redirected(const HttpRequest& request,
                                                                    unsigned status,
                                                                    std::string_view location);

}  // namespace heald

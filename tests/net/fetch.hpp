#pragma once
// Runs one exchange to its end.

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <optional>
#include <utility>

#include "net/http_client.hpp"
#include "net/dialogue.hpp"

namespace heald::test {

using namespace std::chrono_literals;

template <class Outcome, class Start>
Outcome outcome_of(Start start) {
  boost::asio::io_context context{1};
  std::optional<Outcome> outcome;
  start(context, [&](Outcome each) {
    REQUIRE_FALSE(outcome);
    outcome = std::move(each);
  });
  while (!outcome && context.run_one() > 0) {
  }
  context.poll();  // a second report would come now
  REQUIRE(outcome);
  return std::move(*outcome);
}

inline HttpResult fetch(const HttpRequestPolicy& policy, const HttpOptions& options = {}) {
  const auto request = prepare_request(policy);
  REQUIRE(request.has_value());
  return outcome_of<HttpResult>([&](auto& context, auto done) {
    start_http(context, *request, options, std::move(done));
  });
}

inline HttpRequestPolicy get(std::string url) {
  HttpRequestPolicy policy;
  policy.url = std::move(url);
  return policy;
}

inline NetFailure failure_of(const HttpRequestPolicy& policy, const HttpOptions& options = {}) {
  const HttpResult result = fetch(policy, options);
  REQUIRE(result.failure);
  return *result.failure;
}

inline HttpOptions within(Duration timeout) {
  HttpOptions options;
  options.timeout = timeout;
  return options;
}

}  // namespace heald::test

#include <optional>
#include <utility>

#include "base/fill_in.hpp"
#include "base/secret_file.hpp"
#include "net/http_client.hpp"
#include "net/http_request.hpp"
#include "probe/body_check.hpp"
#include "probe/judge.hpp"
#include "probe/look.hpp"

namespace heald {
namespace {

class HttpLook final : public Look, public std::enable_shared_from_this<HttpLook> {
 public:
  /// `body` may be null: nothing is asserted about it.
  HttpLook(const HttpProbe& rules, std::shared_ptr<const HttpRequest> request,
           std::shared_ptr<const BodyCheck> body)
      : rules_(rules), request_(std::move(request)), body_(std::move(body)) {}

  void start(const LookTools& tools, const LookTerms& terms, LookDone done) const override {
    const bool detailed = terms.trace != nullptr;
    HttpOptions options;
    options.timeout = terms.timeout;
    options.body = body_ || detailed ? BodyUse::keep : BodyUse::count;
    options.max_redirects = rules_.max_redirects;
    options.trace = terms.trace;
    start_http(tools.context, request_, options,
               [self = shared_from_this(), detailed, done = std::move(done)](HttpResult result) {
                 done(self->seen(std::move(result), detailed));
               });
  }

  [[nodiscard]] bool is_for_once() const override { return !rules_.request.header_files.empty(); }

 private:
  [[nodiscard]] Seen seen(HttpResult result, bool detailed) const {
    Seen seen;
    seen.finding = judge_http(rules_, body_.get(), result);
    if (!detailed) return seen;
    seen.checks = checks_of(rules_, body_.get(), result);
    seen.said = std::move(result.body);
    return seen;
  }

  const HttpProbe& rules_;
  const std::shared_ptr<const HttpRequest> request_;
  const std::shared_ptr<const BodyCheck> body_;
};

}  // namespace

PreparedLook prepare_look(const HttpProbe& rules) {
  HttpRequestPolicy filled_in = rules.request;
  if (const auto filled = fill_in_headers(filled_in.headers); !filled) return filled.error();
  if (const auto added = add_header_files(filled_in.header_files, filled_in.headers); !added) {
    return added.error();
  }
  auto request = prepare_request(filled_in);
  if (!request) return request.error();
  std::shared_ptr<const BodyCheck> body;
  if (rules.body != BodyAssertion{}) {
    auto compiled = BodyCheck::compile(rules.body);
    if (!compiled) return compiled.error();
    body = std::move(*compiled);
  }
  return std::make_shared<const HttpLook>(rules, std::move(*request), std::move(body));
}

}  // namespace heald

#include "api/http.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace heald {

std::optional<ServerRequest> parse_target(std::string_view target) {
  const auto parsed = boost::urls::parse_origin_form(target);
  if (!parsed) return std::nullopt;
  ServerRequest request;
  for (const auto& segment : parsed->segments()) {
    if (!segment.empty()) request.path.emplace_back(segment);
  }
  for (const auto& parameter : parsed->params()) {
    request.query[std::string{parameter.key}] = parameter.value;
  }
  return request;
}

ServerReply HttpHandler::problem(unsigned status, std::string_view line) const {
  return text_reply(status, line);
}

ServerReply text_reply(unsigned status, std::string_view line) {
  ServerReply reply;
  reply.status = status;
  reply.content_type = "text/plain; charset=utf-8";
  reply.body.assign(line).push_back('\n');
  return reply;
}

ServerReply not_allowed(std::string_view allow) {
  auto reply = text_reply(405, "only " + std::string{allow} + " is understood here");
  reply.allow = allow;
  return reply;
}

}  // namespace heald

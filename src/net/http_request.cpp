#include "net/http_request.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>
#include <cctype>
#include <exception>
#include <utility>

namespace heald {
namespace {

namespace urls = boost::urls;

bool equal_names(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  });
}

bool has_header(const HttpRequestPolicy& policy, std::string_view name) {
  return std::any_of(policy.headers.begin(), policy.headers.end(),
                     [&](const auto& header) { return equal_names(header.first, name); });
}

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char each) {
    return std::isalnum(static_cast<unsigned char>(each)) != 0 ||
           marks.find(each) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return text.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos;
}

std::string base64(std::string_view text) {
  std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(encoded.data()),
      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return encoded;
}

Result<std::shared_ptr<const Target>> target_of(const urls::url_view& url,
                                                const HttpRequestPolicy& policy) {
  const bool secure = url.scheme_id() == urls::scheme::https;
  if (!secure && url.scheme_id() != urls::scheme::http) {
    return Error{"cannot use " + policy.url + ": only http and https are spoken"};
  }
  const std::string host = url.host_type() == urls::host_type::ipv6 ||
                                   url.host_type() == urls::host_type::ipvfuture
                               ? std::string{url.encoded_host()}
                               : url.host();
  if (host.empty()) return Error{"cannot use " + policy.url + ": it names no host"};
  const bool given = url.has_port() && !url.port().empty();
  const std::uint16_t port = given ? url.port_number() : (secure ? 443 : 80);
  if (port == 0) return Error{"cannot use " + policy.url + ": its port is not 1 to 65535"};
  if (!policy.socket.empty()) {
    if (!secure) return std::make_shared<const Target>(policy.socket, host, port);
    return Error{"cannot use " + policy.url + ": TLS is not spoken over a unix socket"};
  }
  return std::make_shared<const Target>(host, port,
                                        secure ? std::optional{policy.tls} : std::nullopt);
}

std::string origin_form(const urls::url_view& url) {
  std::string target{url.encoded_path()};
  if (target.empty()) target = "/";
  if (url.has_query()) target.append("?").append(url.encoded_query());
  return target;
}

std::string authority(const urls::url_view& url) {
  std::string text{url.encoded_host()};
  if (url.has_port() && !url.port().empty()) text.append(":").append(url.port());
  return text;
}

Result<void> check(const HttpRequestPolicy& policy) {
  if (!is_token(policy.method)) {
    return Error{"cannot send a request to " + policy.url + ": bad method " + policy.method};
  }
  for (const auto& [name, value] : policy.headers) {
    if (is_token(name) && is_field_value(value)) continue;
    return Error{"cannot send a request to " + policy.url + ": bad header " + name};
  }
  return {};
}

std::string message(const urls::url_view& url, const HttpRequestPolicy& policy) {
  std::string text = policy.method + " " + origin_form(url) + " HTTP/1.1\r\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!has_header(policy, name)) text.append(name).append(": ").append(value).append("\r\n");
  };
  add("Host", authority(url));
  add("User-Agent", "heald");
  add("Accept", "*/*");
  add("Connection", "close");
  if (url.has_userinfo()) {
    add("Authorization", "Basic " + base64(url.user() + ":" + url.password()));
  }
  const bool carries = policy.method == "POST" || policy.method == "PUT" ||
                       policy.method == "PATCH" || !policy.body.empty();
  if (carries && !has_header(policy, "Transfer-Encoding")) {
    add("Content-Length", std::to_string(policy.body.size()));
  }
  for (const auto& [name, value] : policy.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  return text.append("\r\n").append(policy.body);
}

Result<std::shared_ptr<const HttpRequest>> prepare(const HttpRequestPolicy& policy) {
  const auto url = urls::parse_uri(policy.url);
  if (!url) return Error{"cannot use " + policy.url + " as a URL: " + url.error().message()};
  if (auto checked = check(policy); !checked) return checked.error();
  auto target = target_of(*url, policy);
  if (!target) return target.error();
  return std::make_shared<const HttpRequest>(
      HttpRequest{policy, std::move(*target), message(*url, policy)});
}

bool is_credential(std::string_view name) {
  return equal_names(name, "Authorization") || equal_names(name, "Cookie") ||
         equal_names(name, "Proxy-Authorization");
}

/// Whether the header came out of a file.
bool is_secret(std::string_view name,
               const std::vector<std::pair<std::string, std::string>>& header_files) {
  return std::ranges::any_of(header_files, [&](const auto& file) {
    return equal_names(name, file.first);
  });
}

bool describes_body(std::string_view name) {
  return equal_names(name, "Content-Length") || equal_names(name, "Content-Type") ||
         equal_names(name, "Transfer-Encoding");
}

void drop_body(HttpRequestPolicy& policy) {
  policy.method = policy.method == "HEAD" ? "HEAD" : "GET";
  policy.body.clear();
  std::erase_if(policy.headers, [](const auto& header) { return describes_body(header.first); });
}

bool same_origin(const Target& left, const Target& right) {
  return equal_names(left.host, right.host) && left.port == right.port &&
         left.tls.has_value() == right.tls.has_value();
}

Result<urls::url> resolved_url(const std::string& base, std::string_view location) {
  const auto reference = urls::parse_uri_reference({location.data(), location.size()});
  if (!reference) return Error{"cannot follow a redirect: its Location is not a URL"};
  urls::url next;
  const auto resolved = urls::resolve(urls::url_view{base}, *reference, next);
  if (!resolved) return Error{"cannot follow a redirect: " + resolved.error().message()};
  next.remove_fragment();
  return next;
}

Result<std::shared_ptr<const HttpRequest>> follow(const HttpRequest& request, unsigned status,
                                                  std::string_view location) {
  HttpRequestPolicy next = request.policy;
  auto url = resolved_url(request.policy.url, location);
  if (!url) return url.error();
  next.url = std::string{url->buffer()};
  const bool to_get = status == 303 || (status <= 302 && next.method == "POST");
  if (to_get) drop_body(next);
  HttpRequestPolicy elsewhere = next;
  elsewhere.socket.clear();
  const auto there = prepare(elsewhere);
  if (!there) return there.error();
  if (same_origin(*request.target, *(*there)->target)) return prepare(next);
  // Another origin: neither credentials, nor the name that the certificate of the first must hold.
  std::erase_if(next.headers, [&](const auto& header) {
    return is_credential(header.first) || equal_names(header.first, "Host") ||
           is_secret(header.first, next.header_files);
  });
  next.tls.server_name.clear();
  next.socket.clear();
  return prepare(next);
}

}  // namespace

Result<std::shared_ptr<const HttpRequest>> prepare_request(const HttpRequestPolicy& policy) {
  try {
    return prepare(policy);
  } catch (const std::exception& failed) {
    return Error{"cannot use " + policy.url + " as a URL: " + failed.what()};
  }
}

Result<std::shared_ptr<const HttpRequest>> redirected(const HttpRequest& request, unsigned status,
                                                      std::string_view location) {
  try {
    return follow(request, status, location);
  } catch (const std::exception& failed) {
    return Error{std::string{"cannot follow a redirect: "} + failed.what()};
  }
}

}  // namespace heald

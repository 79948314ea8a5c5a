// The one file of this room that needs Beast.

#include "cli/client.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdio>
#include <utility>

namespace heald {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Failure = boost::beast::error_code;
using Protocol = asio::local::stream_protocol;

/// One request and its answer. Asynchronous inside, since only so a limit of time holds.
class Exchange {
 public:
  explicit Exchange(http::request<http::string_body> request) : request_(std::move(request)) {
    constexpr std::uint64_t largest_answer = 256ULL << 20U;
    parser_.body_limit(largest_answer);
  }

  Failure run(const std::string& socket, Duration patience) {
    stream_.expires_after(patience);
    stream_.async_connect(Protocol::endpoint{socket}, [this](const Failure& failure) {
      if (!ended(failure)) write();
    });
    context_.run();
    return failure_;
  }

  [[nodiscard]] Client::Answer answer() {
    return {parser_.get().result_int(), std::move(parser_.get().body())};
  }

 private:
  void write() {
    http::async_write(stream_, request_, [this](const Failure& failure, std::size_t) {
      // A daemon that turns a client away answers before it has read: what it said still counts.
      if (failure == asio::error::broken_pipe || !ended(failure)) read();
    });
  }
  void read() {
    http::async_read(stream_, buffer_, parser_,
                     [this](const Failure& failure, std::size_t) { (void)ended(failure); });
  }
  bool ended(const Failure& failure) {
    failure_ = failure;
    return static_cast<bool>(failure);
  }

  asio::io_context context_;
  beast::basic_stream<Protocol> stream_{context_};
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  beast::flat_buffer buffer_;
  Failure failure_;
};

Result<Client::Answer> exchange(const std::string& socket, http::verb verb,
                                const std::string& target, std::string body, Duration patience) {
  http::request<http::string_body> request{verb, target, 11};
  request.set(http::field::host, "heald");
  request.set(http::field::accept, "application/json");
  request.set(http::field::connection, "close");
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = std::move(body);
  request.prepare_payload();
  const auto what = "cannot reach the daemon on " + socket;
  try {
    Exchange exchange{std::move(request)};
    if (const auto failure = exchange.run(socket, patience)) {
      return Error{what + ": " + failure.message()};
    }
    return exchange.answer();
  } catch (const std::exception& error) {  // a path too long for a socket
    return Error{what + ": " + error.what()};
  }
}

}  // namespace

Result<Client::Answer> Client::get(const std::string& target, Duration patience) const {
  return exchange(socket_, http::verb::get, target, {}, patience);
}

Result<Client::Answer> Client::post(const std::string& target, std::string body,
                                    Duration patience) const {
  return exchange(socket_, http::verb::post, target, std::move(body), patience);
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      encoded.push_back(c);
      continue;
    }
    std::array<char, 4> code{};
    std::snprintf(code.data(), code.size(), "%%%02X", static_cast<unsigned char>(c));
    encoded.append(code.data());
  }
  return encoded;
}

}  // namespace heald

// Expensive: a Beast parser is its base; for the sources of this room only.
#pragma once
// Reads one HTTP response out of what comes. Includes Beast: for sources of this room only.

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/http_client.hpp"

namespace heald {

/// What is left of a response once it is read.
struct HttpResponse {
  unsigned status = 0;
  std::string location;
  std::string body;  ///< what was kept of it
};

/// Fed with bytes as they come; holds back only an unfinished header or chunk header, at most
/// `header_limit` of it.
class ResponseReader {
 public:
  static constexpr std::size_t header_limit = 65536;
  enum class Progress : std::uint8_t { more, complete, malformed };

  /// `head`: the answer to a HEAD request has no body, whatever its headers say.
  enum class Answers : std::uint8_t { head, other };
  ResponseReader(Answers answers, BodyUse use);

  [[nodiscard]] Progress feed(std::string_view data);
  /// The peer closed: complete when the body was to last until then.
  [[nodiscard]] Progress feed_end();

  [[nodiscard]] const HttpResponse& response() const { return response_; }
  [[nodiscard]] HttpResponse take_response() { return std::move(response_); }
  [[nodiscard]] bool has_header() const { return parser_->is_header_done(); }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  // Keeps the few things that anyone asks for; Beast's own parser would store every field.
  class Parser final : public boost::beast::http::basic_parser<false> {
   public:
    Parser(HttpResponse& response, BodyUse use);

   private:
    using Error = boost::beast::error_code;
    using Text = boost::beast::string_view;
    using Size = boost::optional<std::uint64_t>;
    void on_request_impl(boost::beast::http::verb, Text, Text, int, Error&) override;
    void on_response_impl(int code, Text reason, int version, Error& error) override;
    void on_field_impl(boost::beast::http::field name, Text text, Text value,
                       Error& error) override;
    void on_header_impl(Error& error) override;
    void on_body_init_impl(const Size& length, Error& error) override;
    std::size_t on_body_impl(Text body, Error& error) override;
    void on_chunk_header_impl(std::uint64_t size, Text extensions, Error& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t left, Text body, Error& error) override;
    void on_finish_impl(Error& error) override;
    void keep(Text body);

    HttpResponse& response_;
    BodyUse use_;
  };

  void begin_message();
  /// Takes from the front of `data` what can be parsed by now.
  [[nodiscard]] Progress parse(std::string_view& data);
  [[nodiscard]] Progress fail(std::string why);

  Answers answers_;
  BodyUse use_;
  HttpResponse response_;
  std::optional<Parser> parser_;
  std::string held_back_;
  std::size_t interim_ = 0;  ///< 1xx responses so far
  std::string error_;
};

}  // namespace heald

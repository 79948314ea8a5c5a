#include "net/http_response.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <utility>

namespace heald {

namespace http = boost::beast::http;

ResponseReader::Parser::Parser(HttpResponse& response, BodyUse use)
    : response_(response), use_(use) {}

void ResponseReader::Parser::on_request_impl(http::verb, Text, Text, int, Error&) {}

void ResponseReader::Parser::on_response_impl(int code, Text, int, Error&) {
  response_.status = static_cast<unsigned>(code);
}

void ResponseReader::Parser::on_field_impl(http::field name, Text, Text value, Error&) {
  if (name == http::field::location) response_.location.assign(value.data(), value.size());
}

void ResponseReader::Parser::on_header_impl(Error&) {}

void ResponseReader::Parser::on_body_init_impl(const Size& length, Error&) {
  // No trust in what is announced beyond a page or so: memory is taken as bytes come.
  constexpr std::uint64_t most_at_once = 16384;
  if (use_ == BodyUse::keep && length) {
    response_.body.reserve(static_cast<std::size_t>(std::min(*length, most_at_once)));
  }
}

void ResponseReader::Parser::keep(Text body) {
  if (use_ == BodyUse::keep) response_.body.append(body.data(), body.size());
}

std::size_t ResponseReader::Parser::on_body_impl(Text body, Error&) {
  keep(body);
  return body.size();
}

void ResponseReader::Parser::on_chunk_header_impl(std::uint64_t, Text, Error&) {}

std::size_t ResponseReader::Parser::on_chunk_body_impl(std::uint64_t, Text body, Error&) {
  keep(body);
  return body.size();
}

void ResponseReader::Parser::on_finish_impl(Error&) {}

ResponseReader::ResponseReader(Answers answers, BodyUse use) : answers_(answers), use_(use) {
  begin_message();
}

void ResponseReader::begin_message() {
  response_ = {};
  parser_.emplace(response_, use_);
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(header_limit));
  parser_->body_limit(boost::none);  // whoever reads counts the bytes
  if (answers_ == Answers::head) parser_->skip(true);
}

ResponseReader::Progress ResponseReader::fail(std::string why) {
  error_ = std::move(why);
  return Progress::malformed;
}

ResponseReader::Progress ResponseReader::feed(std::string_view data) {
  const bool fresh = held_back_.empty();
  if (!fresh) {
    held_back_.append(data);
    // Beast takes for granted that it gets no last chunk again before that can be whole; and after
    // the header nothing but the beginning of a chunk is held back.
    constexpr std::size_t shortest_end = 5;  // "0", CR, LF, CR, LF
    if (has_header() && held_back_.size() < shortest_end) return Progress::more;
  }
  std::string_view left = fresh ? data : std::string_view{held_back_};
  const Progress progress = parse(left);
  if (progress != Progress::more) return progress;
  if (left.size() > header_limit) return fail("its headers are longer than 64 KiB");
  if (fresh) {
    held_back_.assign(left);
  } else {
    held_back_.erase(0, held_back_.size() - left.size());
  }
  return progress;
}

ResponseReader::Progress ResponseReader::parse(std::string_view& data) {
  constexpr std::size_t most_interim = 16;
  while (!data.empty()) {
    boost::beast::error_code error;
    const std::size_t used = parser_->put(boost::asio::buffer(data.data(), data.size()), error);
    data.remove_prefix(used);
    if (error == http::error::header_limit) return fail("its headers are longer than 64 KiB");
    if (error && error != http::error::need_more) return fail(error.message());
    if (!parser_->is_done()) {
      if (error || used == 0) return Progress::more;
      continue;
    }
    // 100 Continue and its like announce the answer; 101 is one, though nobody asked for it.
    const bool interim = response_.status / 100 == 1 && response_.status != 101;
    if (!interim) return Progress::complete;
    if (++interim_ > most_interim) return fail("it goes on with interim responses");
    begin_message();
  }
  return Progress::more;
}

ResponseReader::Progress ResponseReader::feed_end() {
  if (!parser_->got_some()) return Progress::more;
  boost::beast::error_code error;
  parser_->put_eof(error);
  return error ? Progress::more : Progress::complete;
}

}  // namespace heald

// The reader of HTTP responses, without a socket. However the bytes are cut into pieces, the answer
// is the same one, or none; and what is kept of it is bounded by what came.

#include <string>

#include "fuzz/input.hpp"
#include "net/http_response.hpp"

namespace heald::fuzz {

namespace {

using Progress = ResponseReader::Progress;

struct End {
  Progress progress = Progress::more;
  HttpResponse response;
};

/// Pieces of `size` bytes; 0: one piece. Ends as the client does: at the first end, or when the
/// peer closes.
End read(std::string_view bytes, std::size_t size, ResponseReader::Answers answers, BodyUse use) {
  ResponseReader reader{answers, use};
  End end;
  while (!bytes.empty() && end.progress == Progress::more) {
    const std::string_view piece = bytes.substr(0, size == 0 ? bytes.size() : size);
    end.progress = reader.feed(piece);
    bytes.remove_prefix(piece.size());
  }
  if (end.progress == Progress::more) end.progress = reader.feed_end();
  const bool malformed = end.progress == Progress::malformed;
  require(!malformed || !reader.error().empty(), "it says what is wrong");
  end.response = reader.take_response();
  return end;
}

}  // namespace

void run(std::string_view bytes) {
  Input input{bytes};
  const auto answers = static_cast<ResponseReader::Answers>(input.below(2));
  const auto use = static_cast<BodyUse>(input.below(2));
  const std::size_t size = 1 + input.below(64);
  const std::string_view sent = input.rest();
  const End whole = read(sent, 0, answers, use);
  require(whole.response.body.size() <= sent.size(), "a body is no larger than what came");
  const End pieces = read(sent, size, answers, use);
  // What is no HTTP may be noticed later: once a header was begun, Beast waits for its last line.
  const bool complete = whole.progress == Progress::complete;
  require((pieces.progress == Progress::complete) == complete, "pieces come to the same end");
  if (whole.progress != Progress::complete) return;
  require(pieces.response.status == whole.response.status, "with the same status");
  require(pieces.response.location == whole.response.location, "with the same location");
  require(pieces.response.body == whole.response.body, "with the same body");
}

}  // namespace heald::fuzz

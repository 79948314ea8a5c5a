#include "main/rules_reader.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace heald {

RulesReader::RulesReader(boost::asio::io_context& strand, std::string file, Done done)
    : strand_(strand), file_(std::move(file)), done_(std::move(done)) {}

RulesReader::~RulesReader() {
  if (thread_.joinable()) thread_.join();
}

void RulesReader::read() {
  if (state_ != State::idle) {
    state_ = State::reading_again;
    return;
  }
  state_ = State::reading;
  if (thread_.joinable()) thread_.join();  // it has posted its result: this does not wait
  thread_ = std::thread{[this] {
    boost::asio::post(strand_, [this, loaded = load_rules(file_)]() mutable {
      finish(std::move(loaded));
    });
  }};
}

void RulesReader::finish(Loaded loaded) {
  const bool again = std::exchange(state_, State::idle) == State::reading_again;
  done_(std::move(loaded));
  if (again) read();
}

}  // namespace heald

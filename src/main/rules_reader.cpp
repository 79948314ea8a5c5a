#include "main/rules_reader.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace heald {

RulesReader::~RulesReader() {
  if (thread_.joinable()) thread_.join();
}

void RulesReader::read(std::string file, Done done) {
  wishes_.push_back({std::move(file), std::move(done)});
  if (wishes_.size() == 1) begin();
}

void RulesReader::begin() {
  if (thread_.joinable()) thread_.join();  // it has posted its result: this does not wait
  thread_ = std::thread{[this, file = wishes_.front().file] {
    boost::asio::post(strand_, [this, loaded = load_rules(file)]() mutable {
      finish(std::move(loaded));
    });
  }};
}

void RulesReader::finish(Loaded loaded) {
  const Done done = std::move(wishes_.front().done);
  wishes_.pop_front();
  if (!wishes_.empty()) begin();
  done(std::move(loaded));
}

}  // namespace heald

#include "main/rules_reader.hpp"

#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

namespace heald {

RulesReader::~RulesReader() {
  if (thread_.joinable()) thread_.join();
}

void RulesReader::read(std::string file, Fit fit, Done done) {
  run([file = std::move(file), fit = std::move(fit),
       done = std::move(done)]() -> std::function<void()> {
    auto loaded = std::make_shared<Loaded>(load_rules(file));
    if (loaded->policy) loaded->policy = fit(*std::move(loaded->policy));
    return [loaded, done] { done(std::move(*loaded)); };
  });
}

void RulesReader::run(Work work) {
  works_.push_back(std::move(work));
  if (works_.size() == 1) begin();
}

void RulesReader::begin() {
  if (thread_.joinable()) thread_.join();  // it has posted its result: this does not wait
  thread_ = std::thread{[this, work = works_.front()] {
    boost::asio::post(strand_, [this, then = work()] { finish(then); });
  }};
}

void RulesReader::finish(const std::function<void()>& then) {
  works_.pop_front();
  if (!works_.empty()) begin();
  then();
}

}  // namespace heald

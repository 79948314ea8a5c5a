#include "main/rules_desk.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace heald {

void RulesDesk::reload(std::string by, Answered answered) {
  boost::asio::post(strand_,
                    [this, by = std::move(by), answered = std::move(answered)]() mutable {
                      waiting_.push_back(std::move(answered));
                      asking_ += (asking_.empty() ? "" : ", ") + by;
                      if (!reading_) read();
                    });
}

void RulesDesk::read() {
  reading_ = true;
  reader_.read(file_, [this, askers = std::exchange(waiting_, {}),
                       by = std::exchange(asking_, {})](Loaded loaded) {
    reading_ = false;
    apply_(std::move(loaded), by, [askers](const Reloaded& outcome) {
      for (const Answered& answered : askers) {
        if (answered) answered(outcome);
      }
    });
    if (!waiting_.empty()) read();
  });
}

std::vector<RulesMistake> as_mistakes(const std::vector<Problem>& problems) {
  std::vector<RulesMistake> mistakes;
  for (const Problem& problem : problems) {
    mistakes.push_back({problem.file, problem.line, problem.column, problem.message});
  }
  return mistakes;
}

}  // namespace heald

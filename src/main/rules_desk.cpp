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
  reader_.read(file_, fitting_(), [this, askers = std::exchange(waiting_, {}),
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

void RulesDesk::plan(std::string file, std::function<void(Planned)> answered) {
  boost::asio::post(
      strand_, [this, file = std::move(file), answered = std::move(answered)]() mutable {
        reader_.read(
            file.empty() ? file_ : std::move(file), fitting_(),
            [this, answered](Loaded loaded) { make_plan(std::move(loaded), answered); });
      });
}

void RulesDesk::make_plan(Loaded loaded, const std::function<void(Planned)>& answered) {
  if (!loaded.policy) return answered({{}, as_mistakes(loaded.problems), {}});
  const auto foresee = foresee_(std::move(loaded));
  if (!foresee) return answered({{}, {}, "heald is ending"});
  reader_.run([foresee, answered]() -> std::function<void()> {
    return [answered, json = foresee()] { answered({json, {}, {}}); };
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

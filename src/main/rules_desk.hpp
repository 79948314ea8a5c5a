#pragma once
// Where wishes for new rules come in, from SIGHUP and from the API.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <vector>

#include "main/rules_reader.hpp"
#include "runtime/rules_port.hpp"

namespace heald {

/// Has the rule file read, hands it over, and answers everybody who asked before it was opened.
class RulesDesk final : public RulesPort {
 public:
  using Answered = std::function<void(Reloaded)>;
  /// Puts what was read in force, or not, and answers once; `by`: who asked. On the strand.
  using Apply =
      std::function<void(Loaded loaded, const std::string& by, Answered answered)>;

  /// Prepares a plan on the strand, and returns what makes it, for another thread; empty: heald
  /// is ending. The rules are good ones.
  using Foresee = std::function<std::function<std::string()>(Loaded loaded)>;

  /// Asked on the strand when rules are about to be read.
  using Fitting = std::function<RulesReader::Fit()>;

  /// `file`: the daemon's rule file. `strand` outlives the desk.
  RulesDesk(boost::asio::io_context& strand, std::string file, Fitting fitting, Apply apply,
            Foresee foresee)
      : strand_(strand),
        file_(std::move(file)),
        fitting_(std::move(fitting)),
        apply_(std::move(apply)),
        foresee_(std::move(foresee)),
        reader_(strand) {}

  /// One load answers everybody who asked before it began; whoever asks later waits for the next.
  void reload(std::string by, Answered answered) override;
  void plan(std::string file, std::function<void(Planned)> answered) override;

 private:
  void read();
  void make_plan(Loaded loaded, const std::function<void(Planned)>& answered);

  boost::asio::io_context& strand_;
  std::string file_;
  Fitting fitting_;
  Apply apply_;
  Foresee foresee_;
  std::vector<Answered> waiting_;  ///< for the next load
  std::string asking_;              ///< who these are
  bool reading_ = false;
  RulesReader reader_;  ///< the last, so that nothing is read any more when the rest ends
};

/// As the API and the command line show them.
[[nodiscard]] std::vector<RulesMistake> as_mistakes(const std::vector<Problem>& problems);

}  // namespace heald

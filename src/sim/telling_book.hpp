#pragma once
// Nobody is left in the dark, and nobody is told twice of one thing: each receiver hears of what is
// sick, or of the dependency that explains it; and of its end, when he heard of its beginning.

#include <deque>
#include <map>
#include <set>
#include <string>

#include "sim/book.hpp"
#include "sim/per_probe.hpp"

namespace heald::sim {

class TellingBook {
 public:
  explicit TellingBook(const Requirement& require) : require_(require) {}

  void after(const Step& step);
  void heald_died() { ending_ = false; }

 private:
  struct Case {
    std::set<std::string> heard;       // since it opened, relapsed or an operator stepped in
    std::set<std::string> heard_last;  // who had heard of it when it was over
    std::set<std::string> latch_owed;  // who was not told at once that it latched
    std::set<std::string> latch_told;  // who was, unless an operator stepped in since
    Instant begun{};                   // of the sickness
    Instant quiet_until{};             // till then it may be unclear whose failure it is
    Instant asked{};                   // when a dependent had it looked at
    Instant asked_until{};             // how long that takes, as a rule
    Instant told{};                    // the latest message
    bool end_owed = false;   // it closed, and nobody has been told yet
    bool explained = false;  // open at the end of the last step, and by a failure
  };
  using Receiver = std::string;

  void pass_over_gap(Instant now);
  void read(const Step& step, const Record& record, std::deque<const TellCommand*>& tells);
  void take(const Step& step, const TellCommand& tell);
  void check_once(const Step& step, const TellCommand& tell);
  [[nodiscard]] bool heard_cause(const Step& step, ServiceId told, ServiceId service,
                                 const Receiver& receiver);
  void check_end(const Step& step, const TellCommand& tell);
  void close(const Step& step, ServiceId service);
  void note_latch(const Step& step, ServiceId service);
  void be_quiet(const Step& step, ServiceId service);
  void check_service(const Step& step, ServiceId service);
  void check_reminder(const Step& step, ServiceId service);
  [[nodiscard]] bool waits_for_look(const Step& step, ServiceId cause);
  [[nodiscard]] bool covered(const Step& step, ServiceId service, const Receiver& receiver);

  std::reference_wrapper<const Requirement> require_;
  std::map<ServiceId, Case> cases_;
  PerProbe<Instant> looked_;  // the latest look, when begun
  std::set<ServiceId> closed_;  // in this step
  Instant ruled_since_{};
  Instant last_{};  // step
  bool ending_ = false;
};

}  // namespace heald::sim

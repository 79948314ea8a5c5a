#pragma once
// The world that a rehearsal acts on: what its services would really do.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heald/actuator.hpp"
#include "heald/observation.hpp"
#include "heald/time.hpp"
#include "sim/fault.hpp"

namespace heald::sim {

/// What a probe meets.
enum class Answer : std::uint8_t {
  pass,
  fail,
  silent,   ///< a fail without any answer, as by a timeout
  unknown,  ///< the prober itself failed
};

/// What one look comes to, and how long it takes.
struct Meeting {
  Answer answer = Answer::pass;
  Duration takes{};
  std::string_view evidence = "refused";  ///< of a fail, a fixed text
};

/// How an action goes.
struct Course {
  ActionResult result = ActionResult::done;
  Duration takes = std::chrono::milliseconds{100};
  bool reported = true;          ///< false: its end never comes
  bool starts = true;            ///< false: what it should start does not come up
  std::optional<Answer> leaves;  ///< what every probe meets afterwards; empty: as before
  bool cures = true;             ///< false: it is done, and what ails the service stays
  bool happens = true;           ///< false: nothing was done, whatever the result says
  Duration again_after{};        ///< not zero: it is reported once more, so much later
};

/// Whether the runtime has the commands for it; without them the actuator does nothing.
[[nodiscard]] bool has_means(const ServicePolicy& policy, ActionKind kind);

/// A fault that is, or was, true of a service.
struct Trouble {
  const Fault* fault = nullptr;
  std::size_t number = 0;  ///< the caller's, to tell faults apart
  Instant began{};
  Instant over = never;
  ActionId cured_by;
};

/// One service as it really is.
class Patient {
 public:
  [[nodiscard]] Answer answer_to(const std::string& probe) const;
  /// Sets what one probe meets when no fault says otherwise, or, with an empty name, all of them.
  void answer(const std::string& probe, Answer answer);
  /// What a look by this probe comes to that begins now. `up`: it runs, or is somebody else's.
  [[nodiscard]] Meeting meet(const ProbePolicy& probe, Instant now) const;
  /// Every probe of these rules would truly pass.
  [[nodiscard]] bool well(const ServicePolicy& rules, Instant now) const;

  /// The next action goes so; after these, `usual`.
  void plan(Course course) { plans_.push_back(course); }
  [[nodiscard]] Course next_course(const ActionOrder& order);
  Course usual;
  Duration look_takes = std::chrono::milliseconds{1};

  /// Carries an action out as it is planned. `rung`: the name of the rung that it is, if any.
  void undergo(const ActionOrder& order, const Course& course, const std::string& rung,
               Instant now);
  void end(ExitStatus status);
  /// What a returning heald finds.
  [[nodiscard]] bool has_ended() const { return ended_; }
  void reboot(Instant now);

  /// From now on the fault is true of it. `fault` has to live as long as the patient.
  void suffer(const Fault& fault, std::size_t number, Instant now);
  /// The fault is over, if it is not yet, by itself.
  void be_rid_of(std::size_t number, Instant now);
  /// Those that are true, and those that were.
  [[nodiscard]] const std::vector<Trouble>& troubles() const { return troubles_; }
  [[nodiscard]] const std::vector<Trouble>& past_troubles() const { return past_; }
  /// What a service that has just started has ahead of it: how it ends, and after how long.
  struct EndAhead {
    Duration after;
    ExitStatus status;
    std::size_t number;  ///< of the trouble that ends it
  };
  [[nodiscard]] std::vector<EndAhead> ends_ahead(const std::function<bool()>& needs_are_well) const;
  [[nodiscard]] bool suffers_from(std::size_t number) const;

  bool runs = false;  ///< its process lives; of an external service: `down` tells
  bool down = false;  ///< an external service that has crashed or could not start
  Generation generation;
  /// Those of the latest start that was tried, whatever came of it.
  std::shared_ptr<const ServicePolicy> started_by;  ///< the rules of the latest try to start it
  bool unrecorded = false;  ///< the latest start was made while the journal could not be written
  Instant started{};  ///< last; of an external service, also before anybody started it

 private:
  void start(const ActionOrder& order, bool comes_up, Instant now);
  void be_cured_by(const ActionOrder& order, const std::string& rung, Instant now);
  void part_with(const std::function<bool(const Trouble&)>& over, Instant now, ActionId cured_by);
  [[nodiscard]] Answer answer_by_itself(const ProbePolicy& probe, Instant now) const;

  std::map<std::string, Answer> answers_;
  Answer others_ = Answer::pass;
  std::deque<Course> plans_;
  std::vector<Trouble> troubles_;
  std::vector<Trouble> past_;
  bool ended_ = false;  // it was started, and ended without being asked to
};

[[nodiscard]] inline ExitStatus exit_with(int code) {
  return {.kind = ExitStatus::Kind::exited, .code = code, .oom = false};
}
[[nodiscard]] inline ExitStatus killed_by(int signal) {
  return {.kind = ExitStatus::Kind::signaled, .code = signal, .oom = false};
}
/// Whether a child started under one of these is as one started under the other.
[[nodiscard]] bool starts_alike(const ServicePolicy& one, const ServicePolicy& other);
/// restart, start or reprovision: the service is new afterwards.
[[nodiscard]] bool starts_anew(ActionKind kind);

}  // namespace heald::sim

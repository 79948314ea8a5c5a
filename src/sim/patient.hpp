#pragma once
// The world that a rehearsal acts on: what its services would really do.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "heald/actuator.hpp"
#include "heald/observation.hpp"
#include "heald/time.hpp"

namespace heald::sim {

/// What a probe meets.
enum class Answer : std::uint8_t {
  pass,
  fail,
  silent,   ///< a fail without any answer, as by a timeout
  unknown,  ///< the prober itself failed
};

/// How an action goes.
struct Course {
  ActionResult result = ActionResult::done;
  Duration takes = std::chrono::milliseconds{100};
  bool reported = true;          ///< false: its end never comes
  bool starts = true;            ///< false: what it should start does not come up
  std::optional<Answer> leaves;  ///< what every probe meets afterwards; empty: as before
};

/// One service as it really is.
class Patient {
 public:
  [[nodiscard]] Answer answer_to(const std::string& probe) const;
  /// Sets what one probe meets, or, with an empty name, all of them.
  void answer(const std::string& probe, Answer answer);

  /// The next action goes so; after these, `usual`.
  void plan(Course course) { plans_.push_back(course); }
  [[nodiscard]] Course next_course();
  Course usual;
  Duration look_takes = std::chrono::milliseconds{1};

  /// Carries an action out as it is planned.
  void undergo(const ActionOrder& order, const Course& course);
  void end(ExitStatus status);
  /// What a returning heald finds.
  [[nodiscard]] bool has_ended() const { return ended_; }
  void reboot();

  bool runs = false;
  Generation generation;

 private:
  std::map<std::string, Answer> answers_;
  Answer others_ = Answer::pass;
  std::deque<Course> plans_;
  bool ended_ = false;  // it was started, and ended without being asked to
};

[[nodiscard]] inline ExitStatus exit_with(int code) {
  return {.kind = ExitStatus::Kind::exited, .code = code, .oom = false};
}
[[nodiscard]] inline ExitStatus killed_by(int signal) {
  return {.kind = ExitStatus::Kind::signaled, .code = signal, .oom = false};
}

}  // namespace heald::sim

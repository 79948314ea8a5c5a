#include "sim/symptoms.hpp"

#include <algorithm>

namespace heald::sim {
namespace {

bool meant(const std::string& probe, const ProbePolicy& rule) {
  return probe.empty() || probe == rule.name;
}

void fail(Meeting& meeting, std::string_view evidence = "a bad answer") {
  if (meeting.answer != Answer::pass) return;
  meeting.answer = Answer::fail;
  meeting.evidence = evidence;
}

void fall_silent(Meeting& meeting, const ProbePolicy& probe) {
  meeting = {.answer = Answer::silent, .takes = probe.timeout};
}

/// Makes a look worse, one kind of ailment at a time.
struct Worsening {
  Meeting& meeting;
  const Trouble& trouble;
  const Look& look;

  void operator()(const Hang& hang) const {
    if (meant(hang.probe, look.probe)) fall_silent(meeting, look.probe);
  }
  void operator()(const AnswerBadly& bad) const {
    if (meant(bad.probe, look.probe)) fail(meeting);
  }
  void operator()(const Flap& flap) const {
    const Duration period = flap.sick + flap.well;
    const bool sick =
        period <= Duration::zero() || (look.now - trouble.began) % period < flap.sick;
    if (sick && meant(flap.probe, look.probe)) fail(meeting);
  }
  void operator()(const SlowDown& slow) const {
    if (!meant(slow.probe, look.probe)) return;
    meeting.takes += slow.by;
    const auto* http = std::get_if<HttpProbe>(&look.probe.kind);
    const bool late =
        http != nullptr && http->latency_below && meeting.takes > *http->latency_below;
    if (late) fail(meeting, "an answer that came too late");
    if (meeting.takes > look.probe.timeout) fall_silent(meeting, look.probe);
  }
  void operator()(const Leak& leak) const {
    if (look.now < std::max(look.started, trouble.began) + leak.well_for) return;
    if (leak.then == Leak::Then::hang) fall_silent(meeting, look.probe);
    if (leak.then == Leak::Then::answer_badly) fail(meeting);
  }
  void operator()(const StartSlowly& slow) const {
    const bool starts = look.started >= trouble.began && look.now < look.started + slow.takes;
    if (starts) fail(meeting, "refused");
  }
  template <class Other>
  void operator()(const Other&) const {}  // shows in other ways than by its answers
};

bool meant(const std::vector<ActionKind>& kinds, const ActionOrder& order) {
  return kinds.empty() ||
         std::find(kinds.begin(), kinds.end(), kind_of(order.action)) != kinds.end();
}

}  // namespace

void worsen(Meeting& meeting, const Trouble& trouble, const Look& look) {
  std::visit(Worsening{meeting, trouble, look}, trouble.fault->kind);
}

void distort(Meeting& meeting, const Trouble& trouble, const ProbePolicy& probe) {
  const auto* go = std::get_if<ProbesGo>(&trouble.fault->kind);
  if (go == nullptr || !meant(go->probe, probe)) return;
  switch (go->how) {
    case ProbesGo::How::pass: meeting.answer = Answer::pass; break;
    case ProbesGo::How::fail: meeting.answer = Answer::fail; break;
    case ProbesGo::How::silent: fall_silent(meeting, probe); break;
    case ProbesGo::How::unknown: meeting.answer = Answer::unknown; break;
    case ProbesGo::How::late: meeting.takes += go->later; break;
  }
}

void misdirect(Course& course, const Trouble& trouble, const ActionOrder& order) {
  if (std::holds_alternative<FailToStart>(trouble.fault->kind) &&
      starts_anew(kind_of(order.action))) {
    const std::vector<ActionKind> cures = cure_of(*trouble.fault).actions;
    const bool cured =
        std::find(cures.begin(), cures.end(), kind_of(order.action)) != cures.end();
    if (!cured) course.result = ActionResult::failed;
    course.starts = course.starts && cured;
  }
  const auto* go = std::get_if<ActionsGo>(&trouble.fault->kind);
  if (go == nullptr || !meant(go->of, order)) return;
  switch (go->how) {
    case ActionsGo::How::fail:
      course.result = ActionResult::failed;
      course.happens = false;
      break;
    case ActionsGo::How::half_succeed: course.cures = false; break;
    case ActionsGo::How::time_out:
      course.result = ActionResult::timed_out;
      course.takes = order.timeout;
      course.happens = false;
      break;
    case ActionsGo::How::never_report: course.reported = false; break;
    case ActionsGo::How::report_late: course.takes += go->later; break;
    case ActionsGo::How::report_twice: course.again_after = go->later; break;
  }
}

}  // namespace heald::sim

#include "process/self_report.hpp"

namespace heald {
namespace {

SelfReport::Stage stage_of(Notice::Stage stage) {
  switch (stage) {
    case Notice::Stage::ready: return SelfReport::Stage::ready;
    case Notice::Stage::reloading: return SelfReport::Stage::reloading;
    case Notice::Stage::stopping: break;
  }
  return SelfReport::Stage::stopping;
}

void hear(SelfReport& report, Notice::Watchdog word, Moment now) {
  // What called for its own end is not well again because one of its threads still counts.
  if (word == Notice::Watchdog::trigger) report.watchdog = SelfReport::Watchdog::triggered;
  if (word == Notice::Watchdog::alive) report.heard = now;
}

}  // namespace

SelfReport begin_report(SelfReport::Stage stage, Moment now) {
  SelfReport report;
  report.stage = stage;
  report.since = report.heard = now;
  return report;
}

Told fold(SelfReport& report, const Notice& notice, pid_t self, Moment now) {
  const SelfReport before = report;
  if (notice.stage) report.stage = stage_of(*notice.stage);
  if (notice.stage == Notice::Stage::ready) report.heard = now;
  if (notice.watchdog) hear(report, *notice.watchdog, now);
  if (notice.status) report.status = *notice.status;
  if (notice.extension) report.extended_to = now + *notice.extension;
  if (notice.main_pid && *notice.main_pid != self) report.refused_main_pid = *notice.main_pid;
  const bool same = before.stage == report.stage && before.watchdog == report.watchdog &&
                    before.status == report.status &&
                    before.refused_main_pid == report.refused_main_pid;
  return same ? Told::nothing_new : Told::news;
}

std::string_view to_string(SelfReport::Stage stage) {
  switch (stage) {
    case SelfReport::Stage::starting:
    case SelfReport::Stage::untold: break;
    case SelfReport::Stage::ready: return "ready";
    case SelfReport::Stage::reloading: return "reloading";
    case SelfReport::Stage::stopping: return "stopping";
  }
  return {};
}

std::string describe(const SelfReport& report) {
  std::string text{to_string(report.stage)};
  if (!report.status.empty()) text.append(text.empty() ? "" : ": ").append(report.status);
  const auto add = [&](const std::string& more) {
    text.append(text.empty() ? "" : "; ").append(more);
  };
  if (report.watchdog == SelfReport::Watchdog::triggered) add("it asked for its own restart");
  if (report.refused_main_pid != 0) {
    add("its MAINPID=" + std::to_string(report.refused_main_pid) +
        " is ignored: a service stays in the foreground");
  }
  return text;
}

}  // namespace heald

// Faults as data: what they are, and how a script writes them.

#include <catch2/catch.hpp>

#include "sim/fault.hpp"

using namespace heald;
using namespace heald::sim;

TEST_CASE("a fault is written as one line of a script") {
  const Fault hang{.at = 5min, .kind = Hang{}, .services = {"redis", "web"}, .lasting = 90s,
                   .cured_by = {}};
  CHECK(to_script(hang) == "{at: 5m, hang: {}, services: [redis, web], lasting: 90s}");
  const Fault crash{.at = 1500ms, .kind = Crash{.status = {ExitStatus::Kind::signaled, 9, true},
                                                .again_after = 2s},
                    .services = {}, .lasting = {}, .cured_by = Cure{{ActionKind::reprovision},
                                                                    {"free-space"}}};
  CHECK(to_script(crash) ==
        "{at: 1500ms, crash: {signal: 9, oom: true, again_after: 2s}, "
        "cured_by: [free-space, reprovision]}");
  const Fault incurable{.at = 0s, .kind = AnswerBadly{"answers"}, .services = {}, .lasting = {},
                        .cured_by = Cure{}};
  CHECK(to_script(incurable) ==
        "{at: 0ms, answer_badly: {probe: answers}, cured_by: []}");
}

TEST_CASE("what a start mends is cured by one, and what comes back is cured by nothing") {
  CHECK(usual_cure(Hang{}).actions.size() == 3);
  CHECK(usual_cure(FailToStart{}).actions == std::vector{ActionKind::reprovision});
  CHECK(usual_cure(Leak{}) == Cure{});
  CHECK(usual_cure(ActionsGo{}) == Cure{});
}

TEST_CASE("ailments hit services, and what happens to heald hits none") {
  CHECK(is_ailment(Leak{}));
  CHECK_FALSE(is_ailment(StartSlowly{}));
  CHECK_FALSE(is_ailment(ProbesGo{}));
  CHECK(hits_services(ProbesGo{}));
  CHECK_FALSE(hits_services(Stall{}));
  CHECK(is_momentary(KillHeald{}));
  CHECK_FALSE(is_momentary(FailJournal{}));
}

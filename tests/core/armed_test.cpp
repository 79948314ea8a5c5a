// Pre-armed restarts: what may start before its intent is durable, and what becomes of it when
// heald dies before it is.

#include <catch2/catch.hpp>
#include <variant>

#include "rehearsal.hpp"

using namespace heald;
using namespace heald::rehearsal;

namespace {

using namespace std::chrono_literals;

const ActCommand* order_in(const Decision& decision) {
  for (const Command& command : decision.commands) {
    if (const auto* act = std::get_if<ActCommand>(&command)) return act;
  }
  return nullptr;
}

const Decision& end_of(Rehearsal& world, const std::string& service) {
  Patient& patient = world.patient(service);
  patient.end(killed_by(9));
  return world.feed(ProcessExited{{world.id(service), patient.generation, killed_by(9)}});
}

}  // namespace

TEST_CASE("the restart of what ran in peace is armed, and no other") {
  Rehearsal world{rules({process("web"), external("shop")})};
  world.settle_in();
  const ActCommand* first = order_in(end_of(world, "web"));
  REQUIRE(first != nullptr);
  CHECK(first->armed);
  REQUIRE(world.run_until([&] { return world.state("web").activity == Activity::verifying; }));

  // While it is verified, the journal has it in an action.
  world.end("web");
  REQUIRE(world.run_until([&] { return world.deeds("web") == "restart restart"; }));
  CHECK_FALSE(world.ordered.back().armed);
  world.answer("shop", Answer::fail);
  REQUIRE(world.run_until([&] { return world.deeds("shop") == "restart"; }));
  CHECK_FALSE(world.ordered.back().armed);
}

TEST_CASE("a restart that waited for a guard is not armed") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.operate(Operation::pause, "web");
  CHECK(order_in(end_of(world, "web")) == nullptr);
  Operated resume{.operation = Operation::resume, .service = world.id("web"),
                  .dependents = Operated::Dependents::refuse, .lasting = {}, .by = "alice",
                  .reason = {}};
  const ActCommand* late = order_in(world.feed(resume));
  REQUIRE(late != nullptr);
  CHECK_FALSE(late->armed);
}

TEST_CASE("a restart that heald died in before it was written down is taken up and verified") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  const Generation before = world.state("web").generation;
  world.crash(Rehearsal::InFlight::unwritten);
  world.come_back();
  world.run(2min);
  CHECK(world.deeds("web").empty());  // nothing is started a second time
  CHECK(world.verdicts("web") == "healed");
  CHECK(world.count(RecordKind::action_intended, "web") == 1);
  CHECK(world.records_of(RecordKind::action_finished, "web").front().result ==
        ActionResult::unknown);
  CHECK(world.count(RecordKind::incident_opened, "web") == 1);
  CHECK(world.count(RecordKind::incident_closed, "web") == 1);
  CHECK(world.state("web").generation.value() == before.value() + 1);
  CHECK(world.state("web").spent.size() == 1);  // it cost what it would have
  CHECK(world.engine().daemon().spent.size() == 1);
  CHECK(world.state("web").health == Health::healthy);
}

TEST_CASE("an unwritten restart that did not last is followed by the next rung") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.crash(Rehearsal::InFlight::unwritten);
  world.patient("web").end(killed_by(9));
  world.come_back();
  world.run(2min);
  CHECK(world.verdicts("web") == "not_healed healed");
  CHECK(world.deeds("web") == "restart");
  CHECK(world.count(RecordKind::incident_opened, "web") == 1);
}

TEST_CASE("only the very next process is taken for an unwritten restart") {
  for (const std::uint64_t beyond : {1U, 2U}) {
    Rehearsal world{rules({process("web")})};
    world.settle_in();
    Patient& patient = world.patient("web");
    world.crash();
    patient.generation = Generation{patient.generation.value() + beyond};
    world.come_back();
    CHECK(world.count(RecordKind::action_intended, "web") == (beyond == 1 ? 1 : 0));
    CHECK(world.count(RecordKind::adopted, "web") == 1);
  }
}

TEST_CASE("a service that was in an action has no unwritten one") {
  Rehearsal world{rules({process("web")})};
  world.settle_in();
  world.end("web");
  REQUIRE(world.run_until([&] { return world.state("web").activity == Activity::verifying; }));
  world.forget();
  world.crash();
  Patient& patient = world.patient("web");
  patient.generation = Generation{patient.generation.value() + 1};
  world.come_back();
  CHECK(world.count(RecordKind::action_intended, "web") == 0);
}

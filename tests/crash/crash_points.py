#!/usr/bin/env python3
"""heald is killed at every point of a scripted incident, and comes back.

  crash_points.py HEALD SHIM SERVICE [--every N] [--jobs N] [--point N] [--tear]

A point is a system call on a file of the state folder, or one that makes or signals a process;
heald is killed before it (and after it, for processes). The script: three services come up; one
breaks and dies; restarting it does not help; an operator stops another; the second rung mends the
first; heald is told to end. Each life is followed by another that is killed too, while it
recovers, and by one that lives.
"""

import argparse
import os
import signal
import sys

from enumeration import arguments, enumerate_points
from faults import Fault
from world import Broken, Died, World

RULES = """
heald: {shutdown_timeout: 20s}
services:
  db:
    process: {command: SERVE(db), stop: {timeout: 5s}}
    probes: {answers: {tcp: PROBE(db), interval: 50ms, timeout: 2s, start_period: 10s}}
  web:
    depends_on: [db]
    process: {command: SERVE(web), stop: {timeout: 5s}}
    probes: {answers: {tcp: PROBE(web), interval: 50ms, timeout: 2s, start_period: 10s}}
    remediation:
      - restart: {}
        attempts: 1
        verify: {within: 10s, stable_for: 60ms}
      - name: rebuild
        reprovision: {command: REBUILD}
        attempts: 4
        verify: {within: 10s, stable_for: 60ms}
    backoff: {initial: 5ms, max: 10ms}
    limits: {actions: 20, per: 10m}
  worker:
    process: {command: SERVE(worker), stop: {timeout: 5s}}
    probes: {answers: {tcp: PROBE(worker), interval: 50ms, timeout: 2s, start_period: 10s}}
"""
SERVICES = ("db", "web", "worker")


# Each step looks at what is true, so that it can be taken anew after heald came back.
def script(world):
    facts = world.facts
    if "broken" not in facts:
        world.until_healthy(*SERVICES)
        pid = world.page("web")["pid"]
        (world.folder / "web.broken").touch()
        facts.add("broken")
        os.kill(pid, signal.SIGKILL)
    if "stopped" not in facts:
        world.until_recorded(service="web", kind="verdict", action="restart")
        refusal = world.operate("worker", "stop")
        world.must(not refusal, f"the operator was refused: {refusal}")
        world.worker_starts = count_starts(world, "worker")
        facts.add("stopped")
    world.until_recorded(service="web", kind="incident_closed")
    world.until_healthy("db", "web")
    world.until("worker stopped", lambda: not world.page("worker")["running"])
    if "ending" not in facts:
        check_healed(world)
    facts.add("ending")
    world.end()


def count_starts(world, name):
    return sum(start.name == name for start in world.starts())


def check_healed(world):
    """What never broke was never touched."""
    world.must(count_starts(world, "db") == 1, "db was started again")
    world.must(count_starts(world, "worker") == 1, "worker was started again")


def check_end(world):
    world.check_starts()
    world.check_journal()
    world.must(not world.left_over(), f"orphans: {world.left_over()}")
    stopped = count_starts(world, "worker") == world.worker_starts
    world.must(stopped, "the operator's stop was undone")
    closings = [row["closing"] for row in world.incidents("web")]
    world.must(closings == ["healed"], f"the incidents of web: {closings}")
    for name in ("db", "worker"):
        told = [row["symptom"] for row in world.incidents(name)]
        world.must(not told, f"{name} was never ill, but: {told}")


def run(deaths, fault=Fault.KILL):
    """Lives that end at these points, one after the other, and a last one. Returns where."""
    with World(RULES, SERVICES) as world:
        where = []
        for death in [*deaths, None]:
            if death is None:
                world.faults.inject(Fault.NONE, 0)
            else:
                world.faults.inject(fault, death)
            try:
                world.live()
                script(world)
                break
            except Died:
                world.must(world.faults.get("hits") > 0, "heald was killed by another")
                where.append(world.faults.point(death))
                world.heald.wait()
            except Broken as broken:
                raise Broken(f"after {where}: {broken}") from broken
        try:
            check_end(world)
        except Broken as broken:
            raise Broken(f"after {where}: {broken}") from broken
        return where, world.faults.get("points")


def second_death(point):
    """Spreads the second deaths over a recovery, the same in each run."""
    return 1 + point * 37 % 113


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tear", action="store_true", help="half of a write is done")
    options = arguments(parser)
    fault = Fault.TEAR if options.tear else Fault.KILL
    if options.point:
        point = int(options.point)
        print(run([point, second_death(point)], fault))
        return 0
    count = run([])[1]
    name = "killed in the middle of a write" if options.tear else "killed"
    failed = enumerate_points(name, options, count,
                              lambda point: run([point, second_death(point)], fault)[0])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

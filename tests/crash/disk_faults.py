#!/usr/bin/env python3
"""Each call on a file of the state folder fails once, or that one and the next ones.

  disk_faults.py HEALD SHIM SERVICE [--every N] [--jobs N] [--fault NAME --point N]

The script: two services come up; one is killed and healed; an operator stops the other; heald is
told to end. heald may refuse to start, with a reason; once it runs, it goes on. No service is
started whose intent is not on the disk: it looks for itself.
"""

import argparse
import errno
import sys

from enumeration import arguments, enumerate_points
from faults import Call, Fault
from world import Broken, Refused, World

RULES = """
heald: {shutdown_timeout: 20s}
services:
  db:
    process: {command: SERVE(db), stop: {timeout: 5s}}
    probes: {answers: {tcp: PROBE(db), interval: 50ms, timeout: 2s, start_period: 10s}}
    remediation: [{restart: {}, attempts: 9, verify: {within: 10s, stable_for: 60ms}}]
    backoff: {initial: 5ms, max: 10ms}
  web:
    process: {command: SERVE(web), stop: {timeout: 5s}}
    probes: {answers: {tcp: PROBE(web), interval: 50ms, timeout: 2s, start_period: 10s}}
    remediation: [{restart: {}, attempts: 9, verify: {within: 10s, stable_for: 60ms}}]
    backoff: {initial: 5ms, max: 10ms}
"""
A_FEW = 40  # calls: several transactions
FAULTS = {
    "write-error": (Fault.FAIL, errno.EIO, (Call.WRITE, Call.NOTE), 0),
    "write-errors": (Fault.FAIL, errno.EIO, (Call.WRITE, Call.NOTE), A_FEW),
    "short-write": (Fault.HALVE, 0, (Call.WRITE,), 0),
    "short-writes": (Fault.HALVE, 0, (Call.WRITE,), A_FEW),
    "full": (Fault.FAIL, errno.ENOSPC, (Call.WRITE, Call.ALLOCATE, Call.NOTE), 0),
    "full-for-a-while": (Fault.FAIL, errno.ENOSPC, (Call.WRITE, Call.ALLOCATE, Call.NOTE), A_FEW),
    "sync-error": (Fault.FAIL, errno.EIO, (Call.SYNC,), 0),
    "sync-errors": (Fault.FAIL, errno.EIO, (Call.SYNC,), 3),
    "truncate-error": (Fault.FAIL, errno.EIO, (Call.TRUNCATE,), 0),
}


def live(world):
    """Starts heald until it starts: a disk that fails at that moment is a reason to refuse."""
    while True:
        try:
            return world.live()
        except Refused as refused:
            world.must("heald: cannot " in str(refused), f"refused without a reason: {refused}")
            world.must(world.faults.get("hits") > 0, f"refused without a fault: {refused}")


def script(world):
    live(world)
    world.until_healthy("db", "web")
    healed = len(world.recorded(service="web", kind="incident_closed"))
    world.strike("web")
    world.until_recorded(service="web", kind="incident_closed", count=healed + 1)
    world.until_healthy("web")
    refusal = world.operate("db", "stop")
    world.must(not refusal or "it holds only until heald ends" in refusal, refusal)
    if not refusal:
        world.facts.add("stopped")
    world.patient_until("db stopped", lambda: not world.page("db")["running"])
    world.end()
    if "ends while the journal cannot be written" in world.log():
        world.faults.heal()
        live(world)
        world.until_healthy("web")
        world.end()


def check(world):
    world.check_starts()
    world.check_journal()
    world.must(not world.left_over(), f"orphans: {world.left_over()}")
    for name in ("db", "web"):
        still_open = [row for row in world.incidents(name) if row["closing"] == "open"]
        world.must(not still_open, f"an incident of {name} is still open")
    undone = "stopped" in world.facts and world.desired("db") != "stopped"
    world.must(not undone, "the operator's stop was not written down")


def run(name, point):
    fault, error, calls, more = FAULTS[name]
    with World(RULES, ("db", "web")) as world:
        world.faults.watch(calls)
        world.faults.inject(fault if point else Fault.NONE, point, point + more, error)
        try:
            script(world)
            check(world)
        except Broken as broken:
            raise Broken(f"{world.faults.point(point)}: {broken}") from broken
        hit = world.faults.get("hits") > 0
        return world.faults.get("points"), world.faults.point(point) if hit else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fault", choices=FAULTS, help="this one only")
    options = arguments(parser)
    if options.point:
        print(run(options.fault, int(options.point)))
        return 0
    failed = 0
    for name in [options.fault] if options.fault else FAULTS:
        failed += enumerate_points(f"--fault {name}", options, run(name, 0)[0],
                                   lambda point, name=name: run(name, point)[1])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""How long a service is gone: from SIGKILL to the replacement's main()."""

import os
import signal
import time

from harness.figures import Bars, Goal, Row, median, short, spread
from harness.processes import pass_time
from harness.reports import Reports
from harness.supervisors import Heald, those_there

UP = 1.2  # seconds that a child was up; more than s6's and supervisord's one second
TIMES = 12
LOOPS = 4

# Each death is an incident of its own: it has healed before the next one. No guard is in the way.
RULES = """    remediation: [{restart: {}, attempts: 9, verify: {stable_for: 200ms}}]
    reset_after: 200ms
    limits: {actions: 1000, per: 1h}"""


def deaths(supervisor, reports, up, times):
    """Seconds from each SIGKILL to the replacement; infinite where none came within 20 s."""
    took = []
    report = reports.expect()
    for _ in range(times):
        pass_time(max(0.0, report.at + up - time.monotonic()))
        struck = time.monotonic()
        os.kill(report.pid, signal.SIGKILL)
        report = reports.next(patience=20)
        if report is None:
            return took + [float("inf")]
        took.append(report.at - struck)
    return took


def run_one(bench, kind, up, times):
    with bench.folder(kind.name) as folder:
        supervisor = kind(bench, folder)
        if kind is Heald:
            supervisor.exits = ", exit: {crash_loop: {exits: 1000}}"
            supervisor.extra = RULES
        reports = Reports(folder)
        try:
            supervisor.start(["web-0"], reports.path)
            return deaths(supervisor, reports, up, times)
        finally:
            supervisor.stop()
            reports.close()


def cell(took):
    ms = [1000 * each for each in took if each != float("inf")]
    if not ms:
        return "never"
    return spread(ms) + (", then never within 20 s" if float("inf") in took else "")


def measure(bench):
    singles = {kind.name: run_one(bench, kind, UP, TIMES) for kind in those_there()}
    loops = {kind.name: run_one(bench, kind, 0, LOOPS) for kind in those_there()}
    bare = median(singles["bare loop"])
    ratio = median(singles["heald"]) / bare
    return Row(
        name="restart", title="Death to replacement",
        method=f"SIGKILL of a child that was up {UP} s, to the first line of the replacement's "
               f"main() (CLOCK_MONOTONIC on both sides), {TIMES} times; then the same at once "
               f"after "
               f"each start, {LOOPS} times. Every supervisor executes the same program without a "
               "shell. heald's intent is durable before the replacement starts.",
        header=["ms", "first death", "in a crash loop"],
        lines=[[name, cell(took), cell(loops[name])] for name, took in singles.items()],
        goals=[Goal("restart ≤ 1.2 × the bare loop", f"{ratio:.2f} ×", ratio <= 1.2)],
        pictures=[Bars("Death to replacement", "ms",
                       {name: 1000 * median(took) for name, took in singles.items()}, True)],
        notes=[f"the bare loop takes {short(1000 * bare)} ms"])

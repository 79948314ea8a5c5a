"""A server that hangs: how long until it answers again."""

import os
import shutil
import signal
import subprocess

from harness.daemon import Daemon, free_port
from harness.figures import Bars, Goal, Row, median, spread
from harness.processes import end, end_all, pass_time
from harness.reports import Reports

TIMES = 8
INTERVAL, TIMEOUT, THRESHOLD = 1.0, 1.0, 2

RULES = """services:
  web:
    process: {command: [PROGRAM, "PORT", SOCKET], stop: {timeout: 5s}}
    probes:
      page: {http: "http://127.0.0.1:PORT/health", interval: 1s, timeout: 1s, failure_threshold: 2}
    remediation: [{restart: {}, attempts: 9, verify: {stable_for: 500ms}}]
    reset_after: 200ms
    limits: {actions: 1000, per: 1h}
"""

MONIT = """set daemon 1
set logfile FOLDER/log
set idfile FOLDER/id
set statefile FOLDER/state
set pidfile FOLDER/pid
check process web with pidfile FOLDER/web.pid
  start program = "/bin/sh -c 'PROGRAM PORT SOCKET & echo $! > FOLDER/web.pid'"
    with timeout 1 seconds
  stop program = "/bin/sh -c 'kill -TERM $(cat FOLDER/web.pid)'"
  if failed port PORT protocol http request "/health" with timeout 1 seconds
    for 2 cycles then restart
"""


def until(reports, what):
    while True:
        report = reports.expect()
        if report.name == what:
            return report


def outages(reports):
    """For each: seconds from the strike, and from the first question after it, to an answer."""
    found = []
    server = until(reports, "answered")
    for number in range(TIMES):
        # In another part of the interval each time, and not before the last outage is over.
        pass_time(3 + INTERVAL * number / TIMES)
        os.kill(server.pid, signal.SIGUSR1)
        hung, asked = until(reports, "hung"), until(reports, "asked")
        server = until(reports, "answered")
        found.append((server.at - hung.at, server.at - asked.at))
    return found


def fill_in(text, bench, folder, reports):
    for mark, value in (("PROGRAM", bench.program("bench_server")), ("PORT", free_port()),
                        ("SOCKET", reports.path), ("FOLDER", folder)):
        text = text.replace(mark, str(value))
    return text


def by_heald(bench):
    with bench.folder("reaction") as folder:
        reports = Reports(folder)
        with Daemon(bench, folder, fill_in(RULES, bench, folder, reports)):
            return outages(reports)


def by_monit(bench):
    with bench.folder("reaction") as folder:
        reports = Reports(folder)
        config = folder / "monitrc"
        config.write_text(fill_in(MONIT, bench, folder, reports), encoding="utf-8")
        config.chmod(0o600)
        process = subprocess.Popen(["monit", "-I", "-c", str(config)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            return outages(reports)
        finally:
            end(process)
            end_all([int((folder / "web.pid").read_text(encoding="ascii"))])


def measure(bench):
    found = {"heald": by_heald(bench)}
    if shutil.which("monit"):
        found["Monit"] = by_monit(bench)
    ideal = (THRESHOLD - 1) * INTERVAL + TIMEOUT
    over = {name: [1000 * (asked - ideal) for _, asked in all_of] for name, all_of in found.items()}
    worst = max(over["heald"])
    totals = {name: [total for total, _ in all_of] for name, all_of in found.items()}
    return Row(
        name="reaction", title="A server that hangs",
        method=f"An HTTP server is struck, in another part of the interval each of {TIMES} times, "
               f"and "
               f"takes questions without answering. Looked at every {INTERVAL:.0f} s with a "
               f"timeout of "
               f"{TIMEOUT:.0f} s, restarted after {THRESHOLD} failures. On top: from the first "
               "question that it did not answer to the first good answer of the replacement, less "
               f"the {ideal:.0f} s that the rules say.",
        header=["", "strike to good answer, s", "on top of the rules, ms"],
        lines=[[name, spread(totals[name]), spread(over[name])] for name in found],
        goals=[Goal("at most 50 ms on top", f"{worst:.0f} ms at worst", worst <= 50)],
        pictures=[Bars("A server that hangs", "s to a good answer",
                       {name: median(totals[name]) for name in found})])

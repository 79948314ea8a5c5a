"""Ten and a hundred thousand declared services: what an operator waits for, and what it weighs."""

import os
import re
import subprocess
import time
import urllib.request

from harness.daemon import Daemon, Sampler, free_port
from harness.figures import Goal, Row, median, short, spread
from harness.processes import fields, pass_time

SIZES = (10_000, 100_000)
EACH_FILE = 1000  # services
TIMES = 5


def declare(folder, count, changed=None):
    """A rule file for each thousand services, none of which is looked at often. The main file."""
    (folder / "rules").mkdir(exist_ok=True)
    for first in range(0, count, EACH_FILE):
        lines = ["services:"]
        for number in range(first, min(count, first + EACH_FILE)):
            owner = ", owner: somebody" if number == changed else ""
            lines.append(f"  svc-{number}: {{external: {{}}, probes: {{port: {{tcp: \"127.0.0.1:"
                         f"{10_000 + number % 50_000}\", interval: "
                         f"1d}}}}, remediation: []{owner}}}")
        path = folder / "rules" / f"{first:06}.yaml"
        text = "\n".join(lines) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return "heald: {recorder: off}\ninclude: [rules/*.yaml]\n"


def timed(command):
    """Seconds, and the most memory in MiB."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    if status != 0:
        raise RuntimeError(f"{command}: {status}")
    return time.monotonic() - began, used.ru_maxrss / 1024


def resident(daemon):
    """MiB."""
    return fields(f"/proc/{daemon.process.pid}/smaps_rollup")["Rss"] / 1024


def scrape(port):
    began = time.monotonic()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    return time.monotonic() - began, text


def longest_hold(text):
    """The bucket of the control strand's lag that the longest fell into: its upper bound, ms."""
    buckets = re.findall(r'^heald_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)$', text, re.M)
    total = int(buckets[-1][1])
    return 1000 * next(float(bound) for bound, count in buckets if int(count) == total)


def scrapes(daemon, port):
    """Seconds of each, what memory grew by at most meanwhile, and the last answer."""
    scrape(port)
    before = resident(daemon)
    sampler = Sampler(lambda: resident(daemon), 0.005)
    sampler.start()
    found = [scrape(port) for _ in range(TIMES)]
    peak = max(sampler.stop(), default=before)
    return [took for took, _ in found], max(0.0, peak - before), found[-1][1]


def reloads(daemon, folder, count):
    took = []
    for number in range(TIMES):
        declare(folder, count, changed=number)
        took.append(daemon.verb("reload")[0])
    return took


def run_one(bench, count):
    with bench.folder("scale") as folder:
        main = declare(folder, count)
        (folder / "heald.yaml").write_text(main, encoding="utf-8")
        check, check_memory = timed([bench.heald, "check", folder / "heald.yaml"])
        port = free_port()
        with Daemon(bench, folder, main, f"127.0.0.1:{port}") as daemon:
            found = {"check": [check], "check MiB": [check_memory],
                     "load": [daemon.ready - daemon.began]}
            pass_time(5)
            found["MiB"] = [resident(daemon)]
            found["status"] = [daemon.verb("status", "--state", "unhealthy", good=(0, 3))[0]
                               for _ in range(TIMES)]
            took, grown, text = scrapes(daemon, port)
            found |= {"metrics": took, "metrics MiB": [grown]}
            found["reload"] = reloads(daemon, folder, count)
            found["hold"] = [longest_hold(scrape(port)[1])]
            found["series"] = [text.count("\n")]
            return found


KINDS = (
    ("`heald check`, s", "check", 2), ("its memory, MiB", "check MiB", 300),
    ("start to ready, s", "load", 2), ("memory, MiB", "MiB", 300),
    ("reload with one change, s", "reload", 0.2), ("`/metrics`, s", "metrics", 0.2),
    ("more memory for it, MiB", "metrics MiB", 1),
    ("`heald status` with a filter, s", "status", 0.2),
    ("longest hold of the control strand, ms", "hold", 20))


def measure(bench):
    found = {count: run_one(bench, count) for count in SIZES}
    most = found[SIZES[-1]]
    return Row(
        name="scale", title="Declared services",
        method="External services with a probe each in files of a thousand, none due meanwhile. "
               "A reload follows a changed owner of one service. The hold is the upper bound of "
               "the "
               f"bucket of `heald_loop_lag_seconds` that the longest fell into. {TIMES} times, "
               f"except "
               "check, start and memory.",
        header=["", *(f"{count:,}" for count in SIZES)],
        lines=[[title, *(spread(found[count][key]) for count in SIZES)] for title, key, _ in KINDS],
        goals=[Goal(f"{SIZES[-1]:,}: {title} ≤ {limit}", short(median(most[key])),
                    median(most[key]) <= limit) for title, key, limit in KINDS])

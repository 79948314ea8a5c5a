"""Faults without a pause on two hundred real processes: does anything grow?"""

import os
import random
import signal
import sqlite3
import time

from harness.daemon import Daemon, free_ports
from harness.figures import Goal, Row, median, short
from harness.processes import GaveUp, end_all, fields, pass_time, tree

SERVICES = 200
LENGTH = float(os.environ.get("SOAK_SECONDS", "300"))
PAUSE = 0.2  # seconds between two faults
JOURNAL = 8  # MiB
LOG = 4  # MiB on top, docs/journal.md
SEED = 1
FAULTS = {"killed": signal.SIGKILL, "hung": signal.SIGUSR1, "frozen": signal.SIGSTOP,
          "ended": signal.SIGTERM}


def rules(bench, nobody):
    lines = [f"heald: {{journal: {{max_size: {JOURNAL}MiB}}, recorder: {{max_size: 2MiB}}, "
             "actions_per_hour: 100000}",
             "groups: {all: {max_concurrent: 100, storm: {unhealthy: 100%, at_least: 200}}}",
             "services:"]
    for number, port in enumerate(free_ports(SERVICES)):
        lines += [f"  web-{number}:",
                  f"    process: {{command: [{bench.program('bench_server')}, \"{port}\", "
                  f"{nobody}], stop: {{timeout: 1s}}, exit: {{crash_loop: {{exits: 1000}}}}}}",
                  f"    probes: {{page: {{http: \"http://127.0.0.1:{port}/\", interval: 1s, "
                  "timeout: 500ms, failure_threshold: 2}}",
                  "    remediation: [{restart: {}, attempts: 1000, verify: {stable_for: 1s}}]",
                  "    backoff: {initial: 100ms, max: 1s}", "    reset_after: 5s",
                  "    limits: {actions: 100000, per: 1h}"]
    return "\n".join(lines) + "\n"


def sizes(daemon, folder):
    """What could grow."""
    pid = daemon.process.pid
    state = folder / "state"
    return {"memory": fields(f"/proc/{pid}/smaps_rollup")["Rss"] / 1024,
            "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "threads": len(os.listdir(f"/proc/{pid}/task")),
            "journal": (state / "journal.db").stat().st_size / 1024 / 1024,
            "log": (state / "journal.db-wal").stat().st_size / 1024 / 1024,
            "zombies": zombies(pid)}


def zombies(root):
    found = 0
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                found += file.read().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
    return found


def strike(daemon, chance, counts):
    kind = chance.choice(list(FAULTS))
    service = daemon.get(f"services/web-{chance.randrange(SERVICES)}")
    if service["pid"] is None or service["health"] != "healthy":
        return
    try:
        os.kill(service["pid"], FAULTS[kind])
    except ProcessLookupError:
        return
    counts[kind] += 1


def live(daemon, folder):
    chance, counts, samples = random.Random(SEED), dict.fromkeys(FAULTS, 0), []
    end = time.monotonic() + LENGTH
    next_sample = 0.0
    while time.monotonic() < end:
        strike(daemon, chance, counts)
        if time.monotonic() >= next_sample:
            samples.append(sizes(daemon, folder))
            next_sample = time.monotonic() + max(1.0, LENGTH / 200)
        pass_time(PAUSE)
    daemon.until_healthy(SERVICES)
    return counts, samples


def check_journal(folder):
    """SQLite finds it whole."""
    with sqlite3.connect(f"file:{folder}/state/journal.db?mode=ro", uri=True) as journal:
        if (problem := journal.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise GaveUp(f"the journal is broken: {problem}")


def growth(samples, key):
    """From the second quarter's median to the last one's, in hundredths."""
    quarter = len(samples) // 4
    early = median([one[key] for one in samples[quarter:2 * quarter]])
    late = median([one[key] for one in samples[-quarter:]])
    return early, late, 100 * (late - early) / early if early else 0.0


def measure(bench):
    with bench.folder("soak") as folder:
        with Daemon(bench, folder, rules(bench, folder / "nobody-listens")) as daemon:
            daemon.until_healthy(SERVICES)
            counts, samples = live(daemon, folder)
            everything = tree(daemon.process.pid)[1:]
        end_all(everything)
        check_journal(folder)
    memory, descriptors = growth(samples, "memory"), growth(samples, "descriptors")
    journal, log = (max(one[key] for one in samples) for key in ("journal", "log"))
    most_zombies = median([one["zombies"] for one in samples])
    return Row(
        name="soak", title="Soak",
        method=f"{LENGTH / 60:.0f} minutes with a fault every {PAUSE} s on {SERVICES} real HTTP "
               "servers, chosen by a seed: SIGKILL, SIGSTOP, SIGTERM, or hanging. Growth is from "
               "the "
               "median of the second quarter of the time to that of the last one. All have to be "
               "healthy in the end, and the journal whole.",
        header=["", "second quarter", "last quarter"],
        lines=[["memory, MiB", short(memory[0]), short(memory[1])],
               ["descriptors", short(descriptors[0]), short(descriptors[1])],
               ["largest journal, MiB", "", short(journal)],
               ["its largest write-ahead log, MiB", "", short(log)],
               ["faults", "", f"{sum(counts.values()):,}"]],
        goals=[Goal("memory does not grow", f"{memory[2]:+.1f} %", memory[2] <= 5),
               Goal("descriptors do not grow", f"{descriptors[2]:+.1f} %", descriptors[2] <= 2),
               Goal(f"the journal keeps to its {JOURNAL} MiB", f"{journal:.1f} MiB",
                    journal <= JOURNAL),
               Goal(f"its write-ahead log to {LOG} MiB", f"{log:.1f} MiB", log <= LOG),
               Goal("no zombies", short(most_zombies), most_zombies == 0)],
        notes=[", ".join(f"{count} {kind}" for kind, count in counts.items())])

"""What targets that hang do to the looks at all the others."""

from harness.daemon import Daemon, Targets
from harness.figures import Goal, Row, short
from harness.processes import pass_time

from rows.probes import TARGETS, by_process, monit, rules

LENGTH = 12  # seconds
MONIT_LENGTH = 40  # its cycle takes longer than that of heald when targets hang


def by_heald(bench, targets, hanging):
    with bench.folder("hung") as folder:
        with Daemon(bench, folder, rules(targets.first, "1s")) as daemon:
            daemon.until_healthy(TARGETS)
            targets.tell("hang", 0, hanging)
            pass_time(5)
            targets.mark()
            pass_time(LENGTH)
            seen = targets.report(hanging)
            targets.tell("answer", 0, TARGETS)
            return seen


def by_monit(bench, targets, hanging):
    targets.tell("hang", 0, hanging)
    by_process(bench, targets, "monit", monit(targets.first), length=MONIT_LENGTH)
    seen = targets.report(hanging)
    targets.tell("answer", 0, TARGETS)
    return seen


def measure(bench):
    lines, deviation = [], {}
    with Targets(bench, TARGETS) as targets:
        for name, look in (("heald", by_heald), ("Monit", by_monit)):
            for hanging in (0, 10, 100) if name == "heald" else (0, 10):
                seen = look(bench, targets, hanging)
                lines.append([name, str(hanging), *(short(seen[key]) for key in
                                                    ("p50", "p99", "most")), f"{seen['asked']:,}"])
                if name == "heald":
                    deviation[hanging] = max(abs(seen["p50"] - 1), abs(seen["p99"] - 1))
    worst = 100 * max(deviation[10], deviation[100])
    return Row(
        name="hung", title="Hung targets beside good ones",
        method=f"{TARGETS:,} targets, looked at every second with a timeout of 2 s (heald) and 1 s "
               f"(Monit, whose cycle is a second); 0, 10 or 100 of them take the question and "
               f"never "
               f"answer. For {LENGTH} s ({MONIT_LENGTH} for Monit), seconds from one question to "
               f"the next at the targets that "
               "do not hang.",
        header=["", "hung", "median interval, s", "99th percentile", "longest", "questions"],
        lines=lines,
        goals=[Goal("the others' interval changes by ≤ 5 %",
                    f"{worst:.1f} % at the 99th percentile", worst <= 5)])

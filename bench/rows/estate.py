"""What a supervisor weighs with no services and with a thousand, and what it does when idle."""

from harness.figures import Bars, Goal, Row, short
from harness.processes import MIB, pass_time
from harness.reports import Reports
from harness.supervisors import those_there

COUNT = 1000
IDLE = 10  # seconds
PATIENCE = 60  # seconds that a start may take


def run_one(bench, kind, count):
    with bench.folder(kind.name) as folder:
        supervisor = kind(bench, folder)
        reports = Reports(folder)
        names = [f"svc-{number}" for number in range(count)]
        try:
            began = supervisor.start(names, reports.path)
            found = reports.collect(count, PATIENCE)
            last = max((report.at for report in found.values()), default=began)
            supervisor.settle()
            before = supervisor.usage()
            pass_time(IDLE)
            after = supervisor.usage()
            return {"started": len(found), "start": last - began, "memory": after.resident / MIB,
                    "proportional": after.proportional / MIB, "processes": after.processes,
                    "cpu": 1000 * (after.cpu - before.cpu) / IDLE,
                    "switches": (after.switches - before.switches) / IDLE}
        finally:
            supervisor.stop()
            reports.close()


def start_of(many):
    if many["started"] < COUNT:
        return f"{many['started']} of {COUNT:,} within {PATIENCE} s"
    return short(many["start"])


def measure(bench):
    none = {kind.name: run_one(bench, kind, 0) for kind in those_there()}
    many = {kind.name: run_one(bench, kind, COUNT) for kind in those_there()}
    heald, empty, bare = many["heald"], none["heald"], many["bare loop"]
    each = 1024 * (heald["memory"] - empty["memory"]) / COUNT
    ratio = heald["start"] / bare["start"]
    lines = [[name, short(none[name]["memory"]), short(of["memory"]), short(of["proportional"]),
              f"{of['processes']:,}", start_of(of), short(of["cpu"]), short(of["switches"])]
             for name, of in many.items()]
    return Row(
        name="estate", title="A thousand services",
        method="Memory is what is resident of the supervisor and of every helper process of it, "
               "without the services, summed; proportional memory counts shared pages once. Start "
               "is "
               f"from the supervisor's execution to the last of {COUNT:,} main()s. Idle is {IDLE} "
               f"s "
               "once nothing is left to do: time on a processor, voluntary context switches.",
        header=["", "MiB, no service", f"MiB, {COUNT:,}", "proportional MiB", "processes",
                f"start of {COUNT:,}, s", "idle CPU, ms/s", "idle wake-ups/s"],
        lines=lines,
        goals=[
            Goal("no service: ≤ 6 MiB", f"{empty['memory']:.1f} MiB", empty["memory"] <= 6),
            Goal("each service: ≤ 2 KiB more", f"{each:.1f} KiB", each <= 2),
            Goal("nothing due: no wake-up", f"{heald['switches']:.1f} a second",
                 heald["switches"] == 0),
            Goal("start ≤ 2 × the bare loop", f"{ratio:.1f} ×", ratio <= 2)],
        pictures=[
            Bars(f"Start of {COUNT:,} services", "s",
                 {name: of["start"] for name, of in many.items() if of["started"] == COUNT}, True),
            Bars(f"Memory with {COUNT:,} services", "MiB",
                 {name: of["memory"] for name, of in many.items()}, True)])

"""A thousand of ten thousand services fail in the same second."""

import datetime
import re
import time

from harness.daemon import Daemon, Targets, free_port
from harness.figures import Goal, Row, median, short
from harness.processes import GaveUp, pass_time
from rows.scale import scrape

SERVICES, GROUPS = 10_000, 10
EVERY = 10  # each tenth fails, the same number in each group
INTERVAL = 5.0  # seconds
LET, AT_ONCE, COOL_DOWN, STABLE = 20, 50, 2.0, 0.5
PATIENCE = 120  # seconds


def rules(first):
    lines = ["heald: {recorder: off}", "groups:"]
    for group in range(GROUPS):
        lines.append(f"  group-{group}: {{max_concurrent: {AT_ONCE}, storm: {{unhealthy: 1%, "
                     f"at_least: 3, let: {LET}, cool_down: {COOL_DOWN:.0f}s}}}}")
    lines.append("services:")
    for number in range(SERVICES):
        address = f"http://127.0.0.1:{first + number}"
        lines += [f"  svc-{number}:", "    external: {}",
                  f"    group: group-{number * GROUPS // SERVICES}",
                  f"    probes: "
                  f"{{page: {{http: \"{address}/\", interval: {INTERVAL:.0f}s, timeout: 2s, "
                  "failure_threshold: 1}}",
                  f"    remediation: [{{http: {{url: \"{address}/heal\", method: POST}}, "
                  f"verify: {{within: 10s, stable_for: 500ms}}}}]"]
    return "\n".join(lines) + "\n"


def records(daemon, after):
    """What was recorded since, whole."""
    found = []
    while True:
        page = daemon.get(f"events?after={after}&limit=1000")["events"]
        if not page:
            return found
        found += page
        after = page[-1]["sequence"]


def instant(record):
    return datetime.datetime.fromisoformat(record["at"].replace("Z", "+00:00")).timestamp()


def group_of(service):
    return f"group-{int(service.split('-')[1]) * GROUPS // SERVICES}"


def most_in_a_storm(found):
    """How many actions were begun at most in one group between a storm's beginning and its end."""
    begun, most = {}, 0
    for record in found:
        if record["kind"] == "storm_begun":
            begun[record["condition"]] = 0
        elif record["kind"] == "storm_ended":
            begun.pop(record["condition"], None)
        elif record["kind"] == "action_intended":
            group = group_of(record["service"])
            if group in begun:
                begun[group] += 1
                most = max(most, begun[group])
    return most


def most_at_once(found):
    """Of one group: how many ladders' actions were under way or being verified at a time."""
    most, under_way = 0, {}
    for record in found:
        if record["kind"] == "action_intended":
            members = under_way.setdefault(group_of(record["service"]), set())
            members.add(record["service"])
            most = max(most, len(members))
        elif record["kind"] == "verdict":
            under_way[group_of(record["service"])].discard(record["service"])
    return most


def buckets(text):
    return {float(bound): int(count) for bound, count in re.findall(
        r'^heald_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)$', text, re.M)}


def lag(before, after, share):
    """The upper bound of the bucket that this share lies in, ms."""
    counts = {bound: after[bound] - before[bound] for bound in after}
    total = counts[float("inf")]
    return 1000 * next(bound for bound, count in counts.items() if count >= share * total)


def until_closed(daemon, after, count):
    """All records until so many incidents are closed."""
    deadline = time.monotonic() + PATIENCE
    found = []
    while sum(record["kind"] == "incident_closed" for record in found) < count:
        if time.monotonic() > deadline:
            raise GaveUp(f"not healed within {PATIENCE} s")
        page = daemon.get(f"events?after={after}&limit=1000&wait=5")["events"]
        found += page
        after = page[-1]["sequence"] if page else after
    return found


def outage(daemon, targets, port):
    daemon.until_healthy(SERVICES)
    pass_time(2 * INTERVAL)
    before = buckets(scrape(port)[1])
    latest = daemon.get("events?limit=1")["latest"]
    began, struck = time.monotonic(), time.time()
    for number in range(0, SERVICES, EVERY):
        targets.tell("fail", number, number + 1)
    spent = time.monotonic() - began
    found = until_closed(daemon, latest, SERVICES // EVERY)
    return struck, spent, found, before, buckets(scrape(port)[1])


def measure(bench):
    with bench.folder("storm") as folder, Targets(bench, SERVICES) as targets:
        port = free_port()
        with Daemon(bench, folder, rules(targets.first), f"127.0.0.1:{port}") as daemon:
            struck, spent, found, before, after = outage(daemon, targets, port)
    failing = SERVICES // EVERY
    opened = [instant(record) - struck for record in found if record["kind"] == "incident_opened"]
    closed = [instant(record) - struck for record in found if record["kind"] == "incident_closed"]
    rounds = failing / GROUPS / LET
    # At most: one storm after the other, each with its actions, their verification from the next
    # look on, and the cool-down after the last verdict.
    allowed = INTERVAL + rounds * (COOL_DOWN + INTERVAL + STABLE)
    let, most, late = most_in_a_storm(found), most_at_once(found), lag(before, after, 0.99)
    return Row(
        name="storm", title="A storm",
        method=f"{failing:,} of {SERVICES:,} external services, looked at every {INTERVAL:.0f} s, "
               f"begin to fail within {spent:.1f} s, the same number in each of {GROUPS} groups. "
               f"Of "
               f"a group {LET} are let in a storm, which ends {COOL_DOWN:.0f} s after the last "
               f"verdict, and {AT_ONCE} at a time without one; each is healed "
               f"by a POST and verified for {STABLE} s. From the records of the journal; "
               "lag is the upper bound of the bucket of `heald_loop_lag_seconds`.",
        header=["", "heald"],
        lines=[["detected", f"{len(opened):,}"],
               ["detection, s: median, longest", f"{short(median(opened))}, {short(max(opened))}"],
               ["actions of a group in one storm, most", str(let)],
               ["at once in a group, most", str(most)],
               ["all verified healthy after, s", short(max(closed))],
               ["loop lag, 99th percentile, ms", f"≤ {short(late)}"]],
        goals=[Goal("every one detected within its interval",
                    f"{max(opened):.2f} s after the strike",
                    len(opened) == failing and max(opened) <= INTERVAL + spent + 0.05),
               Goal(f"never more than {LET} in a storm and {AT_ONCE} at once", f"{let}, {most}",
                    let <= LET and most <= AT_ONCE),
               Goal(f"all healthy within the {allowed:.0f} s that the limits allow",
                    f"{max(closed):.1f} s", max(closed) <= allowed),
               Goal("loop lag under 50 ms at the 99th percentile", f"≤ {short(late)} ms",
                    late <= 50)])

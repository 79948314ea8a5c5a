"""The engine alone: steps a second, bytes a service, allocations of a passing look."""

import json
import subprocess

from harness.figures import Bars, Goal, Row, median, short, spread

SIZES = (100, 1_000, 10_000, 100_000)
STEPS = 1_000_000
TIMES = 3


def run_one(bench, services):
    found = []
    for _ in range(TIMES):
        done = subprocess.run([bench.program("bench_engine"), str(services), str(STEPS)],
                              capture_output=True, check=True, text=True)
        found.append(json.loads(done.stdout))
    return found


def measure(bench):
    runs = {size: run_one(bench, size) for size in SIZES}
    rates = {size: [one["steps"] / one["seconds"] for one in found] for size, found in runs.items()}
    least = min(median(found) for found in rates.values())
    flat = median(rates[SIZES[0]]) / median(rates[SIZES[-1]])
    weight = max(found[0]["bytes_each"] for found in runs.values())
    allocations = max(found[0]["allocations"] for found in runs.values())
    return Row(
        name="engine", title="The engine alone",
        method="External services with three probes each at the default interval, all passing, in "
               "virtual time: a tick for each wake-up that the engine asks for, an observation for "
               f"each look. {STEPS:,} steps after everything was looked at, {TIMES} times. State "
               f"is "
               "what the heap grew by since before the rules were taken, without the rules.",
        header=["services", "million steps/s", "ns/step", "bytes/service", "allocations"],
        lines=[[f"{size:,}", spread([rate / 1e6 for rate in found]),
                short(1e9 / median(found)), f"{runs[size][0]['bytes_each']:,}",
                f"{runs[size][0]['allocations']:,}"] for size, found in rates.items()],
        goals=[
            Goal("≥ 1,000,000 steps a second", short(least), least >= 1e6),
            Goal("cost flat from 100 to 100,000 services", f"{flat:.1f} ×", flat <= 1.5),
            Goal("≤ 1 KiB of state a service", f"{weight} bytes", weight <= 1024),
            Goal("a passing look allocates nothing", f"{allocations} allocations",
                 allocations == 0)],
        pictures=[Bars("Engine steps", "million a second",
                       {f"{size:,}": median(found) / 1e6 for size, found in rates.items()})])

"""How fast the simulator lives."""

import re
import subprocess

from harness.figures import Goal, Row, median, spread

DAYS = 20
TIMES = 3


def measure(bench):
    rates = []
    for _ in range(TIMES):
        done = subprocess.run([bench.program("bench_simulate"), str(DAYS)], capture_output=True,
                              check=True, text=True)
        rates.append(float(re.search(r": (\d+) a second", done.stdout)[1]))
    return Row(
        name="simulation", title="Simulation",
        method=f"100 services with one probe each at the default interval for {DAYS} virtual "
               f"days, a "
               "crash each hour, every invariant on, one core.",
        header=["", "virtual service-days/s"], lines=[["heald", spread(rates)]],
        goals=[Goal("≥ 100 virtual service-days a second", f"{median(rates):.0f}",
                    median(rates) >= 100)])

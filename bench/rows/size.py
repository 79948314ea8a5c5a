"""What is shipped: how large the program is."""

import subprocess

from harness.figures import Goal, Row
from harness.processes import MIB


def measure(bench):
    with bench.folder("size") as folder:
        stripped = folder / "heald"
        subprocess.run(["strip", "-o", stripped, bench.heald], check=True)
        size = stripped.stat().st_size / MIB
    whole = bench.heald.stat().st_size / MIB
    return Row(
        name="size", title="Size",
        method="The release build's `heald`, by `strip`.",
        header=["", "MiB"],
        lines=[["stripped", f"{size:.1f}"], ["as built", f"{whole:.1f}"]],
        goals=[Goal("stripped ≤ 12 MiB", f"{size:.1f} MiB", size <= 12)])

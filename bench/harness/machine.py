"""What the figures were measured on."""

import datetime
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path


def first_match(path, pattern):
    found = re.search(pattern, Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    return found[1].strip() if found else "unknown"


def sync_time():
    """Milliseconds that a 4 KiB write takes to be durable; what heald waits for before it acts."""
    took = []
    with tempfile.TemporaryFile() as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            file.flush()
            began = time.monotonic()
            os.fdatasync(file.fileno())
            took.append(1000 * (time.monotonic() - began))
    return statistics.median(took)


def revision(folder):
    done = subprocess.run(["git", "-C", folder, "describe", "--always", "--dirty"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def packages(names):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *names],
                          capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line.count(" ") == 1]


def describe(bench):
    """Facts by name."""
    model = first_match("/proc/cpuinfo", r"^model name\s*:(.*)$")
    memory = int(first_match("/proc/meminfo", r"^MemTotal:\s+(\d+)"))
    return {
        "date": datetime.date.today().isoformat(),
        "heald": revision(bench.build.parent.parent),
        "processor": f"{model}, {os.cpu_count()} cores",
        "memory": f"{memory / 1024 / 1024:.0f} GiB",
        "kernel": f"Linux {platform.release().split('-')[0]}",
        "durable write of 4 KiB": f"{sync_time():.2f} ms",
        "peers": ", ".join(packages(["s6", "runit", "supervisor", "monit",
                                     "prometheus-blackbox-exporter", "nginx"])),
    }

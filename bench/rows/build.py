"""How long a build takes: from nothing, and after a change of one file of the core."""

import os
import subprocess
import time

from harness.figures import Goal, Row, short

CHANGED = "src/core/climb.cpp"


def timed(command, folder, environment):
    began = time.monotonic()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def measure(bench):
    source = bench.build.parent.parent
    environment = {**os.environ, "CCACHE_DISABLE": "1"}
    with bench.folder("build") as folder:
        clone = folder / "heald"
        subprocess.run(["git", "clone", "-q", source, clone], check=True)
        clean = timed(["scripts/build", "release"], clone, environment)
        with open(clone / CHANGED, "a", encoding="utf-8") as file:
            file.write("\n// Changed.\n")
        after = timed(["scripts/build", "release", "test_core", "heald"], clone, environment)
        tests = timed(["build/release/test_core"], clone, environment)
    return Row(
        name="build", title="Build",
        method="A fresh clone of the last commit, two cores, ccache off: everything with all "
               "tests; "
               f"then `heald` and the core's tests after a change of {CHANGED}, and their run.",
        header=["", "s"],
        lines=[["clean build", short(clean)], ["incremental build", short(after)],
               ["the core's tests", short(tests)]],
        goals=[Goal("clean build ≤ 12 minutes", f"{clean / 60:.1f} min", clean <= 720),
               Goal("one core file with its tests ≤ 20 s", f"{after + tests:.1f} s",
                    after + tests <= 20)])

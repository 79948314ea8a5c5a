#!/usr/bin/env python3
"""The hot paths take no more instructions than they did, with a generous margin.

  instructions_test.py HEALD BENCH_ENGINE [unittest options]

Each path is run twice, with more and with less to do, and the difference counts: what a start takes
is not of interest. A limit that is met no more is a question, not a verdict: where the new work is
worth it, raise the limit in the change that needs it.
"""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path


def run(*command):
    """Instructions that the program took, and what it printed."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                           *map(str, command)], capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1]), done.stdout


class HotPaths(unittest.TestCase):
    heald = engine = ""

    def check(self, name, each, limit):
        print(f"{name}: {each:.0f} instructions, at most {limit}")
        self.assertGreater(each, 0)
        self.assertLess(each, limit, f"{name} takes more instructions than it may")

    def test_a_step_of_the_engine_that_changes_nothing(self):
        few, _ = run(self.engine, 1000, 20_000)
        many, printed = run(self.engine, 1000, 60_000)
        self.assertEqual(json.loads(printed)["allocations"], 0)
        self.check("a step", (many - few) / 40_000, 3000)

    def test_a_service_of_a_rule_file_that_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            counts = []
            for services in (200, 1200):
                path = Path(folder) / f"{services}.yaml"
                path.write_text("services:\n" + "".join(
                    f"  svc-{number}: {{external: {{}}, probes: {{port: {{tcp: \"127.0.0.1:"
                    f"{10_000 + number}\"}}}}, remediation: []}}\n" for number in range(services)),
                    encoding="utf-8")
                counts.append(run(self.heald, "check", path)[0])
        self.check("a service read", (counts[1] - counts[0]) / 1000, 90_000)


if __name__ == "__main__":
    HotPaths.heald, HotPaths.engine = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])

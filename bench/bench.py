#!/usr/bin/env python3
"""Measures heald beside the tools that people use today, and writes bench/RESULTS.md.

  bench.py [ROW…]        all of them without a name; --list names them

Each row is kept as build/bench/ROW.json, and the page is written from all that are there.
docs/benchmarks.md.
"""

import argparse
import contextlib
import importlib
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "support")]

from harness import machine, page  # noqa: E402  pylint: disable=wrong-import-position
from harness.figures import Row  # noqa: E402  pylint: disable=wrong-import-position

ROWS = ("restart", "estate", "probes", "tls", "hung", "reaction", "engine", "scale", "storm",
        "soak", "simulation", "size")
ON_REQUEST = ("build",)  # takes longer than all the others


class Bench:
    """Where things are, and where a measurement may put its own."""

    def __init__(self, build):
        self.build = build
        self.heald = build / "heald"
        self.results = build.parent / "bench"

    def program(self, name):
        return self.build / name

    @contextlib.contextmanager
    def folder(self, name):
        path = Path(tempfile.mkdtemp(prefix=f"bench-{name.replace(' ', '-')}-"))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help="all but build, without a name")
    parser.add_argument("--list", action="store_true", help="the rows' names")
    parser.add_argument("--build", type=Path, default=HERE.parent / "build" / "release")
    options = parser.parse_args()
    if unknown := set(options.rows) - {*ROWS, *ON_REQUEST}:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; --list names them")
    if options.list:
        print("\n".join([*ROWS, *ON_REQUEST]))
        return
    bench = Bench(options.build.resolve())
    for name in options.rows or ROWS:
        began = time.monotonic()
        print(f"== {name}", flush=True)
        row = importlib.import_module(f"rows.{name}").measure(bench)
        row.save(bench.results)
        print(page.table(row))
        print(f"== {name} took {time.monotonic() - began:.0f} s", flush=True)
    found = [Row.load(bench.results / f"{name}.json") for name in [*ROWS, *ON_REQUEST]
             if (bench.results / f"{name}.json").exists()]
    page.write(HERE, found, machine.describe(bench))


if __name__ == "__main__":
    main()

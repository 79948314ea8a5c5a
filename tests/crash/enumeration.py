"""Every point of a program's life, one after the other, several at a time."""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import world


def arguments(parser=None):
    """HEALD SHIM SERVICE and how to go through the points; sets the programs."""
    parser = parser or argparse.ArgumentParser()
    parser.add_argument("programs", nargs=3)
    parser.add_argument("--every", type=int, default=1, help="every so-many-th point")
    parser.add_argument("--jobs", type=int, default=6)
    parser.add_argument("--point", help="this one only")
    options = parser.parse_args()
    world.Programs.heald, world.Programs.shim, world.Programs.service = options.programs
    world.become_reaper()
    return options


def enumerate_points(name, options, count, attempt):
    """Calls attempt(point) for the points of a life that had `count` of them, and for more until
    a life has no such point: it returns where its fault was met, or nothing. Returns how many
    attempts failed; each is told with what reruns it.
    """
    begun = time.monotonic()
    met, failed = 0, []

    def one(point):
        try:
            return attempt(point), None
        except Exception as error:  # told with its point when all others have ended
            return None, error

    with ThreadPoolExecutor(options.jobs) as pool:
        first = 1
        while first <= count:
            points = range(first, count + 1, options.every)
            for point, (where, error) in zip(points, pool.map(one, points)):
                met += where is not None
                if error:
                    failed.append(point)
                    print(f"FAILED: {name} --point {point}: {error}", file=sys.stderr)
                elif where and point == points[-1]:
                    count += options.every  # that life was longer than the first
            first = points[-1] + options.every
    print(f"{name}: {met} points, {len(failed)} failed, {time.monotonic() - begun:.0f} s",
          flush=True)
    return len(failed)

#!/usr/bin/env python3
"""Breaks the engine on purpose and sees that the campaign notices.

    tests/mutants/mutants.py [--seeds N] [--build DIR] [NAME...]

Each tests/mutants/NAME.patch (its first line says what it breaks) is applied to a copy of the
sources, the campaign is built from it and runs seeds from 1 on until one fails. With no NAME, all
are tried and docs/mutants.md is written anew. Ends with status 1 when one was not caught.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "mutants"
PATIENCE = 1200  # seconds; who knows then whether the engine spins or the machine is slow
HEAD = """# Mutants

Deliberate breakages of the engine (`tests/mutants/*.patch`), and what of the campaign
([campaign.md](campaign.md)) noticed each: the invariant, and after how many seeds from 1 on.
`make mutants` writes this page.

| mutant | what it breaks | caught by | seeds |
|---|---|---|---|
"""


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, **options)


def copy_sources(tree):
    """Only what changed is copied, so that only that is compiled again."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, target = ROOT / name, tree / name
        if not source.is_file():
            continue
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def build(tree):
    if not (tree / "build" / "release" / "build.ninja").exists():
        run("cmake", "--preset", "release", cwd=tree, stdout=subprocess.DEVNULL)
    run("cmake", "--build", "--preset", "release", "--target", "campaign", cwd=tree,
        stdout=subprocess.DEVNULL)


def seek(tree, seeds):
    """The invariant that failed, and the seed; None when none did, or not in time."""
    campaign = tree / "build" / "release" / "campaign"
    words = [campaign, "--seeds", f"1..{seeds}", "--shrink", "no"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return None
    found = re.search(r"FAILED ([^:]+): commit [^,]*, seed (\d+)", done.stdout)
    if found:
        return found.group(1), found.group(2)
    return None if done.returncode == 0 else (f"status {done.returncode}", "-")


def main():
    reader = argparse.ArgumentParser()
    reader.add_argument("--seeds", type=int, default=100000)
    reader.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "mutants")
    reader.add_argument("names", nargs="*")
    orders = reader.parse_args()
    tree = orders.build.resolve()
    copy_sources(tree)
    build(tree)
    sound = seek(tree, 2000)
    if sound:
        sys.exit(f"the engine fails without any mutant: {sound[0]}, seed {sound[1]}")
    rows, missed = [], []
    for patch in sorted(HERE.glob("*.patch")):
        if orders.names and patch.stem not in orders.names:
            continue
        what = patch.read_text().splitlines()[0]
        run("patch", "--strip=1", "--silent", "--input", patch, cwd=tree)
        try:
            build(tree)
            caught = seek(tree, orders.seeds)
        finally:
            copy_sources(tree)
        if not caught:
            missed.append(patch.stem)
        invariant, seed = caught or ("**nothing**", f"> {orders.seeds}")
        rows.append(f"| `{patch.stem}` | {what} | {invariant} | {seed} |")
        print(rows[-1], flush=True)
    if not orders.names:
        (ROOT / "docs" / "mutants.md").write_text(HEAD + "\n".join(rows) + "\n")
    if missed:
        sys.exit("not caught: " + ", ".join(missed))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""rules/worker.yaml on a worker that takes its jobs from a real redis.

  library_worker_test.py HEALD [unittest options]
"""

import os
import signal
import subprocess

import library
from library import LibraryTest, free_port

# A job that was taken and not finished comes first, so that none is lost.
WORK = """#!/bin/sh
redis() { redis-cli -p "$REDIS" "$@"; }
(set -C; echo $$ > lock) 2>/dev/null || { echo "lock is there: another worker runs"; exit 1; }
trap 'rm -f lock; exit 0' TERM
while :; do
  job=$(redis LINDEX taken 0)
  [ -n "$job" ] || job=$(redis BLMOVE jobs taken LEFT RIGHT 0.3)
  case $job in
    "") ;;
    poison) rm -f lock; kill -KILL $$ ;;
    *) redis RPUSH finished "$job" && redis LREM taken 1 "$job" ;;
  esac
  touch beat
done
"""
VERIFY = {"within": "4s", "stable_for": "1s"}


class Worker(LibraryTest):
    entry = "worker"

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.write("work", WORK, mode=0o755)

    def start_worker(self, *rungs):
        redis = {"process": {"command": ["redis-server", "--port", str(self.port), "--bind",
                                         "127.0.0.1", "--save", "", "--dir", str(self.folder)]},
                 "probes": {"answers": {"tcp": {"address": f"127.0.0.1:{self.port}",
                                                "send": "PING\r\n", "expect": "+PONG"},
                                        "interval": "500ms"}}}
        overrides = {"depends_on": ["redis"], "process": {
            "command": [str(self.folder / "work")], "directory": str(self.folder),
            "environment": {"REDIS": str(self.port)}}}
        if rungs:
            overrides["remediation"] = [{"restart": {}, "attempts": 2, "verify": VERIFY}, *rungs]
        self.declare({"heartbeat": self.folder / "beat", "max_age": 3, "stop_timeout": "1s",
                      **VERIFY}, overrides, {"redis": redis})
        self.start_healthy()

    def own_rung(self, name, line):
        """What a user would add, here as a line of shell in the worker's folder."""
        return {"name": name, "verify": VERIFY,
                "reprovision": {"shell": line, "directory": str(self.folder)}}

    def redis(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], capture_output=True,
                              text=True, check=True).stdout.split()

    def finishes(self, job):
        return self.await_that(lambda: job in self.redis("LRANGE", "finished", "0", "-1"),
                               f"{job} is not finished")

    def test_a_frozen_worker_is_restarted(self):
        self.start_worker()
        frozen = self.pid()
        story = self.outage("frozen worker", lambda: os.kill(frozen, signal.SIGSTOP),
                            [("restart", "healed")])
        self.assertIn("the last beat is", story["incident"]["symptom"])
        self.redis("RPUSH", "jobs", "letter")
        self.finishes("letter")

    def test_a_job_that_kills_its_worker_is_put_aside_by_the_users_own_rung(self):
        aside = f"redis-cli -p {self.port} LMOVE taken aside LEFT RIGHT"
        self.start_worker(self.own_rung("set-aside", aside))
        self.outage("job that kills its worker",
                    lambda: self.redis("RPUSH", "jobs", "poison", "letter"),
                    [("restart", "not_healed"), ("restart", "not_healed"),
                     ("set-aside", "healed")])
        self.assertEqual(self.redis("LRANGE", "aside", "0", "-1"), ["poison"])
        self.finishes("letter")

    def test_a_lock_that_nobody_holds_is_removed_by_the_users_own_rung(self):
        unlock = "read -r holder < lock; kill -0 $holder || rm lock"
        self.start_worker(self.own_rung("unlock", unlock))
        killed = self.pid()
        self.outage("lock left by a killed worker", lambda: os.kill(killed, signal.SIGKILL),
                    [("restart", "not_healed"), ("restart", "not_healed"), ("unlock", "healed")])
        self.assertEqual(self.read("lock"), f"{self.pid()}\n")


if __name__ == "__main__":
    library.main()

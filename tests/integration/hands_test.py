#!/usr/bin/env python3
"""What operators say to a running daemon, and what becomes of it.

  hands_test.py HEALD [unittest options]
"""

import os
import signal
import subprocess
import sys
import unittest

import daemon_test
from daemon_test import PATIENCE, DaemonTest

QUICK = "remediation: [{restart: {}, verify: {stable_for: 0s}}]"
PAIR = """
services:
  web:
    depends_on: {redis: {}}
    process: {command: [sleep, infinity]}
    %(quick)s
  redis:
    process: {command: [sleep, infinity]}
    %(quick)s
""" % {"quick": QUICK}


class HandsTest(DaemonTest):
    def say(self, *words, status=0):
        done = self.heald(*words)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def await_pid(self, service, but=None):
        def runs():
            pid = self.service(service)["pid"]
            return pid if pid != but else None
        return self.await_that(runs, f"{service} does not run")


class PauseAndFreeze(HandsTest):
    def test_a_pause_holds_until_it_is_taken_back(self):
        self.rules(PAIR)
        self.start()
        redis = self.await_pid("redis")
        self.say("pause", "redis", "--for", "2h", "--reason", "new disk")
        os.kill(redis, signal.SIGKILL)
        held = self.await_record(kind="held", service="redis")
        self.assertEqual(held["hold"]["guard"], "pause")
        self.assertIn("new disk", held["hold"]["value"])
        self.assertIn(": new disk); paused until ", self.heald("status").stdout)
        self.assertIn("Paused by ", self.say("explain", "redis"))
        self.say("resume", "redis")
        self.await_record(kind="verdict", service="redis", verdict="healed")
        self.assertIsNone(self.service("redis")["pause"])

    def test_a_freeze_is_kept_over_a_killed_heald(self):
        self.rules(PAIR)
        self.start()
        redis = self.await_pid("redis")
        self.say("freeze", "--reason", "the move")
        self.kill()
        os.kill(redis, signal.SIGKILL)
        self.start()
        held = self.await_record(kind="held", service="redis")
        self.assertEqual(held["hold"]["guard"], "freeze")
        self.assertIn("everything is frozen by ", self.heald("status").stdout)
        self.assertIn("Everything is frozen by ", self.say("explain", "web"))
        self.say("thaw")
        self.await_record(kind="verdict", service="redis", verdict="healed")
        self.assertIsNone(self.get("status")["daemon"]["freeze"])

    def test_a_pause_ends_by_itself(self):
        self.rules(PAIR)
        self.start()
        redis = self.await_pid("redis")
        self.say("pause", "redis", "--for", "1s")
        os.kill(redis, signal.SIGKILL)
        self.await_record(kind="held", service="redis")
        self.await_record(kind="verdict", service="redis", verdict="healed")


class Dependents(HandsTest):
    def test_they_are_taken_along_in_their_order(self):
        self.rules(PAIR)
        self.start()
        web = self.await_pid("web")
        refused = self.heald("stop", "redis")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("'web' depends on 'redis'", refused.stderr)
        self.assertEqual(self.service("web")["pid"], web)
        self.say("stop", "redis", "--with-dependents", "--wait")
        self.assertEqual([self.service(one)["running"] for one in ("web", "redis")], [False] * 2)
        self.say("start", "redis", "--with-dependents", "--wait")
        second = self.await_pid("web")
        self.await_record(kind="verdict", service="web", verdict="healed", cause="convergence")
        self.say("restart", "redis", "--with-dependents", "--wait")
        self.await_pid("web", but=second)

    def test_waiting_ends_with_the_verdict(self):
        self.rules("""
services:
  web:
    process: {command: [sh, -c, "test ! -e broken && exec sleep infinity"]}
    %s
""" % QUICK)
        self.start()
        self.await_pid("web")
        self.assertIn("web: ", self.say("restart", "web", "--wait"))
        (self.folder / "broken").touch()
        failed = self.heald("restart", "web", "--wait")
        self.assertEqual(failed.returncode, 1, failed.stdout + failed.stderr)
        self.assertIn("restart of web: ", failed.stderr)

    def test_a_heald_that_ends_while_it_is_waited_for_is_told_of(self):
        self.rules("""
services:
  web: {process: {command: [sh, -c, "trap '' TERM; while :; do read -r line < pipe; done"],
                  stop: {timeout: 10m}}}
""")
        os.mkfifo(self.folder / "pipe")
        self.start()
        self.await_pid("web")
        waiting = subprocess.Popen([daemon_test.HEALD, "stop", "web", "--wait", "--socket",
                                    self.socket], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        self.await_record(kind="action_intended", service="web", action="stop")
        self.kill()
        _, said = waiting.communicate(timeout=PATIENCE)
        self.assertEqual(waiting.returncode, 4, said)
        self.assertIn("heald ended while stop of web was waited for", said)
        self.start()
        self.assertEqual(self.service("web")["desired"], "stopped")
        os.kill(self.service("web")["pid"], signal.SIGKILL)


if __name__ == "__main__":
    daemon_test.HEALD = sys.argv.pop(1)
    unittest.main()

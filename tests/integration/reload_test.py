#!/usr/bin/env python3
"""New rules for a running daemon: at once or not at all, whatever else is going on.

  reload_test.py HEALD [unittest options]
"""

import json
import signal
import sys
import unittest

import daemon_test
from daemon_test import DaemonTest

SLEEPER = "services:\n  worker: {process: {command: [sleep, infinity]}}\n"
SECOND = "  second: {process: {command: [sleep, infinity]}}\n"


class ReloadTest(DaemonTest):
    def reload(self, status=0):
        """`heald reload`, which has to end with this status; what it said in JSON, or nothing."""
        done = self.heald("reload", "-o", "json")
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    def daemon_state(self):
        return self.get("status")["daemon"]

    def pid_of(self, service):
        return self.service(service)["pid"]

    def await_running(self, service):
        return self.await_that(lambda: self.service(service)["pid"], f"{service} does not run")


class Answers(ReloadTest):
    def test_the_answer_comes_when_the_new_rules_are_in_force(self):
        self.rules(SLEEPER)
        self.start()
        worker = self.await_running("worker")
        self.rules(SLEEPER + SECOND)
        answer = self.reload()
        self.assertEqual(answer["revision"], self.daemon_state()["rules_revision"])
        self.assertEqual(answer["remarks"], [])
        self.await_running("second")
        self.assertEqual(self.pid_of("worker"), worker)
        self.assertIn("are in force", self.heald("reload").stdout)

    def test_the_mistakes_of_a_bad_file_come_back_and_the_old_rules_stay(self):
        self.rules(SLEEPER)
        self.start()
        worker = self.await_running("worker")
        before = self.daemon_state()
        file = self.rules(SLEEPER.replace("process", "proces") + "groups: 3\n")
        refused = self.heald("reload")
        self.assertEqual(refused.returncode, 2)
        self.assertIn(f"{file}:2:12: ", refused.stderr)
        self.assertIn(f"{file}:3:9: ", refused.stderr)
        self.assertIn("2 problems\nThe old rules stay in force.\n", refused.stderr)
        self.assertEqual([one["line"] for one in self.reload(2)["problems"]], [2, 3])
        after = self.daemon_state()
        self.assertEqual(after["rules_revision"], before["rules_revision"])
        self.assertEqual(after["rules_loaded"], before["rules_loaded"])
        self.assertIn(f"{file}:2:12: ", after["rules_problem"])
        self.assertIsNotNone(after["rules_refused"])
        self.assertIn("(and 1 more problem)", self.heald("status").stdout)
        self.assertIn("the old ones stay in force", self.log_text())
        self.assertEqual(self.pid_of("worker"), worker)
        self.rules(SLEEPER + SECOND)
        self.reload()
        self.assertEqual(self.daemon_state()["rules_problem"], "")
        self.await_running("second")

    def test_what_changes_only_with_the_next_start_is_said(self):
        self.rules(SLEEPER)
        self.start()
        self.assertEqual(self.reload()["remarks"], [])
        self.rules("heald: {start_concurrency: 1}\n" + SLEEPER)
        self.assertEqual(self.reload()["remarks"], [])

    def test_everybody_who_asks_at_once_hears_of_rules_that_were_read_after_it(self):
        self.rules(SLEEPER)
        self.start()
        self.rules(SLEEPER + SECOND)
        for _ in range(5):
            self.daemon.send_signal(signal.SIGHUP)
        revision = self.reload()["revision"]
        self.assertEqual(self.daemon_state()["rules_revision"], revision)
        self.assertIn("second", [one["name"] for one in self.get("status")["services"]])


if __name__ == "__main__":
    daemon_test.HEALD = sys.argv.pop(1)
    unittest.main()

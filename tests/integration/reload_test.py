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

    def await_settled(self, *services):
        """Their starts are verified; what is recorded from then on comes later."""
        def settled():
            states = [self.service(service) for service in services]
            return all(one["health"] == "healthy" and one["activity"] == "idle" for one in states)
        self.await_that(settled, "not settled")
        self.sequence = self.get("events?limit=1")["latest"]

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


POOL = """
groups:
  front: {max_concurrent: 1}
services:
  a: {group: front, process: {command: [sleep, "%(time)s"]}}
  b: {group: front, process: {command: [sleep, "%(time)s"]}}
  db: {process: {command: [sleep, infinity], stop: {timeout: %(stop)s}}}
"""
LEAVING = """
  api: {process: {command: [sleep, infinity]}, depends_on: {store: {}}}
  store: {process: {command: [sleep, infinity]}}
"""
ARRIVING = """
  web: {process: {command: [sleep, infinity]}, depends_on: {cache: {}}}
  cache: {process: {command: [sleep, infinity]}}
"""


class Plans(ReloadTest):
    def plan(self, *arguments, status=0):
        done = self.heald("plan", "-o", "json", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def intended(self, count):
        """The next actions of convergence, in their order."""
        found = []
        while len(found) < count:
            record = self.await_record(kind="action_intended", cause="convergence")
            found.append((record["service"], record["action"]))
        return found

    def test_a_plan_tells_what_the_reload_then_does(self):
        self.rules(POOL % {"time": "infinity", "stop": "1s"} + LEAVING)
        self.start()
        for service in ("a", "b", "db", "api", "store"):
            self.await_record(kind="verdict", verdict="healed")
        revision = self.daemon_state()["rules_revision"]
        self.rules(POOL % {"time": "1000000", "stop": "2s"} + ARRIVING)
        plan = self.plan()
        self.assertEqual(self.daemon_state()["rules_revision"], revision)
        changes = {one["name"]: (one["change"], one["actions"]) for one in plan["services"]}
        self.assertEqual(changes, {"a": ("changed", ["restart"]), "b": ("changed", ["restart"]),
                                   "db": ("changed", []), "web": ("added", ["start"]),
                                   "cache": ("added", ["start"]), "api": ("removed", ["stop"]),
                                   "store": ("removed", ["stop"])})
        self.assertEqual(plan["in_force"], revision)
        foreseen = [(one["service"], one["action"]) for one in plan["actions"]]
        self.assertEqual(self.reload()["revision"], plan["revision"])
        happened = self.intended(len(foreseen))
        self.assertEqual(sorted(happened), sorted(foreseen))
        for order in (foreseen, happened):
            names = [service for service, _ in order]
            for first, then in (("a", "b"), ("api", "store"), ("cache", "web")):
                self.assertLess(names.index(first), names.index(then), names)
        again = self.plan()
        self.assertEqual(again["revision"], again["in_force"])
        self.assertFalse([one for one in again["services"] if one["change"] != "untouched"])

    def test_another_file_is_planned_from_where_the_caller_stands(self):
        self.rules(SLEEPER)
        self.start()
        self.await_running("worker")
        (self.folder / "next.yaml").write_text("services: {}\n", encoding="utf-8")
        plan = self.plan(str(self.folder / "next.yaml"))
        self.assertEqual(plan["services"][0]["actions"], ["stop"])
        (self.folder / "next.yaml").write_text("servces: {}\n", encoding="utf-8")
        wrong = self.plan(str(self.folder / "next.yaml"), status=2)
        self.assertEqual(wrong["problems"][0]["line"], 1)
        told = self.heald("plan")
        self.assertEqual(told.stdout, "0 added, 0 changed, 0 removed, 1 untouched\n")

    def test_two_files_are_compared_without_a_daemon(self):
        old = self.rules(POOL % {"time": "infinity", "stop": "1s"})
        new = self.folder / "new.yaml"
        new.write_text(POOL % {"time": "1000000", "stop": "1s"}, encoding="utf-8")
        plan = self.plan(str(new), "--against", str(old))
        self.assertEqual([(one["service"], one["action"]) for one in plan["actions"]],
                         [("a", "restart"), ("b", "restart")])
        self.assertEqual(plan["actions"][1]["waited"]["guard"], "max_concurrent")
        self.assertEqual(self.heald("plan", str(new)).returncode, 4)


SICK = """
groups:
  front: {max_concurrent: 1}
services:
  sick:
    group: front
    process: {command: [sleep, "%(sick)s"]}
    probes: {answers: {exec: {command: [test, -e, well]}, interval: %(interval)s,
                       failure_threshold: 2}}
    remediation: [{restart: {}, attempts: %(attempts)s, verify: {within: 1s, stable_for: 0s}}]
    backoff: {initial: 100ms, max: 1s}
    limits: {actions: 50, per: 1h}
  well: {group: front, process: {command: [sleep, "%(well)s"]}}
"""


def sick(interval="100ms", attempts=3, well="infinity", argument="infinity"):
    return SICK % {"interval": interval, "attempts": attempts, "well": well, "sick": argument}


class UnderFire(ReloadTest):
    def attempts_used(self):
        return self.get("services/sick/explain")["ladder"][0]["attempts_used"]

    def command_of(self, service):
        """The arguments of the process that runs."""
        path = f"/proc/{self.await_running(service)}/cmdline"
        with open(path, "rb") as file:
            return file.read().decode().split("\0")[:-1]

    def test_an_incident_goes_on_over_a_reload_with_the_attempts_that_it_used(self):
        self.rules(sick())
        self.start()
        self.await_record(kind="verdict", service="sick", verdict="not_healed", cause="ladder")
        incident = self.service("sick")["incident"]["id"]
        plan = json.loads(self.heald("plan", "-o", "json").stdout)
        self.assertEqual(plan["untouched"] + len(plan["services"]), 2)
        self.rules(sick(interval="150ms", well="1000000"))
        self.reload()
        self.await_record(kind="latched", service="sick")
        self.assertEqual(self.service("sick")["incident"]["id"], incident)
        self.assertEqual(self.attempts_used(), 3)
        restarts = self.records(kind="action_intended", service="sick", cause="ladder")
        self.assertEqual(len(restarts), 3)
        self.rules(sick(interval="100ms", attempts=4, well="1000000"))
        self.reload()
        self.await_record(kind="unlatched", service="sick")
        (self.folder / "well").touch()
        self.await_that(lambda: self.service("sick")["health"] == "healthy", "not healed")
        self.await_record(kind="incident_closed", service="sick", incident_id=incident)
        self.await_that(lambda: self.command_of("well") == ["sleep", "1000000"], "not restarted")

    def test_fifty_reloads_while_probes_fail_lose_nothing_and_do_nothing_twice(self):
        self.rules(sick(attempts=20))
        self.start()
        self.await_record(kind="incident_opened", service="sick")
        well = self.await_running("well")
        for number in range(50):
            self.rules(sick(attempts=20, interval=f"{100 + number}ms"))
            revision = self.reload()["revision"]
            self.assertEqual(self.daemon_state()["rules_revision"], revision)
            if number % 10 == 3:
                self.heald("pause", "sick", "--for", "1h")
            elif number % 10 == 5:
                self.heald("resume", "sick")
            elif number == 27:
                self.assertEqual(self.heald("restart", "sick").returncode, 0)
        self.assertEqual(self.pid_of("well"), well)
        opened = self.records(kind="incident_opened")
        self.assertEqual([one["service"] for one in opened], ["sick"])
        changed = self.records(kind="service_changed")
        self.assertEqual({one["service"] for one in changed}, {"sick"})
        self.assertEqual(len(changed), 49)  # the first one changed nothing
        (self.folder / "well").touch()
        self.await_that(lambda: self.service("sick")["health"] == "healthy", "not healed")

    def test_a_restart_that_a_reload_wants_is_not_lost_with_a_killed_heald(self):
        self.rules(POOL % {"time": "infinity", "stop": "1s"})
        self.start()
        self.await_settled("a", "b")
        self.rules(POOL % {"time": "1000000", "stop": "1s"})
        self.reload()
        self.await_record(kind="action_finished", service="a", action="restart")
        self.assertTrue(self.service("b")["converging"])  # behind a, which is verified for 10 s
        pid = self.pid_of("a")
        self.kill()
        self.start()
        self.await_record(kind="action_finished", service="b", action="restart")
        self.assertEqual(self.command_of("b"), ["sleep", "1000000"])
        self.assertEqual(self.pid_of("a"), pid)
        restarts = self.records(kind="action_intended", action="restart")
        self.assertEqual([one["service"] for one in restarts], ["a", "b"])

    def test_rules_that_changed_while_heald_was_killed_reach_what_runs(self):
        self.rules(POOL % {"time": "infinity", "stop": "1s"} + LEAVING)
        self.start()
        self.await_settled("a", "b", "db", "api", "store")
        db = self.pid_of("db")
        self.kill()
        self.rules(POOL % {"time": "1000000", "stop": "2s"})
        self.start()
        for service in ("a", "b"):
            self.await_record(kind="action_finished", service=service, action="restart")
            self.assertEqual(self.command_of(service), ["sleep", "1000000"])
        self.assertEqual(self.pid_of("db"), db)
        removed = self.records(kind="service_removed")
        self.assertEqual({one["service"] for one in removed}, {"api", "store"})
        self.assertFalse(list((self.folder / "state" / "run").glob("api.child")))

    def test_what_left_the_rules_while_heald_was_killed_is_stopped_as_they_said(self):
        said = self.folder / "said"
        script = f"trap 'echo USR1 > {said}; exit 0' USR1; while :; do sleep 0.1; done"
        self.rules(POOL % {"time": "infinity", "stop": "1s"} + f'''
  leaver:
    process: {{command: [sh, -c, "{script}"], stop: {{signal: SIGUSR1}}}}
''')
        self.start()
        self.await_settled("a", "leaver")
        self.kill()
        self.rules(POOL % {"time": "infinity", "stop": "1s"})
        self.start()
        self.await_record(kind="service_removed", service="leaver")
        self.await_that(lambda: not (self.folder / "state/run/leaver.child").exists(), "it stays")
        self.assertEqual(said.read_text(encoding="utf-8"), "USR1\n")

    def test_the_old_rules_serve_until_a_bad_file_is_mended_even_over_a_killed_heald(self):
        self.rules(sick())
        self.start()
        self.await_record(kind="incident_opened", service="sick")
        self.rules("services: 3\n")
        self.reload(2)
        self.await_record(kind="action_intended", service="sick", cause="ladder")
        self.kill()
        self.rules(sick(argument="1000000"))
        self.start()
        self.assertEqual(self.daemon_state()["rules_problem"], "")
        self.await_that(lambda: self.command_of("sick") == ["sleep", "1000000"], "not restarted")


if __name__ == "__main__":
    daemon_test.HEALD = sys.argv.pop(1)
    unittest.main()

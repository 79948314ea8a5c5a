#!/usr/bin/env python3
"""What surrounds the daemon: signals, rules that change, telemetry, messages, damage.

  surfaces_test.py HEALD [unittest options]
"""

import http.server
import json
import os
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import daemon_test
from daemon_test import PATIENCE, DaemonTest

SLEEPER = "services:\n  worker: {process: {command: [sleep, infinity]}}\n"
STUBBORN = """
heald: {shutdown_timeout: %s}
services:
  worker:
    process:
      command: [sh, -c, "trap '' TERM; echo up; while :; do read -r line < pipe; done"]
      stop: {timeout: 10m}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Followed:
    """A process that may be anybody's child: its end is seen whether or not somebody reaps it."""

    def __init__(self, pid):
        self.pid, self.file = pid, os.pidfd_open(pid)

    def ends(self, within=PATIENCE):
        return bool(select.select([self.file], [], [], within)[0])


class SurfaceTest(DaemonTest):
    def worker(self):
        """The process of the service `worker`, once it runs."""
        self.await_record(kind="action_finished", service="worker")
        worker = Followed(self.service("worker")["pid"])
        self.addCleanup(os.close, worker.file)
        return worker


class Signals(SurfaceTest):
    def start_stubborn(self, shutdown_timeout):
        os.mkfifo(self.folder / "pipe")
        self.rules(STUBBORN % shutdown_timeout)
        self.start()
        worker = self.worker()
        log = self.folder / "state/logs/worker.log"
        self.await_that(lambda: "up" in log.read_text(encoding="utf-8"), "TERM is not ignored yet")
        return worker

    def test_int_ends_it_like_term(self):
        self.rules(SLEEPER)
        self.start()
        worker = self.worker()
        self.daemon.send_signal(signal.SIGINT)
        self.assertEqual(self.daemon.wait(PATIENCE), 0)
        self.assertTrue(worker.ends())

    def test_a_second_signal_ends_heald_at_once_and_leaves_what_still_runs(self):
        worker = self.start_stubborn("10m")
        self.addCleanup(os.killpg, worker.pid, signal.SIGKILL)
        self.daemon.send_signal(signal.SIGTERM)
        self.await_record(kind="shutdown")
        self.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(PATIENCE), 0)
        self.assertFalse(worker.ends(within=0))

    def test_what_will_not_stop_within_the_shutdown_timeout_is_killed(self):
        worker = self.start_stubborn("1s")
        self.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(PATIENCE), 0)
        self.assertTrue(worker.ends())

    def test_a_log_that_nobody_reads_any_more_does_not_end_it(self):
        self.rules(SLEEPER)
        reader, writer = os.pipe()
        self.log = os.fdopen(writer, "wb")
        self.addCleanup(self.log.close)
        os.close(reader)
        self.daemon = subprocess.Popen(self.command(), stderr=self.log, cwd=self.folder)
        self.await_ready()
        self.await_record(kind="action_finished", service="worker")
        self.assertIsNone(self.daemon.poll())


class Rules(SurfaceTest):
    def rules_problem(self):
        return self.get("status")["daemon"]["rules_problem"]

    def test_hup_puts_new_rules_in_force_and_leaves_the_untouched_alone(self):
        self.rules(SLEEPER)
        self.start()
        worker = self.worker()
        self.rules(SLEEPER + "  second: {process: {command: [sleep, infinity]}}\n")
        self.daemon.send_signal(signal.SIGHUP)
        self.await_record(kind="action_finished", service="second")
        self.assertEqual(self.service("worker")["pid"], worker.pid)

    def test_wrong_rules_are_refused_on_hup_and_the_old_ones_stay_in_force(self):
        self.rules(SLEEPER)
        self.start()
        worker = self.worker()
        self.rules(SLEEPER.replace("process", "proces"))
        self.daemon.send_signal(signal.SIGHUP)
        problem = self.await_that(self.rules_problem, "the rules are not refused")
        self.assertIn("heald.yaml:2:", problem)
        self.assertIn("the old ones stay in force", self.log_text())
        self.assertIn("rules were refused", self.heald("status").stdout)
        self.assertEqual(self.service("worker")["pid"], worker.pid)
        self.rules(SLEEPER)
        self.daemon.send_signal(signal.SIGHUP)
        self.await_that(lambda: not self.rules_problem(), "the rules are still refused")

    def test_a_service_that_left_the_rules_while_heald_was_killed_is_stopped(self):
        self.rules(SLEEPER)
        self.start()
        worker = self.worker()
        self.kill()
        self.rules("services: {}\n")
        self.start()
        self.await_record(kind="action_finished", service="worker", action="stop")
        self.assertTrue(worker.ends())

    def test_observe_starts_nothing_and_says_so(self):
        self.rules(SLEEPER)
        self.start("--observe")
        held = self.await_record(kind="held", service="worker")
        self.assertEqual(held["hold"]["guard"], "observe")
        self.assertFalse(self.records(kind="action_intended"))
        self.assertIn("only observes", self.heald("status").stdout)


    def test_observe_leaves_running_what_runs(self):
        for rules in (SLEEPER, "services: {}\n"):
            with self.subTest(rules=rules):
                self.rules(SLEEPER)
                self.start()
                worker = self.worker()
                self.kill()
                self.rules(rules)
                self.start("--observe")
                self.end()
                self.assertFalse(worker.ends(within=0))
                os.kill(worker.pid, signal.SIGKILL)


class Journal(SurfaceTest):
    def test_after_damage_nothing_is_started_unconfirmed(self):
        self.rules(SLEEPER)
        self.start()
        self.await_record(kind="action_finished", service="worker")
        self.end()
        with open(self.folder / "state/journal.db", "r+b") as file:
            file.write(b"\0" * 4096)
        self.start()
        self.sequence = 0
        held = self.await_record(kind="held", service="worker")
        self.assertEqual(held["hold"]["guard"], "confirmation")
        self.assertIn("the journal was damaged", self.log_text())
        self.assertTrue(list((self.folder / "state").glob("journal.db.corrupt-*")))
        self.assertIn("heald confirm", self.heald("status").stdout)
        self.assertEqual(self.heald("confirm").returncode, 0)
        self.await_record(kind="action_finished", service="worker")
        self.assertTrue(self.service("worker")["running"])

    def test_after_a_reboot_nothing_is_taken_for_its_own(self):
        self.rules(SLEEPER)
        self.start()
        worker = self.worker()
        self.addCleanup(os.kill, worker.pid, signal.SIGKILL)
        self.kill()
        with sqlite3.connect(self.folder / "state/journal.db") as journal:
            changed = journal.execute("UPDATE latest SET boot_id = 'another'").rowcount
        journal.close()
        self.assertEqual(changed, 1)
        record = self.folder / "state/run/worker.child"
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        text = record.read_text(encoding="ascii")
        self.assertIn(boot, text)
        record.write_text(text.replace(boot, boot[::-1]), encoding="ascii")
        self.start()
        restarted = self.await_record(kind="restarted")
        self.assertIn("rebooted", restarted["text"])
        self.await_record(kind="action_finished", service="worker", action="start")
        self.assertNotEqual(self.service("worker")["pid"], worker.pid)


class Telemetry(SurfaceTest):
    def setUp(self):
        super().setUp()
        self.telemetry = f"127.0.0.1:{free_port()}"

    def ask(self, path):
        try:
            with urllib.request.urlopen(f"http://{self.telemetry}{path}", timeout=PATIENCE) as got:
                return got.status, got.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def test_metrics_tell_of_a_healed_death(self):
        self.rules(SLEEPER.replace("]}}", "]}, remediation: [{restart: {}, "
                                          "verify: {stable_for: 10ms}}]}"))
        self.start()
        self.await_record(kind="verdict", service="worker")
        os.kill(self.service("worker")["pid"], signal.SIGKILL)
        self.await_record(kind="verdict", service="worker", cause="ladder")
        status, text = self.ask("/metrics")
        self.assertEqual(status, 200)
        healed = 'heald_remediations_total{service="worker",action="restart",verdict="healed"} 1'
        for line in (healed, "heald_incidents_open 0", "heald_ready 1", "heald_rules_refused 0",
                     "heald_detection_seconds_count 1", "heald_recovery_seconds_count 1",
                     'heald_service_health{service="worker",state="healthy"} 1'):
            self.assertIn(line, text.splitlines())
        for path, wanted in (("/livez", 200), ("/readyz", 200), ("/healthz/worker", 200),
                             ("/healthz/nobody", 404), ("/", 404)):
            self.assertEqual(self.ask(path)[0], wanted, path)
        if shutil.which("promtool"):
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                     capture_output=True, timeout=PATIENCE, check=False)
            self.assertEqual(checked.returncode, 0, checked.stderr)


class Listener:
    """An HTTP server that keeps what it is told."""

    def __init__(self):
        self.told, self.news = [], threading.Condition()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with outer.news:
                    outer.told.append((self.path, self.headers["Authorization"], body))
                    outer.news.notify_all()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def await_path(self, path):
        with self.news:
            found = self.news.wait_for(lambda: [one for one in self.told if one[0] == path],
                                       PATIENCE)
        return found[0] if found else None


class Messages(SurfaceTest):
    def setUp(self):
        super().setUp()
        self.listener = Listener()
        self.addCleanup(self.listener.close)

    def test_people_are_told_by_webhook_and_command_and_an_http_rung_is_taken(self):
        (self.folder / "secret").write_text("token\n", encoding="utf-8")
        self.rules(f"""
receivers:
  hook: {{webhook: {{url: "{self.listener.url}/ops", secret_file: {self.folder}/secret}}}}
  file: {{exec: {{shell: "cat > told.tmp && mv told.tmp told"}}}}
services:
  web:
    external: {{}}
    probes: {{answers: {{exec: ["false"], interval: 100ms, failure_threshold: 1}}}}
    remediation:
      - {{http: {{url: "{self.listener.url}/fix", method: POST, data: please}},
         verify: {{within: 0s, stable_for: 0s}}}}
    notify: {{to: [hook, file], on: [opened]}}
""")
        self.start()
        path, secret, body = self.listener.await_path("/ops")
        self.assertEqual((path, secret), ("/ops", "Bearer token"))
        message = json.loads(body)
        self.assertEqual((message["service"], message["occasion"]), ("web", "opened"))
        self.assertEqual(self.listener.await_path("/fix")[2], "please")
        self.await_record(kind="verdict", service="web", verdict="not_healed", action="http")
        self.await_that((self.folder / "told").exists, "the command was not run")
        told = json.loads((self.folder / "told").read_text(encoding="utf-8"))
        self.assertNotEqual(told["id"], message["id"])
        self.assertEqual({**told, "id": message["id"]}, message)

    def messages(self):
        journal = sqlite3.connect(f"file:{self.folder}/state/journal.db?mode=ro", uri=True)
        try:
            return journal.execute("SELECT id, receiver, occasion, outcome FROM messages "
                                   "ORDER BY id").fetchall()
        finally:
            journal.close()

    def test_what_a_receiver_does_not_take_is_sent_by_the_next_heald_in_order_and_once(self):
        taken = self.folder / "taken"
        self.rules(f'''
receivers:
  broken: {{exec: {{shell: "test -e up || {{ echo nobody there; exit 1; }}; cat >> {taken}"}}}}
  good: {{exec: {{shell: "cat > /dev/null"}}}}
services:
  web:
    external: {{}}
    probes: {{answers: {{exec: ["false"], interval: 100ms, failure_threshold: 1}}}}
    notify: {{to: [broken, good], on: [opened, latched]}}
''')
        self.start()
        self.await_that(lambda: len([each for each in self.messages()
                                     if each[1] == "good" and each[3] == "delivered"]) == 2,
                        "the good receiver waits for the broken one")
        troubled = self.await_that(
            lambda: self.get("status")["daemon"]["troubled_receivers"], "no trouble is shown")
        self.assertEqual(troubled[0]["receiver"], "broken")
        self.assertIn("nobody there", troubled[0]["problem"])
        self.assertIn("receiver broken takes no messages", self.heald("status").stdout)
        before = self.messages()
        self.assertEqual([each[2:] for each in before if each[1] == "broken"],
                         [("opened", None), ("latched", None)])
        self.kill()
        (self.folder / "up").touch()
        self.start()
        self.await_that(lambda: all(each[3] for each in self.messages()), "they still wait")
        self.assertEqual([each[:3] for each in self.messages()], [each[:3] for each in before])
        bodies = [json.loads(line) for line in taken.read_text(encoding="utf-8").splitlines()]
        self.assertEqual([(each["id"], each["occasion"]) for each in bodies],
                         [(each[0], each[2]) for each in before if each[1] == "broken"])
        self.assertEqual(self.get("status")["daemon"]["troubled_receivers"], [])


if __name__ == "__main__":
    daemon_test.HEALD = sys.argv.pop(1)
    unittest.main()

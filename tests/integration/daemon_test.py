#!/usr/bin/env python3
"""The daemon as operators meet it: real processes, a real socket, killed and started again.

  daemon_test.py HEALD [unittest options]

Each test has a folder and ports of its own. Nothing is timed: the API answers when there is news,
and the bounds are only there so that a defect ends the test.
"""

import http.client
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from unix_http import UnixConnection  # noqa: E402  pylint: disable=wrong-import-position

HEALD = ""
PATIENCE = 60  # seconds until a defect is taken for granted


class DaemonTest(unittest.TestCase):
    telemetry = "off"

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="heald-it-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.socket = str(self.folder / "heald.sock")
        self.daemon = None
        self.addCleanup(self.end)
        self.sequence = 0
        self.texts = set()  # of the rules that were ever in force

    # --- the daemon's life
    def rules(self, text):
        self.texts.add(text)
        path = self.folder / "heald.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def command(self, *more, state="state"):
        state_dir = state if state == "none" else str(self.folder / state)
        return [HEALD, "run", "--config", str(self.folder / "heald.yaml"), "--state-dir",
                state_dir, "--socket", self.socket, "--telemetry", self.telemetry, *more]

    def start(self, *more):
        self.log = open(self.folder / "heald.log", "ab")
        self.addCleanup(self.log.close)
        self.daemon = subprocess.Popen(self.command(*more), stderr=self.log, cwd=self.folder)
        self.await_ready()

    def await_ready(self):
        def is_ready():
            try:
                return self.get("status")["daemon"]["ready"]
            except (OSError, http.client.HTTPException):
                return False
        self.await_that(is_ready, "not ready")

    def end(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            self.daemon.wait(PATIENCE)
        self.replays()

    def replays(self):
        """Whatever happened in a test, its journal decides the same again, every event of it."""
        journal = self.folder / "state" / "journal.db"
        if not journal.exists():
            return
        again = subprocess.run([HEALD, "replay", journal, "-o", "json"], capture_output=True,
                               text=True, timeout=PATIENCE, check=False)
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.assertTrue(json.loads(again.stdout)["whole"], again.stdout)
        self.backtests()

    def backtests(self):
        """Its own rules, tried on what was recorded, do what was done, to the end."""
        if len(self.texts) != 1 or not (self.folder / "state" / "observations.ring").exists():
            return
        tried = subprocess.run([HEALD, "backtest", "--rules", str(self.folder / "heald.yaml"),
                                str(self.folder / "state"), "-o", "json"], capture_output=True,
                               text=True, timeout=PATIENCE, check=False)
        shape = json.loads(tried.stdout)
        self.assertEqual(tried.returncode, 0 if shape["from"] else 1, tried.stdout + tried.stderr)
        for service in shape["services"]:
            self.assertIsNone(service["ending"], service)
            timings = {incident["timing"] for incident in service["incidents"]}
            self.assertLessEqual(timings, {"same"}, service)

    def kill(self):
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait(PATIENCE)

    def log_text(self):
        log = self.folder / "heald.log"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    # --- asking
    def get(self, path):
        connection = UnixConnection(self.socket, PATIENCE)
        try:
            connection.request("GET", "/v1/" + path)
            answer = connection.getresponse()
            body = json.loads(answer.read())
            if answer.status != 200:
                raise AssertionError(f"{path}: {answer.status} {body}")
            return body
        finally:
            connection.close()

    def heald(self, *arguments):
        return subprocess.run([HEALD, *arguments, "--socket", self.socket], capture_output=True,
                              text=True, timeout=PATIENCE, check=False)

    def service(self, name):
        return self.get("services/" + name)

    def await_that(self, holds, what):
        """For what nothing announces; a bound that only a defect reaches."""
        def found():
            return holds() or self.assertIsNone(self.daemon.poll(), self.log_text())

        return self._await(found, lambda: f"{what}: {self.log_text()}")

    def await_aside(self, holds, what):
        """The same for what heald has no part in."""
        return self._await(holds, lambda: what)

    def _await(self, holds, message):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = holds()
            if found:
                return found
            select.select([], [], [], 0.02)
        self.fail(message())

    def await_record(self, **wanted):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = self.get(f"events?after={self.sequence}&wait=5&limit=1000")
            for record in answer["events"]:
                self.sequence = record["sequence"]
                if all(record.get(key) == value for key, value in wanted.items()):
                    return record
        self.fail(f"no record {wanted}: {self.log_text()}")

    def records(self, **wanted):
        found = self.get("events?after=0&limit=1000")["events"]
        return [each for each in found
                if all(each.get(key) == value for key, value in wanted.items())]


WORKER = """
services:
  worker:
    process: {command: [sh, -c, "while :; do echo tick; read -r line < pipe; done"]}
    remediation: [{restart: {}, verify: {within: 5s, stable_for: 100ms}}]
"""


class Lives(DaemonTest):
    def setUp(self):
        super().setUp()
        os.mkfifo(self.folder / "pipe")

    def tick(self):
        """Makes the worker write one more line, whoever supervises it."""
        (self.folder / "pipe").write_text("go\n", encoding="utf-8")

    def test_a_killed_heald_leaves_its_services_running_and_takes_them_over(self):
        self.rules(WORKER)
        self.start()
        self.await_record(kind="action_finished", service="worker")
        before = self.service("worker")["pid"]
        self.kill()
        os.kill(before, 0)
        self.tick()
        self.start()
        self.assertEqual(self.service("worker")["pid"], before)
        self.await_record(kind="adopted", service="worker")
        self.assertEqual(len(self.records(kind="action_intended")), 1)
        self.tick()
        os.kill(before, signal.SIGKILL)
        self.await_record(kind="verdict", service="worker", verdict="healed", cause="ladder")
        after = self.service("worker")["pid"]
        self.assertNotEqual(after, before)
        output = (self.folder / "state/logs/worker.log").read_text(encoding="utf-8")
        self.assertGreaterEqual(output.count("tick"), 2)

    def test_a_service_that_died_while_heald_was_away_is_healed(self):
        self.rules(WORKER)
        self.start()
        self.await_record(kind="action_finished", service="worker")
        pid = self.service("worker")["pid"]
        self.kill()
        os.kill(pid, signal.SIGKILL)
        self.start()
        self.await_record(kind="verdict", service="worker", verdict="healed", cause="ladder")
        self.assertTrue(self.records(kind="incident_opened", service="worker"))

    def test_a_second_heald_on_the_same_state_refuses(self):
        self.rules(WORKER)
        self.start()
        other = self.command()
        other[other.index("--socket") + 1] = str(self.folder / "other.sock")
        second = subprocess.run(other, capture_output=True, text=True, timeout=PATIENCE,
                                check=False)
        self.assertNotEqual(second.returncode, 0)
        self.assertIn(str(self.daemon.pid), second.stderr)
        self.assertIn("another heald", second.stderr)
        self.assertIsNone(self.daemon.poll())

    def test_a_stop_survives_a_killed_heald(self):
        self.rules(WORKER)
        self.start()
        self.await_record(kind="action_finished", service="worker")
        stopped = self.heald("stop", "worker", "--reason", "maintenance", "--wait")
        self.assertEqual(stopped.returncode, 0, stopped.stderr)
        self.kill()
        self.start()
        page = self.service("worker")
        self.assertEqual((page["desired"], page["running"]), ("stopped", False))
        self.assertEqual(self.heald("status").returncode, 0)
        self.assertEqual(self.heald("start", "worker", "--wait").returncode, 0)
        self.assertTrue(self.service("worker")["running"])

    def test_term_stops_in_reverse_order_and_leaves_nothing(self):
        trap = "trap 'echo {0} >> order; exit 0' TERM; while :; do read -r l < pipe; done"
        self.rules(f"""
services:
  database:
    process: {{command: [sh, -c, "{trap.format('database')}"]}}
  web:
    depends_on: [database]
    process: {{command: [sh, -c, "{trap.format('web')}"]}}
""")
        self.start()
        self.await_record(kind="action_finished", service="web")
        pids = [self.service(name)["pid"] for name in ("database", "web")]
        holder = os.open(self.folder / "pipe", os.O_RDWR)  # so that `read` waits, not `open`
        self.addCleanup(os.close, holder)
        self.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(PATIENCE), 0)
        for pid in pids:
            with self.assertRaises(ProcessLookupError):
                os.kill(pid, 0)
        order = (self.folder / "order").read_text(encoding="utf-8").split()
        self.assertEqual(order, ["web", "database"])

    def test_what_needs_a_one_shot_waits_until_that_is_done_and_stays_so(self):
        self.rules("""
services:
  migrate:
    process: {command: [sh, -c, "read -r line < pipe; echo $line > migrated"], exit: {on_success: done}}
  web:
    process: {command: [sh, -c, "test -e migrated && exec sleep infinity"]}
    depends_on: {migrate: {until: done}}
""")
        self.start()
        self.await_record(kind="held", service="web")
        self.assertIsNone(self.service("web")["pid"])
        self.tick()
        self.await_record(kind="action_finished", service="web")
        self.assertEqual(self.service("migrate")["desired"], "done")
        pid = self.service("web")["pid"]
        self.kill()
        self.start()
        self.assertEqual(self.service("web")["pid"], pid)
        self.assertEqual(self.service("migrate")["desired"], "done")
        self.assertEqual(len(self.records(kind="action_intended", service="migrate")), 1)
        self.assertEqual(self.heald("status").returncode, 0)

    def test_an_orderly_end_hands_on_what_is_to_stay(self):
        self.rules(WORKER.replace("process: {", "process: {on_shutdown: leave, ") + """
  other: {process: {command: [sleep, infinity]}}
""")
        self.start()
        for service in ("worker", "other"):
            self.await_record(kind="action_finished", service=service)
        worker, other = (self.service(name)["pid"] for name in ("worker", "other"))
        self.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(PATIENCE), 0)
        with self.assertRaises(ProcessLookupError):
            os.kill(other, 0)
        os.kill(worker, 0)
        self.start()
        self.assertEqual(self.service("worker")["pid"], worker)
        self.assertEqual(self.heald("stop", "worker", "--wait").returncode, 0)

    def test_an_orderly_end_leaves_the_journal_in_one_file(self):
        self.rules(WORKER)
        self.start()
        self.await_record(kind="action_finished", service="worker")
        self.end()
        self.assertEqual(self.daemon.returncode, 0)
        self.assertEqual([each.name for each in (self.folder / "state").glob("journal*")],
                         ["journal.db"])

    def test_a_missing_program_is_an_incident_and_not_an_end(self):
        self.rules("""
services:
  broken:
    process: {command: [/nowhere/program]}
    remediation: [{restart: {}, attempts: 2}]
    backoff: {initial: 10ms, max: 20ms}
""")
        self.start()
        latched = self.await_record(kind="latched", service="broken")
        self.assertIn("no rung is left", latched["text"])
        self.assertEqual(self.heald("status").returncode, 3)
        told = self.heald("explain", "broken").stdout
        self.assertIn("/nowhere/program", told)
        self.assertIn("No such file", told)


def own_memory_cgroup():
    """The folder of this test's cgroup of the memory controller, version 1; None: there is none."""
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return Path("/sys/fs/cgroup/memory" + path)
    return None


class Cgroups(DaemonTest):
    """A heald that is alone in a cgroup, as in a container or a unit of a service manager."""

    def setUp(self):
        super().setUp()
        os.mkfifo(self.folder / "pipe")
        own = own_memory_cgroup()
        self.cgroup = own and own / self.folder.name
        try:
            self.cgroup.mkdir()
        except (AttributeError, OSError):
            self.skipTest("no cgroup of the memory controller can be made here")
        self.addCleanup(self.remove)
        self.addCleanup(self.end)  # before that

    def remove(self):
        left = sorted(each for each in self.cgroup.rglob("*") if each.is_dir())
        for folder in [*reversed(left), self.cgroup]:
            for pid in (folder / "cgroup.procs").read_text(encoding="utf-8").split():
                os.kill(int(pid), signal.SIGKILL)
            for _ in range(PATIENCE * 50):
                if not (folder / "cgroup.procs").read_text(encoding="utf-8"):
                    break
                select.select([], [], [], 0.02)
            folder.rmdir()
        self.assertEqual(left, [], "heald left cgroups behind")

    def command(self, *more, state="state"):
        enter = 'echo 0 > "$0/cgroup.procs" && exec "$@"'
        return ["sh", "-c", enter, str(self.cgroup), *super().command(*more, state=state)]

    def await_end(self, pid):
        for _ in range(PATIENCE * 50):
            try:
                state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0]
            except OSError:
                return
            if state in "ZX":
                return
            select.select([], [], [], 0.02)
        self.fail(f"{pid} still runs")

    def test_a_kill_for_memory_takes_the_rung_that_is_for_it(self):
        self.rules("""
services:
  hog:
    process: {command: [sh, -c, "read -r go < pipe; x=x; while :; do x=$x$x; done"]}
    remediation:
      - {name: relieve, on: [oom], restart: {}, verify: {within: 5s, stable_for: 100ms}}
      - {restart: {}, verify: {within: 5s, stable_for: 100ms}}
    backoff: {initial: 10ms}
""")
        self.start()
        self.assertEqual(self.get("status")["daemon"]["oom_problem"], "")
        self.await_record(kind="action_finished", service="hog")
        os.kill(self.service("hog")["pid"], signal.SIGKILL)
        by_hand = self.await_record(kind="action_intended", service="hog", cause="ladder")
        self.assertEqual(by_hand["rung"], "restart")
        self.await_record(kind="verdict", service="hog", verdict="healed", cause="ladder")
        limit = self.cgroup / "service-hog/memory.limit_in_bytes"
        limit.write_text("8388608", encoding="utf-8")
        (self.folder / "pipe").write_text("go\n", encoding="utf-8")
        exited = self.await_record(kind="exited", service="hog")
        self.assertEqual(exited["text"], "killed by signal 9, out of memory")
        for_memory = self.await_record(kind="action_intended", service="hog", cause="ladder")
        self.assertEqual(for_memory["rung"], "relieve")
        self.await_record(kind="verdict", service="hog", verdict="healed", cause="ladder")

    def test_a_worker_that_left_its_group_does_not_outlive_a_dead_master_and_heald(self):
        self.rules("""
services:
  worker:
    process: {command: [sh, -c, "setsid sh -c 'echo $$ > escaped; read -r go < pipe' & wait"]}
    remediation: [{restart: {}, verify: {within: 5s, stable_for: 100ms}}]
""")
        self.start()
        self.await_record(kind="action_finished", service="worker")
        for _ in range(PATIENCE * 50):
            if (self.folder / "escaped").exists() and (self.folder / "escaped").read_text():
                break
            select.select([], [], [], 0.02)
        escaped = int((self.folder / "escaped").read_text())
        master = self.service("worker")["pid"]
        self.kill()
        os.kill(master, signal.SIGKILL)
        os.kill(escaped, 0)
        self.start()
        self.await_record(kind="verdict", service="worker", verdict="healed", cause="ladder")
        self.await_end(escaped)
        restarts = self.records(kind="action_finished", service="worker")
        self.assertIn("left by an earlier process", restarts[-1]["text"])

    def test_an_adopted_service_is_still_in_its_cgroup(self):
        self.rules(WORKER)
        self.start()
        self.await_record(kind="action_finished", service="worker")
        pid = str(self.service("worker")["pid"])
        self.kill()
        self.start()
        members = (self.cgroup / "service-worker/cgroup.procs").read_text(encoding="utf-8").split()
        self.assertIn(pid, members)
        self.assertEqual(self.heald("stop", "worker", "--wait").returncode, 0)
        self.assertFalse((self.cgroup / "service-worker").exists())


class Surroundings(DaemonTest):
    def test_where_kills_for_memory_are_not_seen_that_is_told_to_those_who_ask_for_them(self):
        rules = """
services:
  a: {process: {command: [sleep, 1000]}, remediation: [{on: [%s], restart: {}}]}
"""
        self.rules(rules % "oom")
        self.start()
        # This test and its shell are in the same cgroup, where there are cgroups at all.
        self.assertEqual(self.log_text().count("services get no cgroups"), 1)
        status = self.heald("status").stdout
        self.assertIn("a rung for 'oom' can never apply here: ", status)
        before = self.get("status")["daemon"]["rules_revision"]
        self.rules(rules % "exited")
        self.daemon.send_signal(signal.SIGHUP)
        self.await_that(lambda: self.get("status")["daemon"]["rules_revision"] != before,
                        "the new rules are not in force")
        self.assertNotIn("oom", self.heald("status").stdout)

    def test_heald_takes_all_descriptors_that_it_may_have_and_hands_on_what_it_was_given(self):
        self.rules("services:\n  a: {process: {command: [sleep, 1000]}}\n")
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(500, before[1]), before[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        self.start()
        self.await_record(kind="action_finished", service="a")
        self.assertEqual(resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE),
                         (before[1], before[1]))
        self.assertEqual(resource.prlimit(self.service("a")["pid"], resource.RLIMIT_NOFILE),
                         (min(500, before[1]), before[1]))


class Places(DaemonTest):
    def test_a_read_only_state_folder_is_refused_by_name(self):
        self.rules(WORKER)
        state = self.folder / "state"
        state.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=64k,mode=0700", "none", state],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("mounting is not permitted here")
        self.addCleanup(subprocess.run, ["umount", str(state)], check=False)
        refused = subprocess.run(self.command(), capture_output=True, text=True,
                                 timeout=PATIENCE, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(str(state), refused.stderr)
        self.assertIn("Read-only", refused.stderr)

    def test_no_service_is_started_from_wrong_rules(self):
        self.rules("services:\n  a: {process: {command: [touch, started], usr: me}}\n"
                   "  b: {depends_on: [c]}\n  c: {depends_on: [b]}\n")
        refused = subprocess.run(self.command(), capture_output=True, text=True,
                                 timeout=PATIENCE, check=False, cwd=self.folder)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("heald.yaml:2:", refused.stderr)
        self.assertIn("b -> c -> b", refused.stderr)
        self.assertFalse((self.folder / "started").exists())

    def test_nobody_answers_where_no_heald_runs(self):
        answer = self.heald("status")
        self.assertEqual(answer.returncode, 4)
        self.assertIn(self.socket, answer.stderr)


if __name__ == "__main__":
    HEALD = sys.argv.pop(1)
    unittest.main()

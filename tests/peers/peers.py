#!/usr/bin/env python3
"""What docs/comparison.md says of Monit and supervisord, tried on them.

  peers.py ROOT [CASE…]     ROOT: where the packages of both were unpacked; see scripts/peers

Both run as a plain process, with a configuration of a few lines, on loopback and in a temporary
folder. The times that the page quotes are printed.
"""

import getpass
import http.server
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

ROOT = Path()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def alive(pid):
    """A zombie does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Peer(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="heald-peers."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(self.end_services)

    def end_services(self):
        """What a peer has left behind: each service writes its own pid into starts."""
        for pid in self.starts():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def service(self, name, then="exec sleep 1000"):
        """A program that writes down each of its starts and then does what a service does."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\necho $$ >{path}.pid\necho {name} $$ >>{self.folder}/starts\n"
                        f"{then}\n")
        path.chmod(0o755)
        return path

    def starts(self, name=""):
        file = self.folder / "starts"
        lines = file.read_text().split("\n") if file.exists() else []
        return [int(line.split()[1]) for line in lines if line.startswith(name) and " " in line]

    def await_that(self, holds, seconds=20, what=""):
        deadline = time.monotonic() + seconds
        while not (found := holds()):
            if time.monotonic() > deadline:
                self.fail(f"not within {seconds} s: {what}\n{self.log()}")
            time.sleep(0.05)
        return found

    def log(self):
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def launch(self, command, environment=None):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=dict(os.environ, **(environment or {})))

        def end():
            if process.poll() is None:
                process.kill()
            process.wait()
        self.addCleanup(end)
        return process


class Listener:
    """Counts who asks. `answers` False: it takes connections and never says a word."""

    def __init__(self, answers=True):
        self.times = times = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                times.append(time.monotonic())
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass
        self.server = None
        if answers:
            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            threading.Thread(target=self.server.serve_forever, daemon=True).start()
            self.port = self.server.server_address[1]
        else:
            self.socket = socket.create_server(("127.0.0.1", 0), backlog=100)
            self.port = self.socket.getsockname()[1]

    def close(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        else:
            self.socket.close()


class Monit(Peer):
    """Monit 5.33, a cycle of one second, its tightest."""

    def monit(self, checks):
        port = free_port()
        file = self.folder / "monitrc"
        file.write_text(
            f"set daemon 1\nset log {self.folder}/log\nset pidfile {self.folder}/monit.pid\n"
            f"set idfile {self.folder}/id\nset statefile {self.folder}/state\n"
            f"set httpd port {port} and use address 127.0.0.1\n  allow 127.0.0.1\n{checks}\n")
        file.chmod(0o600)
        self.command = [str(ROOT / "usr/bin/monit"), "-c", str(file)]
        return self.launch([*self.command, "-I"])

    def tell(self, *words):
        """What its command line says."""
        return subprocess.run([*self.command, *words], capture_output=True, text=True,
                              timeout=30, check=False).stdout

    def check(self, name, more=""):
        path = self.service(name)
        start = f"/usr/bin/setsid {path}"
        # Monit asks no port until a start is as old as its timeout, 30 s where nothing is said.
        # Its start program has to return: the shell puts the service into the background.
        starter = self.folder / f"start-{name}"
        starter.write_text(f"#!/bin/sh\n{start} >/dev/null 2>&1 &\n")
        starter.chmod(0o755)
        return (f'check process {name} with pidfile {path}.pid\n'
                f'  start program = "{starter}" with timeout 2 seconds\n'
                f'  stop program = "/bin/sh -c \'kill -9 $(cat {path}.pid)\'" with timeout 2 seconds\n  {more}\n')

    def test_a_check_that_hangs_delays_all_others(self):
        good, hung = Listener(), Listener(answers=False)
        self.addCleanup(good.close)
        self.addCleanup(hung.close)
        failing = "if failed port {} protocol http with timeout 5 seconds then alert"
        self.monit(f"check host hung with address 127.0.0.1\n  {failing.format(hung.port)}\n"
                   f"check host good with address 127.0.0.1\n  {failing.format(good.port)}\n")
        self.await_that(lambda: len(good.times) >= 4, 60, "four looks at the good one")
        gaps = [b - a for a, b in zip(good.times, good.times[1:])]
        print(f"\nMonit, one of two checks hangs: the other's interval is "
              f"{min(gaps):.1f} to {max(gaps):.1f} s instead of 1 s")
        self.assertGreater(min(gaps), 4.5)

    def test_a_restart_that_does_not_help_is_repeated_and_no_verdict_is_told(self):
        self.monit(self.check("web", f"if failed host 127.0.0.1 port {free_port()} then restart"))
        self.await_that(lambda: len(self.starts("web")) >= 4, 60, "four starts")
        log = self.log()
        print("\nMonit, a restart that does not help:\n" + log)
        self.assertIn("'web' trying to restart", log)
        self.assertNotRegex(log, "not healed|did not help|still failing after")

    def test_with_a_restart_limit_it_gives_up_by_no_longer_watching(self):
        self.monit(self.check("web", f"if failed host 127.0.0.1 port {free_port()} then restart\n"
                                     "  if 2 restarts within 10 cycles then unmonitor"))
        self.await_that(lambda: "Not monitored" in self.tell("status", "web"), 60, "unmonitored")
        status = self.tell("status", "web")
        print("\nMonit, given up:\n" + status + self.log())
        # Why it does not watch any more is in the log alone.
        self.assertNotIn("restart", status)

    def test_a_restart_counts_as_done_when_the_process_is_there(self):
        """A process that hangs from its start on is told to be started."""
        self.monit(self.check("web", "if failed host 127.0.0.1 port 1 for 30 cycles then restart"))
        self.await_that(lambda: self.starts("web"), 30, "a start")
        self.await_that(lambda: "'web' process is running" in self.log(), 30, "the recovery")

    def test_killed_itself_it_goes_on_with_what_runs(self):
        first = self.monit(self.check("web"))
        self.await_that(lambda: self.starts("web"), 30, "a start")
        first.kill()
        first.wait()
        pid = self.starts("web")[-1]
        self.assertTrue(alive(pid))
        self.launch([*self.command, "-I"])
        self.await_that(lambda: f"pid                          {pid}" in self.tell("status", "web"),
                        30, "the same process")
        self.assertEqual(self.starts("web"), [pid])

    def test_what_fails_at_once_is_restarted_at_once(self):
        names = [f"web{number}" for number in range(5)]
        self.monit("".join(self.check(name) for name in names))
        self.await_that(lambda: len(self.starts()) == 5, 60, "five starts")
        self.await_that(lambda: self.log().count("process is running") >= 5, 60, "all seen")
        before = time.monotonic()
        for pid in self.starts():
            os.kill(pid, signal.SIGKILL)
        self.await_that(lambda: len(self.starts()) == 10, 60, "five more")
        print(f"\nMonit, five die: all five started anew after {time.monotonic() - before:.1f} s")

    def test_a_dependent_is_restarted_with_what_it_depends_on(self):
        self.monit(self.check("db", f"if failed host 127.0.0.1 port {free_port()} for 5 cycles "
                                    "then restart") + self.check("web", "depends on db"))
        self.await_that(lambda: len(self.starts("db")) >= 2, 60, "a restart of db")
        self.await_that(lambda: len(self.starts("web")) >= 2, 60, "a restart of web")

    def test_a_stop_is_told_without_who_asked_for_it(self):
        self.monit(self.check("web"))
        self.await_that(lambda: "process is running" in self.log(), 30, "it running")
        self.tell("stop", "web")
        self.await_that(lambda: "'web' stop on user request" in self.log(), 30, "the stop")
        self.assertNotIn(getpass.getuser(), self.log().partition("stop on user request")[2])

    def test_a_restart_that_helps_is_told_as_a_check_that_passes_again(self):
        port = free_port()
        self.monit(self.check("web", f"if failed host 127.0.0.1 port {port} then restart"))
        self.await_that(lambda: len(self.starts("web")) >= 2, 60, "a restart")
        with socket.create_server(("127.0.0.1", port), backlog=100):
            self.await_that(lambda: "connection succeeded to [127.0.0.1]" in self.log(), 60,
                            "the recovery")

    def test_a_file_that_is_wrong_ends_it_on_a_reload(self):
        process = self.monit(self.check("web"))
        self.await_that(lambda: self.starts("web"), 30, "a start")
        (self.folder / "monitrc").write_text("set daemon 1\nnonsense\n")
        checked = subprocess.run([*self.command, "-t"], capture_output=True, text=True, check=False)
        self.assertIn("syntax error 'nonsense'", checked.stdout + checked.stderr)
        process.send_signal(signal.SIGHUP)
        self.await_that(lambda: process.poll() is not None, 20, "its end")
        self.assertIn("monit stopped -- error parsing configuration file", self.log())
        self.assertTrue(alive(self.starts("web")[0]))


class Supervisord(Peer):
    """supervisord 4.2"""

    def supervise(self, programs):
        self.file = self.folder / "supervisord.conf"
        self.head = (
            f"[supervisord]\nnodaemon=true\nlogfile={self.folder}/log\n"
            f"pidfile={self.folder}/supervisord.pid\nchildlogdir={self.folder}\n"
            f"[unix_http_server]\nfile={self.folder}/socket\n"
            "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = "
            "supervisor.rpcinterface:make_main_rpcinterface\n"
            f"[supervisorctl]\nserverurl=unix://{self.folder}/socket\n")
        self.file.write_text(self.head + programs)
        return self.run_it()

    def run_it(self):
        self.path = {"PYTHONPATH": str(ROOT / "usr/lib/python3/dist-packages")}
        return self.launch([sys.executable, str(ROOT / "usr/bin/supervisord"), "-c",
                            str(self.file)], self.path)

    def tell(self, *words):
        return subprocess.run([sys.executable, str(ROOT / "usr/bin/supervisorctl"), "-c",
                               str(self.file), *words], capture_output=True, text=True, timeout=30,
                              env=dict(os.environ, **self.path), check=False).stdout

    def program(self, name, more="", then="exec sleep 1000"):
        return f"[program:{name}]\ncommand={self.service(name, then)}\nstartsecs=1\n{more}\n"

    def state(self, name, word):
        self.await_that(lambda: word in self.tell("status", name), 30, f"{name} {word}")

    def test_a_process_that_hangs_stays_running(self):
        self.supervise(self.program("web"))
        self.state("web", "RUNNING")
        os.kill(self.starts("web")[0], signal.SIGSTOP)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            self.assertIn("RUNNING", self.tell("status", "web"))
        self.assertEqual(len(self.starts("web")), 1)

    def test_a_restart_counts_when_the_process_lives_for_startsecs(self):
        self.supervise(self.program("web"))  # nothing in it answers anybody
        self.state("web", "RUNNING")
        self.assertIn("web: started", self.tell("restart", "web"))
        self.assertIn("process has stayed up for > than 1 seconds (startsecs)", self.log())

    def test_killed_itself_it_starts_a_second_one_beside_what_runs(self):
        first = self.supervise(self.program("web"))
        self.state("web", "RUNNING")
        first.kill()
        first.wait()
        old = self.starts("web")[0]
        self.assertTrue(alive(old))
        self.run_it()
        self.await_that(lambda: len(self.starts("web")) == 2, 30, "a second start")
        self.state("web", "RUNNING")
        self.assertTrue(alive(old))
        self.assertIn(f"pid {self.starts('web')[1]}", self.tell("status", "web"))

    def test_what_does_not_start_is_given_up_for_good(self):
        self.supervise(self.program("web", then="exit 1"))
        self.state("web", "FATAL")
        print("\nsupervisord, given up: " + self.tell("status", "web"))
        self.assertEqual(len(self.starts("web")), 4)  # startretries is 3

    def test_what_starts_and_then_dies_is_restarted_without_end(self):
        self.supervise(self.program("web", then="sleep 1.5; exit 1"))
        self.await_that(lambda: len(self.starts("web")) >= 6, 60, "six starts")
        self.assertNotIn("FATAL", self.tell("status", "web"))

    def test_what_dies_at_once_is_restarted_at_once(self):
        self.supervise("".join(self.program(f"web{number}") for number in range(5)))
        self.await_that(lambda: self.tell("status").count("RUNNING") == 5, 30, "five running")
        before = time.monotonic()
        for pid in self.starts():
            os.kill(pid, signal.SIGKILL)
        self.await_that(lambda: len(self.starts()) == 10, 30, "five more")
        print(f"\nsupervisord, five die: all started anew after {time.monotonic() - before:.1f} s")

    def test_reread_names_what_changed_and_update_applies_it(self):
        self.supervise(self.program("web") + self.program("gone"))
        self.state("web", "RUNNING")
        self.file.write_text(self.head + self.program("web", "priority=5") + self.program("new"))
        told = self.tell("reread")
        print("\nsupervisord reread:\n" + told)
        for line in ("web: changed", "new: available", "gone: disappeared"):
            self.assertIn(line, told)

    def test_a_stop_is_told_without_who_asked_for_it(self):
        self.supervise(self.program("web"))
        self.state("web", "RUNNING")
        self.tell("stop", "web")
        line = self.await_that(lambda: re.search(r".*stopped: web.*", self.log()), 30, "the stop")
        self.assertNotIn(getpass.getuser(), line.group())
        self.assertRegex(self.tell("status", "web"), r"STOPPED +\w+ \d+")

    def test_a_file_that_is_wrong_is_refused_by_reread(self):
        self.supervise(self.program("web"))
        self.state("web", "RUNNING")
        self.file.write_text(self.head + "[program:web]\nstartsecs=nonsense\n")
        print("\nsupervisord, a wrong file: " + self.tell("reread"))
        self.assertIn("RUNNING", self.tell("status", "web"))


if __name__ == "__main__":
    ROOT = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)

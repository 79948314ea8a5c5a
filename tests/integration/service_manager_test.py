#!/usr/bin/env python3
"""What heald says to the service manager that started it, and its unit.

  service_manager_test.py HEALD UNIT [unittest options]
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

import daemon_test
from daemon_test import PATIENCE, DaemonTest

UNIT = Path()
RULES = """
services:
  web:
    process: {command: [sh, -c, 'echo "<$NOTIFY_SOCKET$WATCHDOG_USEC>"; exec sleep infinity']}
    remediation: []
"""


class Manager(DaemonTest):
    def setUp(self):
        super().setUp()
        self.inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.inbox.settimeout(PATIENCE)
        self.addCleanup(self.inbox.close)
        self.heard = []

    def start_under(self, address, **more):
        self.inbox.bind(address)
        name = address if isinstance(address, str) else "@" + address[1:].decode()
        os.environ.update({"NOTIFY_SOCKET": name, **more})
        try:
            self.start()
        finally:
            for variable in ("NOTIFY_SOCKET", *more):
                del os.environ[variable]

    def await_word(self, word):
        """Reads on until a datagram has this assignment; answers all of its assignments."""
        while True:
            text = self.inbox.recv(4096).decode()
            self.heard.append(text)
            said = dict(line.split("=", 1) for line in text.splitlines())
            if re.fullmatch(word, text, re.DOTALL) or word in text.splitlines():
                return said

    def socket_path(self):
        return str(self.folder / "manager")

    def test_it_says_when_it_is_ready_how_all_is_and_that_it_ends(self):
        self.rules(RULES)
        self.start_under(self.socket_path())
        self.assertRegex(self.await_word("READY=1")["STATUS"], r"^1 service, 0 unhealthy; 0 ")
        self.await_record(kind="verdict", service="web", verdict="healed")
        os.kill(self.service("web")["pid"], signal.SIGKILL)
        self.await_word("STATUS=1 service, 1 unhealthy, 1 latched; 1 incident open")
        self.daemon.send_signal(signal.SIGTERM)
        self.await_word("STOPPING=1.*")
        self.daemon.wait(PATIENCE)

    def test_an_abstract_socket_is_as_good(self):
        self.rules(RULES)
        self.start_under(b"\0heald-test-" + str(os.getpid()).encode())
        self.await_word("READY=1")

    def test_its_services_cannot_speak_in_its_name(self):
        self.rules(RULES)
        self.start_under(self.socket_path(), WATCHDOG_USEC="60000000")
        log = self.folder / "state/logs/web.log"
        self.await_that(lambda: log.exists() and log.read_text(encoding="utf-8"), "no output")
        self.assertEqual(log.read_text(encoding="utf-8"), "<>\n")

    def test_a_reload_begins_and_ends(self):
        self.rules(RULES)
        self.start_under(self.socket_path())
        self.await_word("READY=1")
        self.rules(RULES.replace("web:", "shop:"))
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.assertEqual(self.heald("reload").returncode, 0)
        began = int(self.await_word("RELOADING=1")["MONOTONIC_USEC"])
        self.assertLessEqual(before, began)
        self.assertLessEqual(began, time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)
        self.await_word("READY=1")

    def test_a_reload_that_is_refused_is_over_as_well(self):
        self.rules(RULES)
        self.start_under(self.socket_path())
        self.await_word("READY=1")
        self.rules("services: [")
        self.daemon.send_signal(signal.SIGHUP)
        self.await_word("RELOADING=1")
        self.assertIn("refused", self.await_word("READY=1")["STATUS"])

    def test_it_keeps_saying_that_it_lives_as_often_as_it_was_asked(self):
        self.rules(RULES)
        self.start_under(self.socket_path(), WATCHDOG_USEC="400000")
        self.await_word("READY=1")
        for _ in range(3):
            self.await_word("WATCHDOG=1")

    def test_the_watchdog_of_another_process_is_not_its_own(self):
        self.rules(RULES)
        self.start_under(self.socket_path(), WATCHDOG_USEC="1", WATCHDOG_PID=str(os.getpid()))
        self.await_word("READY=1")
        self.daemon.send_signal(signal.SIGTERM)
        self.await_word("STOPPING=1.*")
        self.assertNotIn("WATCHDOG=1", self.heard)

    def test_a_manager_that_went_away_is_no_trouble(self):
        self.rules(RULES)
        self.start_under(self.socket_path(), WATCHDOG_USEC="1000")
        self.await_word("WATCHDOG=1")
        self.inbox.close()
        os.unlink(self.socket_path())
        self.await_record(kind="verdict", service="web", verdict="healed")
        self.assertIsNone(self.daemon.poll())


class Unit(unittest.TestCase):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze")
    def test_systemd_takes_the_unit_without_a_word(self):
        folder = Path(self.enterContext(daemon_test.tempfile.TemporaryDirectory()))
        text = UNIT.read_text(encoding="utf-8")
        self.assertIn("/usr/bin/heald", text)
        unit = folder / "heald.service"
        unit.write_text(text.replace("/usr/bin/heald", daemon_test.HEALD), encoding="utf-8")
        said = subprocess.run(["systemd-analyze", "verify", "--man=no", unit],
                              capture_output=True, text=True, check=False, timeout=PATIENCE)
        self.assertEqual((said.returncode, said.stdout + said.stderr), (0, ""))


if __name__ == "__main__":
    daemon_test.HEALD = sys.argv.pop(1)
    UNIT = Path(sys.argv.pop(1))
    unittest.main()

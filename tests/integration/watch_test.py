#!/usr/bin/env python3
"""The live screen, in a terminal.

  watch_test.py HEALD [unittest options]
"""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
import unittest

import daemon_test
from completion_test import Terminal
from daemon_test import PATIENCE, DaemonTest

ROWS, COLUMNS = 6, 60
RULES = "services:\n" + "".join(
    f"  quiet-{number}: {{process: {{command: [sleep, infinity]}}}}\n" for number in range(9)) + """
  zebra:
    external: {}
    probes: {answers: {exec: [test, -e, up], interval: 100ms, failure_threshold: 1}}
"""


class Watch(DaemonTest):
    def setUp(self):
        super().setUp()
        self.rules(RULES)
        (self.folder / "up").touch()
        self.start()
        self.await_that(lambda: self.get("status")["summary"]["healthy"] == 10, "not all well")

    def watch(self):
        terminal = Terminal([daemon_test.HEALD, "status", "--watch", "--socket", self.socket],
                            dict(os.environ), self.folder)
        fcntl.ioctl(terminal.screen, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.addCleanup(terminal.close)
        return terminal

    @staticmethod
    def picture(terminal):
        """The lines of the next whole picture, without what steers the terminal."""
        terminal.until("\x1b[H")
        drawn = terminal.until("\x1b[J")
        return re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", drawn).split("\r\n")[:-1]

    def test_what_is_sick_comes_first_as_soon_as_it_is(self):
        terminal = self.watch()
        picture = []
        while len(picture) != ROWS - 1:  # until the size of the terminal is known
            picture = self.picture(terminal)
        self.assertRegex(picture[0], "^10 services, 10 healthy; 0 incidents open$")
        self.assertRegex(picture[1], "^SERVICE +DESIRED +HEALTH")
        self.assertRegex(picture[2], "^quiet-0 ")
        self.assertEqual(picture[-1], "… and 8 services more")
        (self.folder / "up").unlink()
        while "unhealthy" not in picture[0]:
            picture = self.picture(terminal)
        self.assertRegex(picture[0], "9 healthy, 1 unhealthy; 1 incident open")
        self.assertRegex(picture[2], "^zebra .* unhealthy")

    def test_without_a_terminal_it_shows_one_after_the_other_until_nobody_reads(self):
        ran = subprocess.run(
            ["sh", "-c", '"$0" status --watch --socket "$1" | head -13', daemon_test.HEALD,
             self.socket], capture_output=True, text=True, timeout=PATIENCE, check=False)
        lines = ran.stdout.splitlines()
        self.assertEqual(lines[0], "10 services, 10 healthy; 0 incidents open")
        self.assertEqual(lines[12], "")
        self.assertNotIn("\x1b", ran.stdout)


if __name__ == "__main__":
    daemon_test.HEALD = sys.argv.pop(1)
    unittest.main(verbosity=2)

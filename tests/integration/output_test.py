#!/usr/bin/env python3
"""What services print: in files, over their rotation, and in systemd's journal.

  output_test.py HEALD [unittest options]
"""

import json
import os
import signal
import subprocess
import sys
import unittest

import daemon_test
from daemon_test import PATIENCE, DaemonTest

# Prints each line that comes through its pipe.
PRINTER = """
services:
  web:
    process:
      command: [sh, -c, 'while :; do while read -r line; do echo "$line"; done < pipe; done']
      log: {max_size: 64KiB, files: 20}
  other: {external: {}}
  quiet: {process: {command: [sleep, infinity], output: inherit}}
"""
JOURNALD = "/lib/systemd/systemd-journald"


class OutputTest(DaemonTest):
    def setUp(self):
        super().setUp()
        os.mkfifo(self.folder / "pipe")

    def print(self, text):
        with open(self.folder / "pipe", "w", encoding="utf-8") as pipe:
            pipe.write(text + "\n")

    def shown(self, *arguments):
        ran = self.heald("logs", *arguments, "-o", "json")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return [json.loads(line) for line in ran.stdout.splitlines()]

    def await_text(self, text):
        self.await_that(lambda: text in [line["text"] for line in self.shown("web")],
                        f"{text} was not printed")


class Files(OutputTest):
    def setUp(self):
        super().setUp()
        self.rules(PRINTER)
        self.start()

    def test_lines_come_with_their_times_and_those_of_no_heald_without(self):
        self.print("one")
        times = self.folder / "state/logs/web.log.times"
        self.await_that(lambda: times.exists() and times.stat().st_size >= 3 * 16, "not noted")
        self.kill()
        self.print("alone")
        self.await_in_file("alone")
        self.start()
        self.print("two")
        self.await_text("two")
        lines = self.shown("web")
        self.assertEqual([line["text"] for line in lines], ["one", "alone", "two"])
        self.assertEqual([line["at"] is None for line in lines], [False, True, False])
        self.assertRegex(self.heald("logs", "web", "-n", "1").stdout, r"^\d{4}-.* two\n$")

    def await_in_file(self, text):
        log = self.folder / "state/logs/web.log"
        self.await_aside(lambda: text in log.read_text(encoding="utf-8"), "it was not printed")

    def test_who_follows_gets_every_line_over_new_files(self):
        follower = subprocess.Popen(
            [daemon_test.HEALD, "logs", "-f", "-n", "0", "web", "-o", "json", "--socket",
             self.socket], stdout=subprocess.PIPE, text=True)
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.wait, PATIENCE)
        self.addCleanup(follower.kill)
        self.print("begin")
        self.await_text("begin")
        count = 4000
        for first in range(0, count, 100):
            self.print("\n".join(f"{number} {'x' * 90}" for number in range(first, first + 100)))
        self.print("end")
        seen = []
        while not seen or seen[-1] != "end":
            seen.append(json.loads(follower.stdout.readline())["text"])
        numbers = [int(text.split()[0]) for text in seen if text not in ("begin", "end")]
        self.assertEqual(numbers[-count:], list(range(count)))
        older = list((self.folder / "state/logs").glob("web.log.[0-9]"))
        self.assertTrue(older)
        kept = [line["text"] for line in self.shown("web", "-n", "10000")]
        self.assertEqual(kept[-count - 1:], seen[-count - 1:])

    def test_a_follower_whose_reader_is_gone_ends(self):
        self.print("one")
        self.await_text("one")
        ran = subprocess.run(
            ["sh", "-c", '"$0" logs -f web --socket "$1" | head -1', daemon_test.HEALD,
             self.socket], capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertRegex(ran.stdout, " one\n$")

    def test_sigusr1_begins_new_files(self):
        self.print("one")
        self.await_text("one")
        self.daemon.send_signal(signal.SIGUSR1)
        older = self.folder / "state/logs/web.log.1"
        self.await_that(older.exists, "no new file")
        self.assertEqual(older.read_text(encoding="utf-8"), "one\n")
        self.print("two")
        self.await_text("two")
        self.assertEqual([line["text"] for line in self.shown("web")], ["one", "two"])

    def test_what_heald_does_not_have_is_where_it_says(self):
        for service, said in (("other", "external"), ("quiet", "heald's own output"),
                              ("wbe", "there is no service 'wbe'")):
            ran = self.heald("logs", service)
            self.assertEqual(ran.returncode, 1, ran.stdout)
            self.assertIn(said, ran.stderr)


class Journal(OutputTest):
    """In a mount namespace with a journald of its own."""

    INSIDE = "HEALD_TEST_OWN_RUN"

    def test_output_is_in_the_journal_and_survives_heald(self):
        if self.INSIDE not in os.environ:
            return self.run_inside()
        os.makedirs("/run/systemd/journal")
        os.makedirs("/run/log/journal")
        self.keeper = subprocess.Popen([JOURNALD], stderr=subprocess.DEVNULL)
        self.addCleanup(self.keeper.wait, PATIENCE)
        self.addCleanup(self.keeper.terminate)
        self.await_aside(lambda: os.path.exists("/run/systemd/journal/stdout"), "no journald")
        self.rules(PRINTER.replace("log: {max_size: 64KiB, files: 20}", "output: journald"))
        self.start()
        self.print("hello")
        self.await_that(lambda: self.journal() == ["hello"], "it is not there")
        self.assertIn("journalctl -t web", self.heald("logs", "web").stderr)
        self.kill()
        self.print("alone")
        self.start()
        self.await_that(lambda: self.journal() == ["hello", "alone"], "it is lost")

    def run_inside(self):
        own_run = ["unshare", "--mount", "--map-root-user"] if os.geteuid() else [
            "unshare", "--mount"]
        script = 'mount -t tmpfs none /run && exec "$@"'
        able = subprocess.run([*own_run, "sh", "-c", script, "sh", "true"], capture_output=True,
                              text=True, check=False)
        if able.returncode != 0:
            self.skipTest(f"there can be no namespace for a journald here: {able.stderr}")
        ran = subprocess.run(
            [*own_run, "sh", "-c", script, "sh", sys.executable, __file__, daemon_test.HEALD,
             "Journal"], capture_output=True, text=True, timeout=2 * PATIENCE, check=False,
            env=dict(os.environ, **{self.INSIDE: "yes"}))
        self.assertEqual(ran.returncode, 0, ran.stderr)

    def journal(self):
        return subprocess.run(
            ["journalctl", "--directory=/run/log/journal", "-t", "web", "-o", "cat", "--no-pager",
             "--quiet"], capture_output=True, text=True, check=False).stdout.splitlines()


if __name__ == "__main__":
    daemon_test.HEALD = sys.argv.pop(1)
    unittest.main(verbosity=2)

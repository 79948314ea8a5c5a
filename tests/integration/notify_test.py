#!/usr/bin/env python3
"""Processes that say of themselves, over sd_notify, how they are.

  notify_test.py HEALD [unittest options]
"""

import os
import signal
import socket
import sys
import unittest

import daemon_test
from daemon_test import DaemonTest

# Says each line that comes through its pipe, and beats ten times a second unless it is muted.
SPEAKER = """
import os, select, socket, sys
pipe = os.open(sys.argv[1], os.O_RDWR)
heald = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
say = lambda word: heald.sendto(word, os.environ["NOTIFY_SOCKET"])
beats = "WATCHDOG_USEC" in os.environ
waiting = b""
while True:
    ready, _, _ = select.select([pipe], [], [], 0.1)
    if ready:
        *lines, waiting = (waiting + os.read(pipe, 4096)).split(b"\\n")
        for line in lines:
            beats = beats and line != b"mute"
            if line != b"mute":
                say(line)
    if beats:
        say(b"WATCHDOG=1")
"""

WEB = """
services:
  web:
    process: {command: [PYTHON, speaker.py, pipe], ready: notify}
    remediation: [{restart: {}, verify: {within: 30s, stable_for: 100ms}}]
"""
AFTER_WEB = """
  front:
    process: {command: [sleep, infinity]}
    depends_on: [web]
"""
WATCHED = """
services:
  web:
    process: {command: [PYTHON, speaker.py, pipe]}
    probes: {beats: {watchdog: {within: 1s}, interval: 200ms, failure_threshold: 2}}
    remediation: [{restart: {}, verify: {within: 30s, stable_for: 100ms}}]
"""


class Notify(DaemonTest):
    def setUp(self):
        super().setUp()
        os.mkfifo(self.folder / "pipe")
        (self.folder / "speaker.py").write_text(SPEAKER, encoding="utf-8")

    def rules(self, text):
        return super().rules(text.replace("PYTHON", sys.executable))

    def say(self, text):
        """Lets the service say it, whoever supervises it."""
        (self.folder / "pipe").write_text(text + "\n", encoding="utf-8")

    def await_pid(self, service):
        return self.await_that(lambda: self.service(service)["pid"], f"{service} does not run")

    def await_health(self, service, health):
        self.await_that(lambda: self.service(service)["health"] == health,
                        f"{service} is not {health}")

    def test_a_service_is_up_when_it_says_so_and_its_dependents_wait_for_it(self):
        self.rules(WEB + AFTER_WEB)
        self.start()
        self.await_pid("web")
        self.await_record(kind="held", service="front")
        self.say("STATUS=reading the index")
        self.await_that(lambda: "reading the index" in self.service("web")["said"], "no word")
        self.assertIsNone(self.service("front")["pid"])
        self.say("READY=1")
        self.await_health("web", "healthy")
        self.await_pid("front")
        self.assertIn("ready: reading the index", self.heald("explain", "web").stdout)

    def test_what_was_said_is_not_forgotten_with_a_killed_heald(self):
        self.rules(WEB)
        self.start()
        pid = self.await_pid("web")
        self.say("READY=1")
        self.await_health("web", "healthy")
        self.await_record(kind="verdict", service="web", verdict="healed")
        self.kill()
        self.start()
        self.await_health("web", "healthy")
        self.assertEqual(self.service("web")["pid"], pid)
        self.say("STATUS=still here")
        self.await_that(lambda: "says: ready: still here" in self.heald("status").stdout,
                        "it is not heard")
        self.assertEqual(len(self.records(kind="action_intended")), 1)

    def test_silence_is_noticed_and_healed(self):
        self.rules(WATCHED)
        self.start()
        before = self.await_pid("web")
        self.await_health("web", "healthy")
        self.say("mute")
        self.await_record(kind="verdict", service="web", cause="ladder", verdict="healed")
        opened = self.records(kind="incident_opened", service="web")
        self.assertIn("no WATCHDOG=1 for", opened[0]["text"])
        self.assertIn("expected every 1 s", opened[0]["text"])
        self.assertNotEqual(self.service("web")["pid"], before)
        with self.assertRaises(ProcessLookupError):
            os.kill(before, 0)

    def test_a_call_for_its_own_restart_is_answered(self):
        self.rules(WATCHED)
        self.start()
        self.await_pid("web")
        self.await_health("web", "healthy")
        self.say("WATCHDOG=trigger")
        self.await_record(kind="verdict", service="web", cause="ladder", verdict="healed")
        self.assertIn("it says WATCHDOG=trigger",
                      self.records(kind="incident_opened", service="web")[0]["text"])

    def test_nobody_else_speaks_for_a_service(self):
        self.rules(WEB.replace("ready: notify}", "ready: notify}\n    probes: {up: {notify: {}, "
                               "interval: 200ms, timeout: 100ms, failure_threshold: 1}}"))
        self.start()
        self.await_pid("web")
        stranger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(stranger.close)
        stranger.sendto(b"READY=1", self.socket + ".notify/web")
        opened = self.await_record(kind="incident_opened", service="web")
        self.assertIn("it has not said READY=1", opened["text"])
        self.assertTrue(f"process {os.getpid()} spoke, and is none of its own" in
                        str(self.service("web")) or self.service("web")["health"] != "healthy")

    def test_only_who_is_to_speak_is_given_a_socket(self):
        self.rules("services:\n  quiet: {process: {command: "
                   "[sh, -c, 'echo \"<$NOTIFY_SOCKET>\"; sleep infinity']}}\n")
        self.start()
        self.await_pid("quiet")
        log = self.folder / "state/logs/quiet.log"
        self.await_that(lambda: log.exists() and log.read_text(encoding="utf-8"), "no output")
        self.assertEqual(log.read_text(encoding="utf-8"), "<>\n")
        os.kill(self.service("quiet")["pid"], signal.SIGCONT)


if __name__ == "__main__":
    daemon_test.HEALD = sys.argv.pop(1)
    unittest.main()

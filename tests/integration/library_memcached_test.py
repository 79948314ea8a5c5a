#!/usr/bin/env python3
"""rules/memcached.yaml on a real memcached.

  library_memcached_test.py HEALD [unittest options]
"""

import fcntl
import os
import signal
import subprocess
import threading
import time

import library
from library import LibraryTest, ask, free_port

CONNECTIONS = 32
VERIFY = {"within": "3s", "stable_for": "1s"}


class Memcached(LibraryTest):
    entry = "memcached"

    def setUp(self):
        super().setUp()
        self.port = free_port()

    def start_memcached(self, overrides=None):
        self.declare({"port": self.port, "connections": CONNECTIONS, "memory": 2}, overrides)
        self.start_healthy()

    def say(self, text):
        with ask(self.port, text) as connection:
            return connection.recv(1000)

    def test_a_crash_is_healed_by_a_restart(self):
        self.start_memcached()
        self.crash()

    def test_clients_that_take_every_connection_are_shaken_off(self):
        self.start_memcached()
        clients = []
        self.addCleanup(lambda: [client.close() for client in clients])

        def come_and_stay():
            # One more at a time, until memcached itself says that there are too many.
            while True:
                client = ask(self.port, b"version\r\n")
                clients.append(client)
                if not client.recv(100).startswith(b"VERSION"):
                    return
        story = self.outage("all connections taken", come_and_stay, [("restart", "healed")])
        self.assertIn("Too many open connections", story["incident"]["symptom"])

    def test_a_full_memory_without_evictions_is_flushed(self):
        self.start_memcached({"process": {"command": [
            "memcached", "--listen=127.0.0.1", f"--port={self.port}", "--user=memcache",
            "--memory-limit=2", "--disable-evictions"]}})
        before = self.pid()

        def fill():
            with ask(self.port) as connection:
                for size in (500_000, 50_000, 5_000, 500, 50, 1):
                    self.fill(connection, size)
            self.go_on_storing()
            return time.time()
        story = self.outage("full memory", fill, [("flush", "healed")])
        self.assertIn("'stores' failed", story["incident"]["symptom"])
        self.assertEqual(self.pid(), before)
        self.assertIn(b"VERSION", self.say(b"version\r\n"))

    def fill(self, connection, size):
        """Values of one size, until there is no room for one more."""
        answers = connection.makefile("rb")
        for number in range(100_000):
            value = b"x" * size
            connection.sendall(b"set k%d-%d 0 0 %d\r\n%s\r\n" % (size, number, size, value))
            if not answers.readline().startswith(b"STORED"):
                return
        self.fail("it takes more than it may")

    def go_on_storing(self):
        """As an application does; without it the probe finds the room of its own last value."""
        done = threading.Event()

        def store():
            with ask(self.port) as connection:
                while not done.wait(0.02):
                    connection.sendall(b"set more%d 0 0 1\r\nx\r\n" % time.monotonic_ns())
                    connection.recv(1000)
        writer = threading.Thread(target=store)
        writer.start()
        self.addCleanup(writer.join)
        self.addCleanup(done.set)

    def test_a_frozen_process_is_restarted(self):
        self.start_memcached()
        frozen = self.pid()
        self.outage("frozen process", lambda: os.kill(frozen, signal.SIGSTOP),
                    [("restart", "healed")])
        self.assertNotEqual(self.pid(), frozen)

    def start_other(self):
        other = subprocess.Popen(["memcached", "--listen=127.0.0.1", f"--port={self.port}",
                                  "--user=memcache"])
        reaper = threading.Thread(target=other.wait)
        reaper.start()
        self.addCleanup(reaper.join)
        self.addCleanup(other.kill)
        return other

    def test_another_memcached_on_its_port_is_ended_as_the_user_says(self):
        gate = open(self.write("gate", ""), encoding="utf-8")
        self.addCleanup(gate.close)
        end_other = "read -r other < other.pid; kill $other; tail --pid=$other -f /dev/null"
        self.start_memcached({
            # So that the other one is there first.
            "process": {"pre_start": [["flock", str(gate.name), "true"]],
                        "directory": str(self.folder)},
            "remediation": [
                {"restart": {}, "attempts": 2, "verify": VERIFY},
                {"name": "evict", "verify": VERIFY,
                 "reprovision": {"shell": end_other, "directory": str(self.folder)}}]})

        def crash_and_lose_the_port():
            fcntl.flock(gate, fcntl.LOCK_EX)
            os.kill(self.pid(), signal.SIGKILL)
            other = self.start_other()
            self.await_that(lambda: self.answers(other), "the other one does not answer")
            self.write("other.pid", f"{other.pid}\n")
            fcntl.flock(gate, fcntl.LOCK_UN)
        self.outage("port taken by another", crash_and_lose_the_port,
                    [("restart", "not_healed"), ("restart", "not_healed"), ("evict", "healed")])
        self.assertIn(b"STAT pid %d\r\n" % self.pid(), self.say(b"stats\r\n"))

    def answers(self, other):
        try:
            return b"STAT pid %d\r\n" % other.pid in self.say(b"stats\r\n")
        except OSError:  # the one before ends just now, or nobody is there yet
            return False


if __name__ == "__main__":
    library.main()

#!/usr/bin/env python3
"""rules/sshd.yaml on the real server, which this test runs in systemd's place.

  library_sshd_test.py HEALD [unittest options]
"""

import os
import signal
import subprocess
from pathlib import Path

import library
from library import LibraryTest, free_port

CONFIG = """
ListenAddress 127.0.0.1
Port {port}
PidFile {folder}/pid
HostKey {folder}/etc/host_key
UsePAM no
LoginGraceTime 2
"""
# As systemd does it: a process that is stopped gets its signal when it goes on.
CONTROL = """#!/bin/sh
stop() {{
  pid=$(cat {folder}/pid) && kill -TERM $pid && kill -CONT $pid && tail --pid=$pid -f /dev/null
  rm -f {folder}/pid
}}
case $1 in
  start) exec /usr/sbin/sshd -E {folder}/sshd.log -f {folder}/etc/sshd_config ;;
  stop) stop ;;
  restart) stop; exec /usr/sbin/sshd -E {folder}/sshd.log -f {folder}/etc/sshd_config ;;
esac
"""


class Sshd(LibraryTest):
    entry = "sshd"

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.config = self.write("etc/sshd_config", CONFIG.format(port=self.port,
                                                                  folder=self.folder))
        self.key = self.folder / "etc/host_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key],
                       check=True, timeout=library.PATIENCE)
        self.control = self.write("control", CONTROL.format(folder=self.folder), mode=0o755)
        self.separation = Path("/run/sshd")
        if os.geteuid() == 0:
            self.separation.mkdir(exist_ok=True)
        subprocess.run([self.control, "start"], check=True, timeout=library.PATIENCE)
        self.addCleanup(subprocess.run, [self.control, "stop"], timeout=library.PATIENCE,
                        check=False, stderr=subprocess.DEVNULL)
        means = {verb: f"{self.control} {verb}" for verb in ("start", "stop", "restart")}
        parameters = {name: value for name, value in self.pace.items() if name != "start_period"}
        self.pace = {}
        self.declare({**parameters, **means, "port": self.port, "etc": self.folder / "etc",
                      "kept": self.folder / "kept", "interval": "200ms"})
        self.start_healthy()
        self.await_that((self.folder / "kept/good/sshd_config").exists, "nothing was kept")

    def server(self):
        self.await_that((self.folder / "pid").exists, "it does not run")
        return int(self.read("pid"))

    def aside(self):
        return list((self.folder / "kept").glob("2*"))

    def test_a_crash_is_healed_by_a_restart(self):
        self.outage("crash", lambda: os.kill(self.server(), signal.SIGKILL),
                    [("restart", "healed")])

    def test_a_frozen_listener_needs_a_restart(self):
        self.outage("frozen listener", lambda: os.kill(self.server(), signal.SIGSTOP),
                    [("restart", "healed")])

    def test_a_broken_line_is_taken_back_before_the_next_start(self):
        before, server = self.config.read_text(encoding="utf-8"), self.server()
        self.outage("broken line",
                    lambda: self.write("etc/sshd_config", before + "PermitRootLogn no\n"),
                    [("clear", "not_healed"), ("put_back", "healed")])
        self.assertEqual(self.config.read_text(encoding="utf-8"), before)
        self.assertEqual(self.server(), server)
        self.assertIn("PermitRootLogn", (self.aside()[0] / "sshd_config").read_text("utf-8"))

    def test_a_key_that_others_can_read_is_put_right(self):
        self.outage("readable key", lambda: self.key.chmod(0o644),
                    [("clear", "not_healed"), ("put_back", "healed")])
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)

    def test_a_lost_key_comes_back_as_it_was(self):
        before = self.key.read_bytes()
        self.outage("lost key", self.key.unlink,
                    [("clear", "not_healed"), ("put_back", "healed")])
        self.assertEqual(self.key.read_bytes(), before)


if __name__ == "__main__":
    library.main()

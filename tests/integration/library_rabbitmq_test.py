#!/usr/bin/env python3
"""rules/rabbitmq.yaml on the real server.

  library_rabbitmq_test.py HEALD [unittest options]
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess

import library
from library import LibraryTest, children, free_port

RESTARTED = [("restart", "healed")]
PUT_BACK = [("restart", "not_healed"), ("restart", "not_healed"), ("put_right", "not_healed"),
            ("put_back", "healed")]


class RabbitMq(LibraryTest):
    entry = "rabbitmq"
    pace = {"interval": "300ms", "timeout": "2s", "start_period": "20s", "within": "12s",
            "stable_for": "1s"}

    def setUp(self):
        super().setUp()
        self.user = "rabbitmq" if os.geteuid() == 0 else getpass.getuser()
        self.home = self.folder / "home"
        self.home.mkdir()
        shutil.chown(self.home, self.user)
        self.config = self.write("rabbitmq.conf", "heartbeat = 60\n")
        self.port, self.node_port, self.epmd_port = free_port(), free_port(), free_port()
        self.addCleanup(self.end_port_mapper)
        self.declare({"port": self.port, "node": f"heald-{self.port}@localhost", "user": self.user,
                      "home": self.home, "config": self.config,
                      "plugins": self.write("plugins", "[].\n"), "kept": self.folder / "kept",
                      "node_port": self.node_port, "epmd_port": self.epmd_port,
                      "stop_timeout": "10s", "alarms_interval": "2s", "alarms_timeout": "10s",
                      "good_after": 5},
                     {"backoff": {"initial": "100ms"}})
        self.start_healthy()
        self.await_that((self.folder / "kept/good").exists, "no good configuration was kept")

    def end_port_mapper(self):
        """It is Erlang's own, and stays when the last node has gone."""
        subprocess.run(["epmd", "-port", str(self.epmd_port), "-kill"], check=False,
                       capture_output=True, timeout=library.PATIENCE)

    def assert_it_speaks_amqp(self):
        with socket.create_connection(("127.0.0.1", self.port), library.PATIENCE) as connection:
            connection.sendall(b"AMQP\0\0\x09\x01")
            self.assertEqual(connection.recv(1), b"\x01")

    def restart_with(self, setting):
        """As somebody does who changes the file and then ends the server."""
        self.config.write_text(setting, encoding="utf-8")
        os.kill(self.pid(), signal.SIGKILL)

    def assert_put_back(self, setting):
        self.assertEqual(self.config.read_text(encoding="utf-8"), "heartbeat = 60\n")
        aside = next((self.folder / "kept").glob("2*"))
        self.assertEqual(aside.read_text(encoding="utf-8"), setting)
        self.assert_it_speaks_amqp()

    def test_a_crash_is_healed_by_a_restart(self):
        self.crash()
        self.assert_it_speaks_amqp()

    def test_a_hung_server_is_healed_by_a_restart(self):
        def freeze():
            for process in children(self.pid()):  # it is started by a script, which waits for it
                os.kill(process, signal.SIGSTOP)
        self.outage("hung", freeze, RESTARTED)
        self.assert_it_speaks_amqp()

    def test_a_limit_that_nothing_can_keep_is_taken_back(self):
        setting = "vm_memory_high_watermark.absolute = 1MiB\n"
        self.outage("no messages taken", lambda: self.restart_with(setting),
                    [("restart", "not_healed"), ("put_back", "healed")])
        self.assert_put_back(setting)

    def test_a_configuration_that_is_not_understood_is_taken_back(self):
        setting = "heartbeat is 60\n"
        self.outage("broken configuration", lambda: self.restart_with(setting), PUT_BACK)
        self.assert_put_back(setting)

    def test_a_cookie_that_others_can_read_is_put_right(self):
        def open_cookie():
            (self.home / ".erlang.cookie").chmod(0o644)
            os.kill(self.pid(), signal.SIGKILL)
        self.outage("open cookie", open_cookie, PUT_BACK[:2] + [("put_right", "healed")])
        self.assertEqual((self.home / ".erlang.cookie").stat().st_mode & 0o777, 0o400)
        self.assert_it_speaks_amqp()


if __name__ == "__main__":
    library.main()

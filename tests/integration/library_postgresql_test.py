#!/usr/bin/env python3
"""rules/postgresql.yaml on the real server.

  library_postgresql_test.py HEALD [unittest options]
"""

import getpass
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import library
from library import LibraryTest, free_port

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
CONFIG = """
listen_addresses = ''
max_connections = 20
fsync = off
hba_file = '{config}/pg_hba.conf'
ident_file = '{config}/pg_ident.conf'
include_dir = 'conf.d'
"""
RESTARTS = [("restart", "not_healed"), ("restart", "not_healed")]


def as_user(user, command):
    """Servers of databases refuse to run as root, and so do their tools."""
    if os.geteuid() == 0:
        command = ["runuser", "-u", user, "--", *command]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", check=True,
                          timeout=library.PATIENCE)


class PostgreSql(LibraryTest):
    entry = "postgresql"
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()

    @classmethod
    def setUpClass(cls):
        """One empty cluster, of which each test has a copy."""
        super().setUpClass()
        cls.empty = Path(tempfile.mkdtemp(prefix="heald-it-"))
        cls.addClassCleanup(shutil.rmtree, cls.empty)
        shutil.chown(cls.empty, cls.user)
        as_user(cls.user, [BIN / "initdb", "-D", cls.empty / "data", "-A", "trust", "--no-sync"])

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.home, self.config, self.sockets = (
            self.folder / name for name in ("home", "config", "sockets"))
        self.data = self.home / "data"
        for folder in (self.home, self.config, self.config / "conf.d", self.sockets):
            folder.mkdir()
            self.own(folder)
        as_user(self.user, ["cp", "-a", self.empty / "data", self.data])
        for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf"):
            (self.data / name).rename(self.config / name)
        with (self.config / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(CONFIG.format(config=self.config))
        self.declare(
            {"version": BIN.parent.name, "port": self.port, "user": self.user, "data": self.data,
             "config": self.config, "sockets": self.sockets, "kept": self.folder / "kept",
             "idle_limit": "0 seconds", "stop_timeout": "2s", "within": "10s"},
            {"probes": {"config": {"interval": "500ms"}}, "backoff": {"initial": "100ms"}})
        self.start_healthy()
        self.sql("CREATE TABLE cart AS SELECT 'three apples' AS what")
        self.await_that((self.folder / "kept/good/postgresql.conf").exists, "nothing was kept")

    def own(self, path):
        shutil.chown(path, self.user)

    def sql(self, text, user=None):
        return as_user(self.user, ["psql", "-XAtq", "-h", self.sockets, "-p", str(self.port), "-U",
                             user or self.user, "-d", "postgres", "-c", text]).stdout.strip()

    def cart_is_there(self):
        self.assertEqual(self.sql("SELECT what FROM cart"), "three apples")

    def aside(self, name):
        return list((self.folder / "kept").glob("2*/" + name))

    def kill(self):
        os.kill(self.pid(), signal.SIGKILL)

    def backend(self):
        """A session that works on; its process, once it is there."""
        session = subprocess.Popen(
            ["psql", "-XAtq", "-h", self.sockets, "-p", str(self.port), "-U", self.user, "-d",
             "postgres"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(session.communicate)
        session.stdin.write("BEGIN;\nSELECT pg_backend_pid();\n")
        session.stdin.flush()
        return int(session.stdout.readline())

    def test_hung(self):
        self.outage("hung", lambda: os.kill(self.pid(), signal.SIGSTOP), [("restart", "healed")])

    def test_stale_pid(self):
        """The process that has the number now is another one of the same user."""
        other = subprocess.Popen(["sleep", "infinity"],
                                 user=self.user if os.geteuid() == 0 else None)
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        path = self.data / "postmaster.pid"

        def break_it():
            first, *lines = path.read_text(encoding="utf-8").splitlines()
            stale = self.write("stale", "\n".join([str(other.pid), *lines]) + "\n", mode=0o600)
            self.own(stale)
            self.assertEqual(int(first), self.pid())
            os.kill(self.pid(), signal.SIGSTOP)      # so that the file is there when it is dead
            stale.rename(path)
            self.kill()
        self.outage("stale_pid", break_it, RESTARTS + [("clear", "healed")])
        self.assertEqual(len(self.aside("postmaster.pid")), 1)
        self.cart_is_there()

    def test_orphan(self):
        orphan = self.backend()

        def break_it():
            os.kill(orphan, signal.SIGSTOP)
            self.kill()
        self.outage("orphan", break_it, RESTARTS + [("clear", "healed")])
        self.assertFalse(Path(f"/proc/{orphan}").exists())
        self.cart_is_there()

    def test_wrong_mode(self):
        def break_it():
            self.data.chmod(0o755)
            shutil.rmtree(self.sockets)
            self.kill()
        self.outage("wrong_mode", break_it, RESTARTS + [("clear", "healed")])
        self.assertEqual(self.data.stat().st_mode & 0o777, 0o700)

    def test_no_slots(self):
        pid = self.pid()
        self.outage("no_slots", lambda: [self.backend() for _ in range(17)],
                    [("free_slots", "healed")])
        self.assertEqual(self.pid(), pid)

    def test_broken_config(self):
        pid = self.pid()
        self.outage("broken_config",
                    lambda: self.write("config/conf.d/memory.conf", "work_mem = '4MB\n"),
                    [("put_back", "healed")])
        self.assertEqual(len(self.aside("conf.d/memory.conf")), 1)
        self.assertEqual(self.pid(), pid)

    def test_impossible_setting(self):
        def break_it():
            self.sql("ALTER SYSTEM SET shared_buffers = '900GB'")
            self.kill()
        self.outage("impossible_setting", break_it,
                    RESTARTS + [("clear", "not_healed"), ("start_as_before", "healed")])
        self.assertIn("900GB", self.aside("postgresql.auto.conf")[0].read_text(encoding="utf-8"))
        self.cart_is_there()


if __name__ == "__main__":
    library.main()

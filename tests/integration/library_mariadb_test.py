#!/usr/bin/env python3
"""rules/mariadb.yaml on the real server.

  library_mariadb_test.py HEALD [unittest options]
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

CONFIG = """
[mysqld]
bind-address = 127.0.0.1
max_connections = 10
innodb_buffer_pool_size = 8M
innodb_log_file_size = 4M
innodb_flush_log_at_trx_commit = 0
!includedir {folder}/etc/conf.d/
"""
RESTARTS = [("restart", "not_healed"), ("restart", "not_healed")]


class MariaDb(LibraryTest):
    entry = "mariadb"
    user = "mysql" if os.geteuid() == 0 else getpass.getuser()

    @classmethod
    def setUpClass(cls):
        """One empty server, of which each test has a copy."""
        super().setUpClass()
        cls.empty = Path(tempfile.mkdtemp(prefix="heald-it-"))
        cls.addClassCleanup(shutil.rmtree, cls.empty)
        cls.empty.chmod(0o755)
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--user={cls.user}", "--skip-test-db",
             f"--datadir={cls.empty}/data", f"--auth-root-socket-user={getpass.getuser()}",
             "--auth-root-authentication-method=socket", "--innodb-log-file-size=4M"],
            check=True, timeout=library.PATIENCE, capture_output=True)

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.home, self.run, self.data = (
            self.folder / name for name in ("home", "run", "home/data"))
        self.home.mkdir()
        self.run.mkdir()
        shutil.chown(self.run, self.user)
        subprocess.run(["cp", "-a", self.empty / "data", self.data], check=True)
        self.write("etc/my.cnf", CONFIG.format(folder=self.folder))
        self.write("etc/conf.d/shop.cnf", "[mysqld]\n")
        for path in (self.folder / "etc").rglob("*"):
            os.utime(path, (0, 0))  # long before the server is started
        os.utime(self.folder / "etc", (0, 0))
        self.write("client.cnf", f"[client]\nuser = {getpass.getuser()}\n", mode=0o600)
        self.declare(
            {"port": self.port, "user": self.user, "data": self.data, "config": self.folder / "etc",
             "socket": self.run / "socket", "client": self.folder / "client.cnf", "idle_limit": 0,
             "kept": self.folder / "kept", "promote": "yes", "stop_timeout": "2s", "load_time": "3s",
             "within": "15s"},
            {"probes": {"config": {"interval": "500ms"}}, "backoff": {"initial": "100ms"}})
        self.start_healthy()
        self.sql("CREATE DATABASE shop; CREATE TABLE shop.cart SELECT 'three apples' AS what")

    def client(self):
        return ["mariadb", f"--defaults-file={self.folder}/client.cnf", "-BNn",
                f"--socket={self.run}/socket"]

    def sql(self, text):
        return subprocess.run([*self.client(), "-e", text], capture_output=True, text=True,
                              check=True, timeout=library.PATIENCE).stdout.strip()

    def session(self):
        """Somebody who is connected and does nothing. A look may hold the last slot just then."""
        def connected():
            session = subprocess.Popen([*self.client(), "--user=shop"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True)
            self.addCleanup(session.communicate)
            try:
                session.stdin.write("SELECT 1;\n")
                session.stdin.flush()
            except BrokenPipeError:
                return False
            return session.stdout.readline() == "1\n"
        self.await_that(connected, "no slot for a session")

    def cart_is_there(self):
        self.assertEqual(self.sql("SELECT what FROM shop.cart"), "three apples")

    def aside(self, name):
        return list((self.folder / "kept").glob("2*/" + name))

    def await_kept(self):
        self.await_that((self.folder / "kept/good/my.cnf").exists, "nothing was kept")

    def kill(self):
        os.kill(self.pid(), signal.SIGKILL)

    def test_hung(self):
        self.outage("hung", lambda: os.kill(self.pid(), signal.SIGSTOP), [("restart", "healed")])

    def test_no_slots(self):
        pid = self.pid()
        self.sql("CREATE USER shop@localhost")
        self.outage("no_slots", lambda: [self.session() for _ in range(10)],
                    [("free_slots", "healed")])
        self.assertEqual(self.pid(), pid)

    def test_read_only(self):
        def break_it():
            self.write("etc/conf.d/shop.cnf", "[mysqld]\nread_only = 1\n")
            self.assertEqual(self.heald("restart", self.entry).returncode, 0)
        self.outage("read_only", break_it, [("promote", "healed")])
        self.assertEqual(self.sql("SELECT @@global.read_only"), "0")

    def test_lost_folder(self):
        def break_it():
            os.rename(self.run, self.folder / "run-before")
            if os.geteuid() == 0:
                shutil.chown(self.data / "ibdata1", "root")
                (self.data / "ibdata1").chmod(0o600)
            self.kill()
        self.outage("lost_folder", break_it, RESTARTS + [("clear", "healed")])
        self.cart_is_there()

    def test_broken_config(self):
        self.await_kept()
        pid = self.pid()
        self.outage("broken_config",
                    lambda: self.write("etc/conf.d/shop.cnf", "[mysqld]\nmax_conections = 500\n"),
                    [("put_back", "healed")])
        self.assertIn("500", self.aside("config/conf.d/shop.cnf")[0].read_text(encoding="utf-8"))
        self.assertEqual(self.pid(), pid)

    def test_impossible_setting(self):
        self.await_kept()

        def break_it():
            self.write("etc/conf.d/shop.cnf", "[mysqld]\ninnodb_data_file_path = ibdata1:1G\n")
            self.kill()
        self.outage("impossible_setting", break_it,
                    RESTARTS + [("clear", "not_healed"), ("start_as_before", "healed")])
        self.cart_is_there()

    def test_broken_aria(self):
        self.await_kept()

        def break_it():
            self.kill()
            with (self.data / "aria_log_control").open("r+b") as file:
                file.write(b"no control file")
        self.outage("broken_aria", break_it,
                    RESTARTS + [("clear", "not_healed"), ("start_as_before", "not_healed"),
                                ("repair_aria", "healed")])
        self.assertEqual(len(self.aside("aria_log_control")), 1)
        self.cart_is_there()


if __name__ == "__main__":
    library.main()

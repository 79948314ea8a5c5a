#!/usr/bin/env python3
"""rules/redis.yaml on the real redis-server.

  library_redis_test.py HEALD [unittest options]
"""

import getpass
import os
import shutil
import signal
import subprocess

import library
from library import LibraryTest, free_port

PASSWORD = "a word that nobody else is told"
CONFIG = """
bind 127.0.0.1
dir {folder}
dbfilename dump.rdb
save 3600 1
requirepass "{password}"
logfile ""
"""
MENDED = [("mend", "healed")]
REPAIRED = [("restart", "not_healed"), ("restart", "not_healed"), ("repair", "healed")]


class Redis(LibraryTest):
    entry = "redis"

    def setUp(self):
        super().setUp()
        self.user = "redis" if os.geteuid() == 0 else getpass.getuser()
        self.port = free_port()
        self.data = self.folder / "data"
        self.data.mkdir()
        self.own(self.data)
        self.write("password", PASSWORD + "\n", mode=0o600)

    def own(self, path):
        shutil.chown(path, self.user)

    def begin(self, settings="", **parameters):
        config = CONFIG.format(folder=self.data, password=PASSWORD) + settings
        self.own(self.write("redis.conf", config))
        self.declare({"port": self.port, "config": self.folder / "redis.conf", "user": self.user,
                      "data": self.data, "password_file": self.folder / "password",
                      "stop_timeout": "1s", **parameters},
                     {"probes": {"stores": {"interval": "300ms"}}, "backoff": {"initial": "100ms"}})
        self.start_healthy()
        self.redis("SET", "cart", "three apples")

    def redis(self, *words):
        done = subprocess.run(["redis-cli", "-e", "-p", str(self.port), *words], text=True,
                              capture_output=True, timeout=library.PATIENCE, check=False,
                              env={**os.environ, "REDISCLI_AUTH": PASSWORD})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.strip()

    def kept(self, pattern):
        return list((self.data / "aside").glob("*/" + pattern))

    def kill(self):
        os.kill(self.pid(), signal.SIGKILL)

    def test_hung(self):
        self.begin()
        self.outage("hung", lambda: os.kill(self.pid(), signal.SIGSTOP), [("restart", "healed")])

    def test_cannot_save(self):
        """Nothing is lost, though no snapshot had been taken before."""
        self.begin()
        pid = self.pid()

        def close_folder():
            self.data.chmod(0o500)
            if os.geteuid() == 0:
                shutil.chown(self.data, "root")
            self.redis("BGSAVE")
        story = self.outage("cannot_save", close_folder, MENDED)
        self.assertIn("MISCONF", repr(story))
        self.assertEqual((self.pid(), self.redis("GET", "cart")), (pid, "three apples"))
        self.assertTrue((self.data / "dump.rdb").exists())

    def test_taken_for_replica(self):
        self.begin(promote="yes")
        self.outage("taken_for_replica",
                    lambda: self.redis("REPLICAOF", "127.0.0.1", str(free_port())), MENDED)
        self.assertEqual(self.redis("GET", "cart"), "three apples")

    def test_broken_aof(self):
        self.begin("appendonly yes\nappendfsync always\n")
        self.outage("broken_aof", self.break_aof, REPAIRED)
        self.assertEqual(self.redis("GET", "cart"), "three apples")
        self.assertIn(b"no command", self.kept("appendonlydir/*.incr.aof")[0].read_bytes())

    def break_aof(self):
        with next(self.data.glob("appendonlydir/*.incr.aof")).open("ab") as file:
            file.write(b"no command of redis\r\n")
        self.kill()

    def break_rdb(self):
        self.redis("SAVE")
        shutil.copy(self.data / "dump.rdb", self.folder / "backup.rdb")
        (self.data / "dump.rdb").write_bytes(b"REDIS0011 no snapshot")
        self.kill()

    def test_broken_rdb(self):
        self.begin(backup=self.folder / "backup.rdb")
        self.outage("broken_rdb", self.break_rdb, REPAIRED)
        self.assertEqual(self.redis("GET", "cart"), "three apples")
        self.assertEqual(self.kept("dump.rdb")[0].read_bytes(), b"REDIS0011 no snapshot")

    def test_broken_rdb_without_a_backup_is_left_alone(self):
        self.begin()
        self.break_rdb()
        self.await_record(kind="latched", service=self.entry)
        self.assertIn("no backup is named", self.heald("explain", self.entry).stdout)
        self.assertEqual((self.data / "dump.rdb").read_bytes(), b"REDIS0011 no snapshot")


if __name__ == "__main__":
    library.main()

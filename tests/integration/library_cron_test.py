#!/usr/bin/env python3
"""rules/cron.yaml on the real cron, which this test runs in systemd's place.

  library_cron_test.py HEALD [unittest options]

cron knows its places and looks at them once a minute: it runs in a mount namespace with places of its
own, and on a clock that goes thirty times as fast.
"""

import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

import daemon_test
import library
from daemon_test import PATIENCE
from library import LibraryTest

INSIDE = "HEALD_TEST_OWN_CRON"
OWN = """
mount -t tmpfs none /run
mount -t tmpfs none /etc/cron.d
mount -t tmpfs none /var/spool/cron
mkdir -m 1730 /var/spool/cron/crontabs
mount -t tmpfs none /mnt
echo '# nothing' > /mnt/crontab
mount --bind /mnt/crontab /etc/crontab
exec "$@"
"""
CONTROL = """#!/bin/sh
stop() {{
  pid=$(cat {folder}/pid) && kill -TERM $pid && kill -CONT $pid && tail --pid=$pid -f /dev/null
}}
start() {{
  FAKETIME='+0 x30' LD_PRELOAD=$(echo /usr/lib/*/faketime/libfaketime.so.1) \\
    setsid cron -f >/dev/null 2>&1 &
  echo $! > {folder}/pid
}}
case $1 in
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
esac
"""
JOB = "* * * * * root touch {folder}/job-ran\n"


class Cron(LibraryTest):
    entry = "cron"

    def setUp(self):
        super().setUp()
        self.control = self.write("control", CONTROL.format(folder=self.folder), mode=0o755)
        for left in Path("/etc/cron.d").iterdir():
            left.unlink()
        self.job = Path("/etc/cron.d/job")
        self.job.write_text(JOB.format(folder=self.folder), encoding="utf-8")
        subprocess.run([self.control, "start"], check=True, timeout=PATIENCE)
        self.addCleanup(subprocess.run, [self.control, "stop"], timeout=PATIENCE, check=False,
                        stderr=subprocess.DEVNULL)
        means = {verb: f"{self.control} {verb}" for verb in ("start", "stop", "restart")}
        self.pace = {"interval": "300ms", "timeout": "2s", "start_period": "8s", "within": "15s",
                     "stable_for": "1s"}
        self.declare({**means, "kept": self.folder / "kept", "max_age": 8})
        self.start_healthy()
        self.await_that((self.folder / "kept/good/job").exists, "no good copy was kept")

    def server(self):
        return int(self.read("pid"))

    def assert_the_job_runs(self):
        ran = self.folder / "job-ran"
        ran.unlink(missing_ok=True)
        self.await_that(ran.exists, "the job does not run")

    def test_a_crash_is_healed_by_a_restart(self):
        self.outage("crash", lambda: os.kill(self.server(), signal.SIGKILL),
                    [("restart", "healed")])
        self.assert_the_job_runs()

    def test_a_frozen_cron_is_seen_by_the_job_that_does_not_run(self):
        self.outage("frozen", lambda: os.kill(self.server(), signal.SIGSTOP),
                    [("restart", "healed")])
        self.assert_the_job_runs()

    def test_what_others_may_have_written_is_run_by_nobody(self):
        before = self.job.read_text(encoding="utf-8")
        server = self.server()

        def open_to_all():
            with self.job.open("a", encoding="utf-8") as job:
                self.job.chmod(0o666)
                job.write(f"* * * * * root touch {self.folder}/theirs\n")

        self.outage("writable", open_to_all, [("put_right", "not_healed"), ("put_back", "healed")])
        self.assertEqual(self.job.read_text(encoding="utf-8"), before)
        self.assertEqual(self.job.stat().st_mode & 0o777, 0o644)
        aside = next((self.folder / "kept").glob("2*/job"))
        self.assertIn("theirs", aside.read_text(encoding="utf-8"))
        self.assert_the_job_runs()
        self.assertFalse((self.folder / "theirs").exists())
        self.assertEqual(self.server(), server)

    def test_a_last_line_without_an_end_gets_one(self):
        text = self.job.read_text(encoding="utf-8")
        self.outage("no end of line", lambda: self.job.write_text(text.rstrip(), encoding="utf-8"),
                    [("put_right", "healed")])
        self.assertEqual(self.job.read_text(encoding="utf-8"), text)
        self.assert_the_job_runs()

    def test_a_line_that_cron_does_not_understand_is_taken_back(self):
        before = self.job.read_text(encoding="utf-8")
        self.outage("broken line",
                    lambda: self.job.write_text("61 * * * * root true\n" + before, "utf-8"),
                    [("put_right", "not_healed"), ("put_back", "healed")])
        self.assertEqual(self.job.read_text(encoding="utf-8"), before)
        aside = next((self.folder / "kept").glob("2*/job"))
        self.assertIn("61 ", aside.read_text(encoding="utf-8"))
        self.assert_the_job_runs()

    def test_a_new_crontab_that_is_broken_is_left_to_people(self):
        new = Path("/etc/cron.d/new")
        new.write_text("nonsense\n", encoding="utf-8")
        self.await_record(kind="latched", service="cron")
        self.assertEqual(new.read_text(encoding="utf-8"), "nonsense\n")
        finished = self.records(kind="action_finished", service="cron")
        self.assertIn("no good copy was kept of: /etc/cron.d/new", finished[-1]["text"])


def main():
    if INSIDE in os.environ:
        return library.main()
    able = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
                          capture_output=True, text=True, check=False)
    if os.geteuid() != 0 or able.returncode != 0:
        print("skipped: cron needs to be root in a mount namespace", able.stderr, file=sys.stderr)
        return None
    os.environ[INSIDE] = "yes"
    os.execvp("unshare", ["unshare", "--mount", "sh", "-ec", OWN, "sh", sys.executable, *sys.argv])


if __name__ == "__main__":
    main()

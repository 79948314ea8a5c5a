#!/usr/bin/env python3
"""Where variables and secrets of rules go, and where they must never be found.

  secrets_test.py HEALD [unittest options]
"""

import os
import sys
import unittest
import unittest.mock
from pathlib import Path

import daemon_test
from daemon_test import DaemonTest

RULES = """
receivers:
  hook: {exec: {shell: "cat >> messages", secret_files: {HOOK_TOKEN: hook.secret}}}
services:
  web:
    owner: "${TEST_OWNER}"
    process:
      shell: "env > new; mv new web.env; exec sleep infinity"
      environment: {FROM_ENVIRONMENT: "${TEST_SECRET}"}
      env_files: [web.variables]
      secret_files: {FROM_SECRET_FILE: web.secret}
  watched:
    external: {}
    notify: {to: [hook]}
    probes:
      wrong:
        exec: {shell: "env > probe.env; exit 1", environment: {PROBE: "${TEST_SECRET}"}}
        interval: 200ms
        timeout: 200ms
        failure_threshold: 1
  other: {process: {shell: "env > now; mv now other.env; exec sleep infinity"}}
"""
SECRETS = ["s-environment", "s-env-file", "s-secret-file", "s-hook"]


class Secrets(DaemonTest):
    def setUp(self):
        super().setUp()
        self.variables = {}

    def start(self, *more):
        with unittest.mock.patch.dict(os.environ, self.variables):
            super().start(*more)

    def backtests(self):
        """Reads the rule file as it is now, and that needs the variables; a replay does not."""
        with unittest.mock.patch.dict(os.environ, self.variables):
            super().backtests()

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def variables_in(self, name):
        return (self.folder / name).read_text(encoding="utf-8").splitlines()

    def assert_no_secret(self, where, octets):
        for secret in SECRETS:
            self.assertNotIn(secret.encode(), octets, f"{secret} in {where}")

    def run_until_told(self):
        self.variables["TEST_OWNER"] = "team-front"
        self.variables["TEST_SECRET"] = "s-environment"
        self.write("web.variables", "FROM_ENV_FILE='s-env-file'\n")
        self.write("web.secret", "s-secret-file\n")
        self.write("hook.secret", "s-hook\n")
        self.rules(RULES)
        self.start()
        messages = self.folder / "messages"
        self.await_that(lambda: messages.exists() and messages.read_bytes(), "nobody was told")
        for service in ("web", "other"):
            file = self.folder / f"{service}.env"
            self.await_that(lambda: file.exists() and file.read_bytes(), f"{service} did not start")

    def test_they_reach_who_needs_them_and_nobody_else(self):
        self.run_until_told()
        self.assertEqual(self.service("web")["owner"], "team-front")
        web = self.variables_in("web.env")
        self.assertIn("FROM_ENVIRONMENT=s-environment", web)
        self.assertIn("FROM_ENV_FILE=s-env-file", web)
        self.assertIn("FROM_SECRET_FILE=s-secret-file", web)
        self.assertIn("PROBE=s-environment", self.variables_in("probe.env"))
        for file in ("other.env", "probe.env"):
            names = [line.split("=")[0] for line in self.variables_in(file)]
            for name in ("FROM_ENVIRONMENT", "FROM_ENV_FILE", "FROM_SECRET_FILE", "HOOK_TOKEN"):
                self.assertNotIn(name, names, file)

    def test_no_log_journal_page_message_or_command_line_holds_one(self):
        self.run_until_told()
        for page in ("status", "services/web", "services/web/explain", "events", "incidents"):
            self.assert_no_secret(page, repr(self.get(page)).encode())
        self.assert_no_secret("messages", (self.folder / "messages").read_bytes())
        pid = self.service("web")["pid"]
        self.assert_no_secret("cmdline", Path(f"/proc/{pid}/cmdline").read_bytes())
        self.end()
        state = [file for file in (self.folder / "state").rglob("*") if file.is_file()]
        self.assertTrue(any(file.name == "journal.db" for file in state))
        for file in state + [self.folder / "heald.log"]:
            self.assert_no_secret(file, file.read_bytes())
        journal = (self.folder / "state/journal.db").read_bytes()
        self.assertIn(b"team-front", journal)  # what decides is kept

    def test_a_secret_file_that_is_missing_fails_the_start_and_is_named(self):
        self.variables["TEST_OWNER"] = "team-front"
        self.variables["TEST_SECRET"] = "s-environment"
        self.write("web.variables", "s-env-file\n")
        self.write("hook.secret", "s-hook\n")
        self.rules(RULES)
        self.start()
        record = self.await_record(kind="action_finished", service="web")
        self.assertIn("cannot use web.variables: line 1 is not KEY=VALUE", repr(record))
        self.assert_no_secret("the record", repr(record).encode())


if __name__ == "__main__":
    daemon_test.HEALD = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()

#!/usr/bin/env python3
"""Receivers of every kind, good and bad, at once; and a real Alertmanager.

  receivers_test.py HEALD [unittest options]
"""

import contextlib
import http.server
import json
import re
import sqlite3
import subprocess
import sys
import threading
import unittest
import urllib.request
from pathlib import Path

import daemon_test
from daemon_test import PATIENCE, DaemonTest
from surfaces_test import free_port

MANUAL = Path(__file__).parents[2] / "docs" / "receivers.md"

ESTATE = """
receivers:
  hanging: {webhook: "http://127.0.0.1:PORT/hanging", timeout: 1h}
  refusing: {webhook: "http://127.0.0.1:PORT/refusing"}
  flaky: {webhook: "http://127.0.0.1:PORT/flaky"}
  good:
    webhook:
      url_file: url
      secret_file: secret
      body: {key: "${secret}", text: "${service} ${occasion}: ${message}", labels: "${labels}"}
      recovered_body: {key: "${secret}", over: "${incident}", how: "${ended}"}
  script: {exec: [sh, -c, 'echo "$HEALD_SERVICE $HEALD_OCCASION $HEALD_INCIDENT" >> told']}
services:
  web:
    labels: {tier: front}
    process: {command: [sleep, infinity]}
    probes: {answers: {exec: [test, -e, up], interval: 100ms, failure_threshold: 1}}
    remediation:
      - restart: {}
        attempts: 1
        verify: {within: 200ms, stable_for: 50ms}
    notify: {to: [hanging, refusing, flaky, good, script]}
"""


class Server(http.server.ThreadingHTTPServer):
    """Answers by the path, and keeps what came."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.came = {}
        self.lock = threading.Lock()
        self.over = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def messages(self, path):
        with self.lock:
            return list(self.came.get(path, []))

    def close(self):
        self.over.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802 (the library's name)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            came = self.server.came.setdefault(self.path, [])
            came.append(body)
            count = len(came)
        status = {"/refusing": 400, "/flaky": 500 if count < 3 else 204}.get(self.path, 200)
        if self.path == "/hanging":
            self.server.over.wait(PATIENCE)
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class ReceiverTest(DaemonTest):
    def setUp(self):
        super().setUp()
        self.up = self.folder / "up"

    def start_and_break(self):
        self.up.touch()
        self.start()
        self.await_that(lambda: self.service("web")["health"] == "healthy", "it never was well")
        self.up.unlink()


class Receivers(ReceiverTest):
    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.close)
        self.port = str(self.server.server_address[1])
        (self.folder / "secret").write_text("k3y\n", encoding="utf-8")
        (self.folder / "url").write_text(f"http://127.0.0.1:{self.port}/hidden-path\n",
                                         encoding="utf-8")

    def outcomes(self):
        path = self.folder / "state" / "journal.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
            return set(journal.execute(
                "SELECT receiver, occasion, coalesce(outcome, 'waits') FROM messages"))

    def test_each_receiver_gets_what_it_takes_whatever_becomes_of_the_others(self):
        self.rules(ESTATE.replace("PORT", self.port))
        self.start_and_break()
        hidden = lambda: self.server.messages("/hidden-path")
        self.await_that(lambda: len(hidden()) >= 2, "the good one was told nothing")
        opened, latched = hidden()[:2]
        self.assertEqual((opened["key"], opened["labels"]), ("k3y", {"tier": "front"}))
        self.assertRegex(opened["text"], "^web opened: ")
        self.assertRegex(latched["text"], "^web latched: ")
        self.up.touch()
        self.await_that(lambda: len(hidden()) == 3, "the end was not told")
        self.assertEqual(hidden()[2], {"key": "k3y", "over": 1, "how": "recovered"})
        told = self.folder / "told"
        self.await_that(lambda: told.exists() and told.read_text(encoding="utf-8").split("\n")[:3] ==
                        [f"web {occasion} 1" for occasion in ("opened", "latched", "recovered")],
                        "the script was told something else")
        self.await_that(lambda: len(self.server.messages("/flaky")) == 5, "no second try")
        flaky = [(each["id"], each["occasion"]) for each in self.server.messages("/flaky")]
        self.assertEqual(len(set(flaky)), 3)
        self.assertEqual(flaky[0], flaky[2])
        settled = {(each, occasion, outcome)
                   for occasion in ("opened", "latched", "recovered")
                   for each, outcome in (("refusing", "refused"), ("flaky", "delivered"),
                                         ("good", "delivered"), ("script", "delivered"),
                                         ("hanging", "waits"))}
        self.await_that(lambda: self.outcomes() == settled, "not all came to their end")
        self.assertEqual(len(self.server.messages("/hanging")), 1)
        self.assertEqual(len(self.server.messages("/refusing")), 3)
        for kept in ("k3y", "hidden-path"):
            for file in (self.folder / "state").rglob("*"):
                if file.is_file():
                    self.assertNotIn(kept.encode(), file.read_bytes(), file)
            self.assertNotIn(kept, self.log_text())

    def test_what_waits_is_told_by_the_next_heald(self):
        self.rules(ESTATE.replace("PORT", self.port))
        (self.folder / "url").write_text("http://127.0.0.1:1/\n", encoding="utf-8")
        self.start_and_break()
        self.await_that(lambda: ("script", "latched", "delivered") in self.outcomes(),
                        "it was not told")
        self.assertIn(("good", "opened", "waits"), self.outcomes())
        self.kill()
        (self.folder / "url").write_text(f"http://127.0.0.1:{self.port}/later\n",
                                         encoding="utf-8")
        self.start()
        self.await_that(lambda: len(self.server.messages("/later")) >= 2, "it is lost")
        self.assertRegex(self.server.messages("/later")[0]["text"], "^web opened: ")


class Alertmanager(ReceiverTest):
    """The receiver of the manual, as it stands there."""

    def setUp(self):
        super().setUp()
        self.address = f"127.0.0.1:{free_port()}"
        config = self.folder / "alertmanager.yml"
        config.write_text("route: {receiver: none}\nreceivers: [{name: none}]\n",
                          encoding="utf-8")
        log = open(self.folder / "alertmanager.log", "wb")
        self.addCleanup(log.close)
        self.manager = subprocess.Popen(
            ["prometheus-alertmanager", f"--config.file={config}", "--cluster.listen-address=",
             f"--storage.path={self.folder}/alerts", f"--web.listen-address={self.address}"],
            stderr=log, stdout=log)
        self.addCleanup(self.manager.wait, PATIENCE)
        self.addCleanup(self.manager.kill)

    def alerts(self, **parameters):
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        try:
            with urllib.request.urlopen(f"http://{self.address}/api/v2/alerts?{query}",
                                        timeout=PATIENCE) as answer:
                return json.load(answer)
        except OSError:
            return []

    def test_an_alert_begins_and_ends_with_the_incident(self):
        text = re.search(r"^receivers:\n  alertmanager:\n.*?(?=^```)",
                         MANUAL.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL).group()
        rules = text.replace("127.0.0.1:9093", self.address) + ESTATE[ESTATE.index("services:"):]
        self.rules(re.sub(r"to: \[.*?\]", "to: [alertmanager]", rules))
        self.start_and_break()
        found = self.await_that(self.alerts, "no alert")
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0]["labels"]["service"], "web")
        self.assertEqual(found[0]["labels"]["severity"], "page")
        self.assertIn("'answers' failed", found[0]["annotations"]["summary"])
        self.up.touch()
        self.await_record(kind="incident_closed", service="web")
        self.await_that(lambda: not self.alerts(), "the alert goes on")


if __name__ == "__main__":
    daemon_test.HEALD = sys.argv.pop(1)
    unittest.main(verbosity=2)

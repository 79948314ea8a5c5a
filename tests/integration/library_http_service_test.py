#!/usr/bin/env python3
"""rules/http-service.yaml on a real gunicorn that serves a small shop out of a database.

  library_http_service_test.py HEALD [unittest options]
"""

import os
import shutil
import socket
import sqlite3
import urllib.request

import library
from library import LibraryTest, ask, free_port

SHOP = '''
import json, socket, sqlite3

def orders():
    with sqlite3.connect("shop.db") as shop:
        return shop.execute("SELECT count(*) FROM orders WHERE state = 'open'").fetchone()[0]

def report():
    with socket.create_connection(("127.0.0.1", BACKEND)) as backend:
        return backend.recv(100)

def app(environ, start_response):
    try:
        if environ["PATH_INFO"] == "/report":
            report()
        body = {"orders": orders(), "prices": open("prices").read().strip()}
        start_response("200 OK", [("Content-Type", "application/json")])
    except Exception as problem:
        body = {"problem": repr(problem)}
        start_response("500 Internal Server Error", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]
'''
VERIFY = {"within": "2s", "stable_for": "1s"}


class HttpService(LibraryTest):
    entry = "http-service"

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.backend = socket.create_server(("127.0.0.1", 0))  # accepts, and never answers
        self.addCleanup(self.backend.close)
        self.write("shop.py", SHOP.replace("BACKEND", str(self.backend.getsockname()[1])))
        self.write("prices", "of today\n")
        shop = sqlite3.connect(self.folder / "shop.db")
        with shop:
            shop.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT)")
            shop.execute("INSERT INTO orders (state) VALUES ('open'), ('sent')")
        shop.close()
        shutil.copy(self.folder / "shop.db", self.folder / "backup.db")

    def start_shop(self, *rungs):
        process = {"directory": str(self.folder), "command": [
            "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--timeout", "300",
            "shop:app"]}
        overrides = {"process": process}
        if rungs:
            overrides["remediation"] = [{"restart": {}, "attempts": 2, "verify": VERIFY}, *rungs]
        self.declare({"port": self.port, "expect": '"prices": "of today"', "below": "2s",
                      "stop_timeout": "1s"}, overrides)
        self.start_healthy()

    def own_rung(self, name, action, line):
        """What a user would add, here as a line of shell in the shop's folder."""
        return {"name": name, "verify": VERIFY,
                action: {"shell": line, "directory": str(self.folder)}}

    def assert_serves(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/") as answer:
            self.assertEqual(answer.read(), b'{"orders": 1, "prices": "of today"}')

    def test_a_crash_is_healed_by_a_restart(self):
        self.start_shop()
        self.crash()
        self.assert_serves()

    def test_workers_that_all_wait_for_a_hung_backend_are_restarted(self):
        self.start_shop()
        clients = []
        self.addCleanup(lambda: [client.close() for client in clients])

        def ask_for_reports():
            clients.extend(ask(self.port, b"GET /report HTTP/1.1\r\nHost: shop\r\n\r\n")
                           for _ in range(2))
        self.outage("hung backend holds every worker", ask_for_reports, [("restart", "healed")])
        self.assert_serves()

    def test_a_broken_database_is_restored_by_the_users_own_rung(self):
        self.start_shop(self.own_rung("restore", "reprovision", "cp backup.db shop.db"))

        def overwrite():
            with open(self.folder / "shop.db", "r+b") as shop:
                shop.write(os.urandom(8192))
        story = self.outage("broken database (500)", overwrite,
                            [("restart", "not_healed"), ("restart", "not_healed"),
                             ("restore", "healed")])
        self.assertIn("HTTP 500", story["incident"]["symptom"])
        self.assert_serves()

    def test_stale_content_is_made_anew_while_the_service_runs_on(self):
        self.start_shop(self.own_rung("refresh", "exec", "echo of today > prices"))
        story = self.outage("stale content (200)",
                            lambda: self.write("prices", "of yesterday\n"),
                            [("restart", "not_healed"), ("restart", "not_healed"),
                             ("refresh", "healed")])
        self.assertIn("of today", story["incident"]["symptom"])
        self.assertEqual(story["actions"][-1]["action"], "exec")
        self.assert_serves()


if __name__ == "__main__":
    library.main()

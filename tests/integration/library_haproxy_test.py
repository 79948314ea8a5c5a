#!/usr/bin/env python3
"""rules/haproxy.yaml on a real haproxy, with a backend behind it.

  library_haproxy_test.py HEALD [unittest options]
"""

import http.server
import os
import signal
import threading

import library
from library import LibraryTest, ask, children, free_port

CONFIG = """
global
  stats socket {folder}/run/admin.sock mode 600 level admin expose-fd listeners
  maxconn 8
defaults
  mode http
  timeout connect 2s
  timeout client 5m
  timeout server 10s
frontend shop
  bind 127.0.0.1:{port}
  default_backend shops
backend shops
  server one 127.0.0.1:{backend} check inter 300ms
"""


class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the shop\n")

    def log_message(self, *_):
        pass


class Haproxy(LibraryTest):
    entry = "haproxy"

    def setUp(self):
        super().setUp()
        backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
        threading.Thread(target=backend.serve_forever, daemon=True).start()
        self.addCleanup(backend.server_close)
        self.addCleanup(backend.shutdown)
        self.port = free_port()
        self.configure(backend.server_address[1])
        # After a reload the kernel deals each connection to the old worker or to the new one: a
        # frozen one shows in some looks of many, not in each.
        self.declare({"port": self.port, "etc": self.folder / "etc", "run": self.folder / "run",
                      "kept": self.folder / "kept", "expect": "the shop", "stop_timeout": "1s",
                      "interval": "50ms"}, {"probes": {"answers": {"success_threshold": 20}}})
        self.start_healthy()

    def configure(self, backend):
        self.write("etc/haproxy.cfg",
                   CONFIG.format(folder=self.folder, port=self.port, backend=backend))

    def test_a_crash_is_healed_by_a_restart(self):
        self.crash()

    def test_a_frozen_worker_needs_a_restart(self):
        def freeze():
            worker, = children(self.pid())
            os.kill(worker, signal.SIGSTOP)
        self.outage("frozen worker", freeze, [("reload", "not_healed"), ("restart", "healed")])

    def test_a_full_connection_table_is_left_to_an_old_worker(self):
        clients = []
        self.addCleanup(lambda: [client.close() for client in clients])

        def come_and_stay():
            clients.extend(ask(self.port, b"GET / HTTP/1.1\r\n") for _ in range(8))
        self.outage("full connection table", come_and_stay, [("reload", "healed")])

    def test_a_wrong_backend_gives_way_to_the_configuration_before(self):
        def deploy():
            self.configure(free_port())
            os.kill(self.pid(), signal.SIGUSR2)
        story = self.outage("wrong backend (503)", deploy,
                            [("reload", "not_healed"), ("restart", "not_healed"),
                             ("restart", "not_healed"), ("restore", "healed")])
        self.assertIn("HTTP 503", story["incident"]["symptom"])


if __name__ == "__main__":
    library.main()

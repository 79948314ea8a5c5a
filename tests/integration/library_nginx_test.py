#!/usr/bin/env python3
"""rules/nginx.yaml on a real nginx.

  library_nginx_test.py HEALD [unittest options]
"""

import os
import signal
import urllib.request

import library
from library import LibraryTest, children, free_port

CONFIG = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 2;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp;
  fastcgi_temp_path {folder}/tmp; uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  include sites/*.conf;
}}
"""
SITE = "server {{ listen 127.0.0.1:{port}; root {root}; }}\n"


class Nginx(LibraryTest):
    entry = "nginx"

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.write("html/index.html", "the shop\n")
        self.write("etc/nginx.conf", CONFIG.format(folder=self.folder))
        self.site(self.folder / "html")
        self.declare({"port": self.port, "etc": self.folder / "etc", "kept": self.folder / "kept",
                      "config": self.folder / "etc/nginx.conf", "expect": "the shop",
                      "stop_timeout": "2s"})
        self.start_healthy()

    def site(self, root):
        self.write("etc/sites/shop.conf", SITE.format(port=self.port, root=root))

    def assert_serves(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/") as answer:
            self.assertEqual(answer.read(), b"the shop\n")

    def test_a_crash_is_healed_by_a_restart(self):
        self.crash()
        self.assert_serves()

    def test_frozen_workers_are_replaced_by_a_reload(self):
        master = self.pid()
        workers = children(master)
        self.assertEqual(len(workers), 2)

        def freeze():
            for worker in workers:
                os.kill(worker, signal.SIGSTOP)
        self.outage("frozen workers", freeze, [("reload", "healed")])
        self.assertEqual(self.pid(), master)
        self.assert_serves()

    def test_a_broken_configuration_is_put_aside_for_the_last_good_one(self):
        good = self.read("etc/sites/shop.conf")

        def deploy_and_crash():
            self.write("etc/sites/shop.conf", "server { listen nowhere\n")
            os.kill(self.pid(), signal.SIGKILL)
        story = self.outage("broken configuration, then a crash", deploy_and_crash,
                            [("restart", "not_healed"), ("restart", "not_healed"),
                             ("restore", "healed")])
        self.assertIn("unexpected end of file", story["actions"][0]["evidence"])
        self.assertEqual(self.read("etc/sites/shop.conf"), good)
        self.assertIn("nowhere", self.read("kept/rejected/sites/shop.conf"))
        self.assert_serves()

    def test_a_valid_and_wrong_configuration_gives_way_to_the_one_before(self):
        def deploy():
            self.site(self.folder / "nothing-here")
            os.kill(self.pid(), signal.SIGHUP)
        self.outage("wrong document root", deploy,
                    [("reload", "not_healed"), ("restart", "not_healed"),
                     ("restart", "not_healed"), ("restore", "healed")])
        self.assertIn("nothing-here", self.read("kept/rejected/sites/shop.conf"))
        self.assert_serves()


if __name__ == "__main__":
    library.main()

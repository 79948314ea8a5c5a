#!/usr/bin/env python3
"""rules/apache.yaml on a real apache2.

  library_apache_test.py HEALD [unittest options]
"""

import datetime
import os
import pwd
import signal
import subprocess

import library
from library import LibraryTest, ask, free_port

ENVVARS = """
export APACHE_RUN_USER={user} APACHE_RUN_GROUP={group}
export APACHE_RUN_DIR={folder}/run APACHE_LOCK_DIR={folder}/lock APACHE_PID_FILE={folder}/run/pid
export LANG=C
"""
CONFIG = """
ServerName localhost
DefaultRuntimeDir ${{APACHE_RUN_DIR}}
PidFile ${{APACHE_PID_FILE}}
User ${{APACHE_RUN_USER}}
Group ${{APACHE_RUN_GROUP}}
ErrorLog {folder}/error.log
Include /etc/apache2/mods-available/mpm_event.load
Include /etc/apache2/mods-available/authz_core.load
Include /etc/apache2/mods-available/ssl.load
Include /etc/apache2/mods-available/dir.load
StartServers 1
ServerLimit 1
ThreadsPerChild 4
MaxRequestWorkers 4
Listen 127.0.0.1:{port}
DocumentRoot {folder}/html
IncludeOptional sites/*.conf
"""
TLS = """
SSLEngine on
SSLCertificateFile {folder}/server.pem
SSLCertificateKeyFile {folder}/key.pem
"""
CA = """
[ca]
default_ca = ours
[ours]
new_certs_dir = {folder}
database = {folder}/issued
serial = {folder}/serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


class Apache(LibraryTest):
    entry = "apache"

    def setUp(self):
        super().setUp()
        self.port = free_port()
        user = "www-data" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.write("html/index.html", "the shop\n")
        self.write("etc/envvars", ENVVARS.format(folder=self.folder, user=user, group=user))
        self.write("etc/apache2.conf", CONFIG.format(folder=self.folder, port=self.port))

    def start_apache(self, **more):
        self.declare({"port": self.port, "etc": self.folder / "etc", "kept": self.folder / "kept",
                      "expect": "the shop", "stop_timeout": "2s", **more.pop("parameters", {})},
                     **more)
        self.start_healthy()

    def test_a_crash_is_healed_by_a_restart(self):
        self.start_apache()
        self.crash()

    def test_slow_clients_that_hold_every_worker_are_shaken_off_by_a_restart(self):
        self.start_apache()
        clients = []
        self.addCleanup(lambda: [client.close() for client in clients])

        def come_and_dawdle():
            clients.extend(ask(self.port, b"GET / HTTP/1.1\r\nHost: shop\r\nX-Slow: ")
                           for _ in range(4))
        self.outage("slow clients hold every worker", come_and_dawdle,
                    [("reload", "not_healed"), ("restart", "healed")])

    def test_a_reload_into_a_broken_configuration_is_survived(self):
        self.start_apache()

        def deploy_and_reload():
            self.write("etc/sites/shop.conf", "<VirtualHost\n")
            os.kill(self.pid(), signal.SIGUSR1)
        story = self.outage("reload into a broken configuration", deploy_and_reload,
                            [("restart", "not_healed"), ("restart", "not_healed"),
                             ("restore", "healed")])
        self.assertIn("shop.conf", story["actions"][0]["evidence"])
        self.assertFalse((self.folder / "etc/sites/shop.conf").exists())
        self.assertEqual(self.read("kept/rejected/sites/shop.conf"), "<VirtualHost\n")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def certify(self, lasts):
        """A certificate that ends so many seconds from now, in the place of the server's."""
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=lasts)
        self.openssl("ca", "-batch", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "key.pem",
                     "-extfile", "names.conf", "-in", "request.pem", "-out", "new.pem", "-notext",
                     "-enddate", end.strftime("%Y%m%d%H%M%SZ"))
        (self.folder / "new.pem").rename(self.folder / "server.pem")

    def make_ca(self):
        self.write("ca.conf", CA.format(folder=self.folder))
        self.write("names.conf", "subjectAltName = IP:127.0.0.1\n")
        self.write("issued", "")
        self.write("serial", "01\n")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", "key.pem", "-out", "ca.pem", "-subj", "/CN=ours")
        self.openssl("req", "-new", "-key", "key.pem", "-out", "request.pem", "-subj", "/CN=shop")

    def test_a_certificate_that_ran_out_in_memory_is_read_again(self):
        self.make_ca()
        self.certify(lasts=10)
        self.write("etc/sites/tls.conf", TLS.format(folder=self.folder))
        trusted = {"http": {"tls": {"ca_file": str(self.folder / "ca.pem")}}}
        self.start_apache(parameters={"url": f"https://127.0.0.1:{self.port}/"},
                          overrides={"probes": {"answers": trusted}})
        master = self.pid()
        story = self.outage("renewed certificate not read", lambda: self.certify(lasts=3600),
                            [("reload", "healed")])
        self.assertIn("expired", story["incident"]["symptom"])
        self.assertEqual(self.pid(), master)


if __name__ == "__main__":
    library.main()

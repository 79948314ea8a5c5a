#!/usr/bin/env python3
"""Each kind of probe on the real server that it is for: well, and broken in several ways.

  probes_test.py HEALD [unittest options]

A test runs a server and has `heald probe` look at it. Nothing is timed; what a look waits for is
bounded by its own timeout.
"""

import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HEALD = ""
PATIENCE = 60  # seconds until a defect is taken for granted
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
CERTIFICATE = ["-addext", "subjectAltName=DNS:web.test,IP:127.0.0.1"]


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(type=kind) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class ProbeTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="heald-probe-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)
        os.environ["PATH"] += ":/usr/sbin:/sbin"

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def run_server(self, command, **more):
        log = open(self.folder / "server.log", "ab")
        self.addCleanup(log.close)
        server = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log,
                                  cwd=self.folder, start_new_session=True, **more)
        self.addCleanup(self.kill, server)
        return server

    @staticmethod
    def kill(server):
        """Ends the server, and what it has started."""
        try:
            os.killpg(server.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # all of it has ended
        server.wait(PATIENCE)

    def look(self, kind, rules, timeout="2s", command=()):
        """What one look comes to: outcome, evidence, and everything that it tells."""
        service = {"external": {}, "probes": {"p": {kind: rules, "timeout": timeout}}}
        path = self.write("heald.yaml", json.dumps({"services": {"s": service}}))
        told = subprocess.run([*command, HEALD, "probe", "--config", path, "-o", "json", "s/p"],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertIn(told.returncode, (0, 1), told.stderr)
        self.assertTrue(told.stdout, told.stderr)
        return json.loads(told.stdout)

    def await_pass(self, kind, rules):
        """Looks until the server is up."""
        until = time.monotonic() + PATIENCE
        while (seen := self.look(kind, rules))["outcome"] != "pass":
            self.assertLess(time.monotonic(), until, seen)
        return seen

    def assert_fails(self, seen, evidence):
        self.assertEqual(seen["outcome"], "fail", seen)
        self.assertRegex(seen["evidence"], evidence)

    def frozen(self, server, look):
        """A server that takes connections and does nothing."""
        server.send_signal(signal.SIGSTOP)
        try:
            self.assert_fails(look(), "no answer within|no complete answer within")
        finally:
            server.send_signal(signal.SIGCONT)


class Redis(ProbeTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.path = str(self.folder / "redis.sock")
        self.tcp = {"address": f"127.0.0.1:{self.port}", "dialogue": "redis"}
        self.unix = {"path": self.path, "dialogue": "redis"}
        self.server = self.serve()

    def serve(self, *more):
        return self.run_server(["redis-server", "--port", self.port, "--bind", "127.0.0.1",
                                "--unixsocket", self.path, "--dir", self.folder, "--save", "",
                                *more])

    def test_well_and_broken(self):
        self.await_pass("tcp", self.tcp)
        seen = self.await_pass("unix", self.unix)
        self.assertEqual(seen["phases"][0]["text"], self.path)
        self.frozen(self.server, lambda: self.look("tcp", self.tcp, "300ms"))
        self.frozen(self.server, lambda: self.look("unix", self.unix, "300ms"))
        self.kill(self.server)
        self.assert_fails(self.look("tcp", self.tcp), "^connection refused by 127.0.0.1:")
        self.assert_fails(self.look("unix", self.unix), f"^connection refused by {self.path}")
        os.unlink(self.path)
        self.assert_fails(self.look("unix", self.unix), f"^there is no socket {self.path}")

    def test_one_that_wants_a_password_answers(self):
        self.kill(self.server)
        self.serve("--requirepass", "secret")
        self.assertIn("NOAUTH", self.await_pass("tcp", self.tcp)["said"])

    def test_one_that_cannot_save_does_not_pass(self):
        self.await_pass("tcp", self.tcp)
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.sendall(b"CONFIG SET maxclients 1\r\n")
            client.recv(100)
            self.assert_fails(self.look("tcp", self.tcp), "max number of clients")


class Memcached(ProbeTest):
    def test_well_and_broken(self):
        port, udp = free_port(), free_port(socket.SOCK_DGRAM)
        server = self.run_server(["memcached", "-l", "127.0.0.1", "-p", port, "-U", udp, "-u",
                                  getpass.getuser(), "-m", "2"])
        tcp = {"address": f"127.0.0.1:{port}", "dialogue": "memcached"}
        # A request over UDP has eight octets before it: its number, and that it is one of one.
        asked = {"address": f"127.0.0.1:{udp}", "send": "\0\x07\0\0\0\x01\0\0version\r\n",
                 "expect": "VERSION "}
        self.await_pass("tcp", tcp)
        self.assertIn("VERSION", self.await_pass("udp", asked)["said"])
        self.assert_fails(self.look("udp", {**asked, "expect": "+PONG"}, "300ms"),
                          r'^got ".*VERSION.*", expected "\+PONG"')
        self.assert_fails(self.look("udp", {**asked, "matches": "^VERSION"}, "300ms"), "a match of")
        self.frozen(server, lambda: self.look("udp", asked, "300ms"))
        redis = {"address": tcp["address"], "dialogue": "redis"}
        self.assert_fails(self.look("tcp", redis, "300ms"), '^got "ERROR')
        self.kill(server)
        self.assert_fails(self.look("udp", asked), "^connection refused by 127.0.0.1:")


class Ssh(ProbeTest):
    def test_well_and_broken(self):
        port = free_port()
        key = self.folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True,
                       timeout=PATIENCE)
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        config = self.write("config", f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {key}\n"
                                      "PidFile none\nUsePAM no\n")
        server = self.run_server([shutil.which("sshd"), "-D", "-e", "-f", config])
        rules = {"address": f"127.0.0.1:{port}", "dialogue": "ssh"}
        self.await_pass("tcp", rules)
        self.frozen(server, lambda: self.look("tcp", rules, "300ms"))
        self.assert_fails(self.look("tcp", {**rules, "dialogue": "smtp"}, "300ms"),
                          '^got "SSH-2.0-')
        self.kill(server)
        self.assert_fails(self.look("tcp", rules), "^connection refused")


class Databases(ProbeTest):
    def as_user(self, user):
        return ["runuser", "-u", user, "--"] if os.geteuid() == 0 else []

    def test_postgres(self):
        user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        home = self.folder / "home"
        home.mkdir()
        shutil.chown(home, user)
        subprocess.run([*self.as_user(user), POSTGRES / "initdb", "-D", home / "data", "-A",
                        "trust", "--no-sync"], check=True, timeout=PATIENCE, cwd="/",
                       capture_output=True)
        port = free_port()
        server = self.run_server([POSTGRES / "postgres", "-D", home / "data", "-h", "127.0.0.1",
                                  "-p", port, "-k", home],
                                 **({"user": user} if os.geteuid() == 0 else {}))
        over_tcp = {"address": f"127.0.0.1:{port}", "dialogue": "postgres"}
        over_unix = {"path": f"{home}/.s.PGSQL.{port}", "dialogue": "postgres"}
        self.await_pass("tcp", over_tcp)
        self.await_pass("unix", over_unix)
        self.frozen(server, lambda: self.look("tcp", over_tcp, "300ms"))
        self.assert_fails(self.look("tcp", {**over_tcp, "dialogue": "mysql"}, "300ms"),
                          "^no answer within")
        server.send_signal(signal.SIGINT)
        server.wait(PATIENCE)
        self.assert_fails(self.look("tcp", over_tcp), "^connection refused")
        self.assert_fails(self.look("unix", over_unix), "^there is no socket")

    def test_mysql(self):
        user = "mysql" if os.geteuid() == 0 else getpass.getuser()
        data, port = self.folder / "data", free_port()
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--user={user}", "--skip-test-db",
                        f"--datadir={data}", "--innodb-log-file-size=4M"], check=True,
                       timeout=PATIENCE, capture_output=True)
        path = str(data / "mysql.sock")
        server = self.run_server([
            "mariadbd", "--no-defaults", f"--user={user}", f"--datadir={data}", f"--port={port}",
            "--bind-address=127.0.0.1", f"--socket={path}", "--innodb-buffer-pool-size=8M",
            "--innodb-log-file-size=4M", "--max-connections=10"])
        rules = {"address": f"127.0.0.1:{port}", "dialogue": "mysql"}
        self.await_pass("tcp", rules)
        self.await_pass("unix", {"path": path, "dialogue": "mysql"})
        self.frozen(server, lambda: self.look("tcp", rules, "300ms"))
        # One more than the most is let in, for an administrator. Looks of before may still count.
        clients = []
        while len(clients) < 11:
            client = socket.create_connection(("127.0.0.1", port))
            if client.recv(5)[4] == 10:  # a greeting, and no error
                clients.append(client)
            else:
                client.close()
        self.assert_fails(self.look("tcp", rules), "Too many connections")
        for client in clients:
            client.close()
        self.kill(server)
        self.assert_fails(self.look("tcp", rules), "^connection refused")


class Certificates(ProbeTest):
    """An authority of its own, and certificates by it."""

    def setUp(self):
        super().setUp()
        self.openssl("req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "30", "-subj",
                     "/CN=authority.test", "-keyout", "ca.key", "-out", "ca.pem")
        self.sign("server", 20, CERTIFICATE)
        self.sign("client", 20, [])

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, timeout=PATIENCE,
                       capture_output=True)

    def sign(self, name, days, extensions):
        self.openssl("req", "-newkey", "ed25519", "-nodes", "-subj", f"/CN={name}.test", *extensions,
                     "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                     "-CAcreateserial", "-days", str(days), "-copy_extensions", "copy", "-out",
                     f"{name}.pem")

    @property
    def authority(self):
        return str(self.folder / "ca.pem")


class Nginx(Certificates):
    def setUp(self):
        super().setUp()
        self.port, self.strict = free_port(), free_port()
        common = (f"ssl_certificate {self.folder}/server.pem; "
                  f"ssl_certificate_key {self.folder}/server.key;")
        self.path = str(self.folder / "web.sock")
        config = self.write("nginx.conf", f"""
            daemon off; master_process off; error_log {self.folder}/error.log;
            pid {self.folder}/nginx.pid; events {{}}
            http {{ access_log off; client_body_temp_path {self.folder}/body;
              proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f;
              uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
              server {{ listen 127.0.0.1:{self.port} ssl; {common} return 200 "fine"; }}
              server {{ listen 127.0.0.1:{self.strict} ssl; {common}
                ssl_client_certificate {self.authority}; ssl_verify_client on;
                return 200 "known"; }}
              server {{ listen unix:{self.path}; return 200 "$host"; }} }}""")
        self.server = self.run_server([shutil.which("nginx"), "-c", config, "-p", self.folder])
        self.rules = {"address": f"127.0.0.1:{self.port}", "ca_file": self.authority}

    def test_a_certificate(self):
        seen = self.await_pass("tls", {**self.rules, "server_name": "web.test"})
        self.assertIn("certificate of CN=server.test, until ", seen["phases"][-1]["text"])
        self.assert_fails(self.look("tls", {**self.rules, "valid_for": "21d"}),
                          "^the certificate of CN=server.test, until .* is not valid for 21 days")
        self.assert_fails(self.look("tls", {**self.rules, "server_name": "shop.test"}),
                          "hostname mismatch")
        self.assert_fails(self.look("tls", {"address": self.rules["address"]}),
                          "unable to get local issuer certificate")
        self.frozen(self.server, lambda: self.look("tls", self.rules, "300ms"))
        self.kill(self.server)
        self.assert_fails(self.look("tls", self.rules), "^connection refused")

    def test_a_certificate_of_an_authority_that_expires(self):
        self.await_pass("tls", self.rules)
        self.assertEqual(self.look("tls", {**self.rules, "valid_for": "19d"})["outcome"], "pass")

    def test_a_server_that_wants_to_know_who_asks(self):
        url = f"https://127.0.0.1:{self.strict}/"
        own = {"ca_file": self.authority, "certificate_file": str(self.folder / "client.pem"),
               "key_file": str(self.folder / "client.key")}
        self.await_pass("http", {"url": url, "tls": own, "body": {"contains": "known"}})
        self.assert_fails(self.look("http", {"url": url, "tls": {"ca_file": self.authority}}),
                          "^HTTP 400")
        missing = self.look("http", {"url": url, "tls": {**own, "key_file": "/nowhere"}})
        self.assertEqual(missing["outcome"], "unknown")
        self.assertIn("cannot read key /nowhere", missing["evidence"])

    def test_http_over_a_unix_socket(self):
        rules = {"url": "http://shop.test/healthz", "socket": self.path,
                 "body": {"contains": "shop.test"}}
        self.await_pass("http", rules)
        self.assert_fails(self.look("http", {**rules, "body": {"contains": "other"}}),
                          "^body does not contain")
        self.frozen(self.server, lambda: self.look("http", rules, "300ms"))
        self.kill(self.server)
        self.assert_fails(self.look("http", rules), f"^connection refused by {self.path}")


class Mail(Certificates):
    """exim, from the user that runs this test."""

    def setUp(self):
        super().setUp()
        user = "Debian-exim" if os.geteuid() == 0 else getpass.getuser()
        for name in ("spool", "log"):
            (self.folder / name).mkdir()
        for path in (self.folder, *self.folder.iterdir()):
            shutil.chown(path, user)
        self.rules = self.serve(connections=20)
        self.secure = {**self.rules, "dialogue": "smtp+starttls",
                       "tls": {"ca_file": self.authority}}

    def serve(self, connections):
        port = free_port()
        config = self.write(f"exim-{port}.conf", f"""
            primary_hostname = mail.test
            spool_directory = {self.folder}/spool
            log_file_path = {self.folder}/log/%slog
            pid_file_path = {self.folder}/{port}.pid
            local_interfaces = 127.0.0.1
            daemon_smtp_ports = {port}
            smtp_accept_max = {connections}
            tls_advertise_hosts = *
            tls_certificate = {self.folder}/server.pem
            tls_privatekey = {self.folder}/server.key
            acl_smtp_connect = accept
            begin acl
            begin routers
            begin transports
            """.replace("            ", ""))
        self.server = self.run_server([shutil.which("exim4"), "-C", config, "-bdf"])
        return {"address": f"127.0.0.1:{port}", "dialogue": "smtp"}

    def test_well_and_broken(self):
        self.await_pass("tcp", self.rules)
        seen = self.await_pass("tcp", self.secure)
        self.assertIn("secured", [phase["phase"] for phase in seen["phases"]])
        self.assert_fails(self.look("tcp", {**self.secure, "tls": {}}), "local issuer certificate")
        self.assert_fails(
            self.look("tcp", {**self.secure, "tls": {**self.secure["tls"], "valid_for": "30d"}}),
            "is not valid for 30 days more")
        self.frozen(self.server, lambda: self.look("tcp", self.rules, "300ms"))
        self.kill(self.server)
        self.assert_fails(self.look("tcp", self.rules), "^connection refused")

    def test_one_that_takes_no_more_mail(self):
        rules = self.serve(connections=1)
        self.await_pass("tcp", rules)
        host, port = rules["address"].split(":")
        with socket.create_connection((host, int(port))) as client:
            # The connections of before may still be counted: until it is this one that is greeted.
            while not client.recv(100).startswith(b"220"):
                client = socket.create_connection((host, int(port)))
            self.assert_fails(self.look("tcp", rules), '^got "421 ')


class Names(ProbeTest):
    def setUp(self):
        super().setUp()
        self.port = free_port(socket.SOCK_DGRAM)
        long_text = "x" * 200
        self.server = self.run_server([
            shutil.which("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts",
            "--no-resolv", "--local=/test/", f"--port={self.port}", "--listen-address=127.0.0.1",
            "--bind-interfaces", f"--pid-file={self.folder}/pid", f"--user={getpass.getuser()}",
            "--address=/down.test/", "--host-record=www.test,192.0.2.1,2001:db8::1",
            "--cname=web.test,www.test", "--mx-host=test,mail.test,10",
            "--txt-record=test,v=spf1 -all", "--srv-host=_xmpp._tcp.test,chat.test,5222,1,2",
            *(f"--txt-record=long.test,{number}{long_text}" for number in range(9))])

    def rules(self, name, **more):
        return {"name": name, "server": f"127.0.0.1:{self.port}", **more}

    def test_each_type(self):
        self.await_pass("dns", self.rules("www.test", expect=["192.0.2.1"]))
        for name, kind, wanted in (
                ("www.test", "AAAA", "2001:db8::1"), ("web.test", "CNAME", "www.test"),
                ("web.test", "A", "192.0.2.1"), ("test", "MX", "10 mail.test"),
                ("test", "TXT", "v=spf1 -all"), ("_xmpp._tcp.test", "SRV", "1 2 5222 chat.test")):
            seen = self.look("dns", self.rules(name, type=kind, expect=[wanted]))
            self.assertEqual(seen["outcome"], "pass", seen)

    def test_an_answer_that_is_too_long_for_udp(self):
        self.await_pass("dns", self.rules("www.test"))
        seen = self.look("dns", self.rules("long.test", type="TXT", expect=["8" + "x" * 200]))
        self.assertEqual(seen["outcome"], "pass", seen)

    def test_broken(self):
        self.await_pass("dns", self.rules("www.test"))
        self.assert_fails(self.look("dns", self.rules("www.test", expect=["192.0.2.9"])),
                          "^got 192.0.2.1, expected 192.0.2.9")
        self.assert_fails(self.look("dns", self.rules("down.test")), "^NXDOMAIN, expected NOERROR")
        gone = self.look("dns", self.rules("down.test", rcode="NXDOMAIN"))
        self.assertEqual(gone["outcome"], "pass", gone)
        self.assert_fails(self.look("dns", self.rules("elsewhere.example")), "^REFUSED, expected")
        self.assert_fails(self.look("dns", self.rules("www.test", type="MX")), "^no record of")
        self.frozen(self.server, lambda: self.look("dns", self.rules("www.test"), "400ms"))
        self.kill(self.server)
        self.assert_fails(self.look("dns", self.rules("www.test")), "refused$")


class Ping(ProbeTest):
    def test_this_host(self):
        seen = self.look("icmp", "127.0.0.1")
        if seen["outcome"] == "unknown":
            self.assertIn("ping_group_range", seen["evidence"])
            self.skipTest(seen["evidence"])
        self.assertEqual(seen["outcome"], "pass", seen)
        self.assertEqual([phase["phase"] for phase in seen["phases"]], ["sent", "answered"])

    def test_a_host_that_is_not_there(self):
        self.assert_fails(self.look("icmp", "nowhere.invalid"), "nowhere.invalid")

    @unittest.skipUnless(os.geteuid() == 0, "makes a network of its own")
    def test_networks_without_a_way(self):
        apart = ["unshare", "--net"]
        self.assert_fails(self.look("icmp", "192.0.2.1", command=apart), "Network is unreachable")
        self.assert_fails(self.look("icmp", "127.0.0.1", command=apart), "unreachable")
        silent = [*apart, "sh", "-c",
                  "ip link add far type veth peer name other && ip link set other up && "
                  "ip link set far up && ip address add 192.0.2.2/24 dev far && exec \"$@\"",
                  "sh"]
        seen = self.look("icmp", "192.0.2.1", "300ms", command=silent)
        self.assert_fails(seen, "^no answer within 300 ms from 192.0.2.1")


if __name__ == "__main__":
    HEALD = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)

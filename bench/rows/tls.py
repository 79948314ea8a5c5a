"""HTTPS probes: what a second of a processor buys, and what a daemon with one such rule weighs."""

import subprocess

from harness.daemon import Daemon, free_port
from harness.figures import Bars, Goal, Row
from harness.processes import MIB, end, pass_time
from rows.probes import by_blackbox

SERVICES = 200
BUSY = "100ms"
LENGTH = 10  # seconds

NGINX = """daemon off;
worker_processes 1;
pid FOLDER/nginx.pid;
error_log FOLDER/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  ssl_session_cache shared:tls:10m;
  server {
    listen 127.0.0.1:PORT ssl;
    ssl_certificate FOLDER/cert.pem;
    ssl_certificate_key FOLDER/key.pem;
    location / { return 200 "ok\\n"; }
    location /count { stub_status; }
  }
}
"""


class Nginx:
    """An HTTPS server with a certificate of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                       check=True, capture_output=True)
        config = folder / "nginx.conf"
        config.write_text(NGINX.replace("FOLDER", str(folder)).replace("PORT", str(self.port)),
                          encoding="utf-8")
        self.process = subprocess.Popen(["nginx", "-p", folder, "-c", config],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def answered(self):
        """Requests that it has answered so far; this question counts as one."""
        text = subprocess.run(["curl", "-sk", "--retry", "20", "--retry-connrefused",
                               "--retry-delay", "1", self.url + "/count"],
                              capture_output=True, text=True, check=True).stdout
        return int(text.splitlines()[2].split()[2])


def rules(nginx, services):
    lines = ["services:"]
    for number in range(services):
        lines.append(f"  t-{number}: {{external: {{}}, probes: {{page: {{http: {{url: "
                     f"\"{nginx.url}/\", tls: {{ca_file: {nginx.folder}/cert.pem}}}}, interval: "
                     f"{BUSY}, timeout: 2s}}}}, remediation: []}}")
    return "\n".join(lines) + "\n"


def by_heald(bench, nginx):
    with bench.folder("tls") as folder:
        with Daemon(bench, folder, rules(nginx, SERVICES)) as daemon:
            daemon.until_healthy(SERVICES)
            pass_time(3)
            before, asked = daemon.usage(), nginx.answered()
            pass_time(LENGTH)
            used = daemon.usage().since(before)
            return nginx.answered() - asked - 1, used.cpu


def with_one_rule(bench, nginx):
    """MiB that are resident once all is quiet."""
    with bench.folder("tls") as folder:
        with Daemon(bench, folder, rules(nginx, 1).replace(BUSY, "5s")) as daemon:
            daemon.until_healthy(1)
            pass_time(8)
            return daemon.usage().resident / MIB


def measure(bench):
    with bench.folder("nginx") as folder, Nginx(folder) as nginx:
        nginx.answered()
        found = {"heald": by_heald(bench, nginx),
                 "blackbox_exporter": by_blackbox(bench, nginx.url + "/", nginx.answered)}
        memory = with_one_rule(bench, nginx)
    rates = {name: probes / cpu for name, (probes, cpu) in found.items()}
    return Row(
        name="tls", title="HTTPS probes",
        method=f"nginx with TLS 1.3 and a certificate on P-256; heald looks {SERVICES} times every "
               f"{BUSY}, blackbox_exporter is asked by wrk on 8 connections, for {LENGTH} s each. "
               "Requests that nginx answered, by the time that the prober spent on a processor. "
               "Memory is what is resident of heald with one such rule, looked at every 5 s.",
        header=["", "probes per CPU second", "probes", "CPU, s"],
        lines=[[name, f"{rates[name]:,.0f}", f"{probes:,}", f"{cpu:.2f}"]
               for name, (probes, cpu) in found.items()],
        goals=[Goal("one TLS rule: ≤ 12 MiB", f"{memory:.1f} MiB", memory <= 12)],
        pictures=[Bars("HTTPS probes", "per CPU second", rates)],
        notes=[f"{rates['heald'] / rates['blackbox_exporter']:.1f} times blackbox_exporter"])

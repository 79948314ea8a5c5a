"""How many HTTP probes a second of a processor buys."""

import json
import subprocess

from harness.daemon import Daemon, Targets, free_port
from harness.figures import Bars, Goal, Row, short
from harness.processes import end, pass_time, usage

TARGETS = 1000
LENGTH = 10  # seconds
BUSY = "40ms"  # heald's interval: more than it can keep up with, as for the bare client
WARM = 4  # seconds before, in which every target is seen first
BLACKBOX = """modules:
  page:
    prober: http
    timeout: 5s
    http: {preferred_ip_protocol: ip4, tls_config: {insecure_skip_verify: true}}
"""


def rules(first, interval):
    lines = ["services:"]
    for number in range(TARGETS):
        lines.append(f"  t-{number}: {{external: {{}}, probes: {{page: {{http: "
                     f"\"http://127.0.0.1:{first + number}/health\", interval: {interval}, "
                     "timeout: 2s}}, remediation: []}")
    return "\n".join(lines) + "\n"


def by_client(bench, targets, closing):
    done = subprocess.run([bench.program("bench_probe_client"), str(targets.first), str(TARGETS),
                           str(LENGTH), "64", closing], capture_output=True, check=True, text=True)
    found = json.loads(done.stdout)
    return found["probes"], found["cpu"]


def by_heald(bench, targets, interval):
    with bench.folder("probes") as folder:
        with Daemon(bench, folder, rules(targets.first, interval)) as daemon:
            daemon.until_healthy(TARGETS)
            pass_time(WARM)
            targets.mark()
            before = daemon.usage()
            pass_time(LENGTH)
            used = daemon.usage().since(before)
            return targets.report()["asked"], used.cpu


def by_process(bench, targets, name, command, length=LENGTH):
    """A tool that probes by itself."""
    with bench.folder(name) as folder:
        process = subprocess.Popen(command(folder), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            pass_time(WARM)
            targets.mark()
            before = usage([process.pid])
            pass_time(length)
            used = usage([process.pid]).since(before)
            return targets.report()["asked"], used.cpu
        finally:
            end(process)


def monit(first, timeout=1):
    def command(folder):
        lines = ["set daemon 1", f"set idfile {folder}/id", f"set statefile {folder}/state",
                 f"set pidfile {folder}/pid", f"set logfile {folder}/log"]
        for number in range(TARGETS):
            lines += [f"check host t-{number} with address 127.0.0.1",
                      f"  if failed port {first + number} protocol http request \"/health\" "
                      f"with timeout {timeout} seconds then alert"]
        (folder / "monitrc").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (folder / "monitrc").chmod(0o600)
        return ["monit", "-I", "-c", str(folder / "monitrc")]
    return command


def by_blackbox(bench, url, answered):
    """blackbox_exporter, driven by wrk; `answered` says how often the target was asked so far."""
    port = free_port()
    with bench.folder("blackbox") as folder:
        (folder / "blackbox.yml").write_text(BLACKBOX, encoding="utf-8")
        process = subprocess.Popen(
            ["prometheus-blackbox-exporter", f"--config.file={folder}/blackbox.yml",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            pass_time(WARM)
            before, asked = usage([process.pid]), answered()
            subprocess.run(["wrk", "-t1", "-c8", f"-d{LENGTH}s",
                            f"http://127.0.0.1:{port}/probe?module=page&target={url}"],
                           check=True, capture_output=True)
            return answered() - asked, usage([process.pid]).since(before).cpu
        finally:
            end(process)


def measure(bench):
    with Targets(bench, TARGETS) as targets:
        found = {
            "bare client": by_client(bench, targets, "close"),
            "bare client, abortive close": by_client(bench, targets, "abort"),
            "heald": by_heald(bench, targets, BUSY),
            "Monit": by_process(bench, targets, "monit", monit(targets.first)),
            "blackbox_exporter": by_blackbox(bench, f"http://127.0.0.1:{targets.first}/health",
                                             lambda: targets.report()["asked"]),
        }
    rates = {name: probes / cpu for name, (probes, cpu) in found.items()}
    bare = rates["bare client"]
    ratio, ahead = rates["heald"] / bare, rates["heald"] / rates["blackbox_exporter"]
    return Row(
        name="probes", title="HTTP probes",
        method=f"{TARGETS:,} targets on loopback, a new connection for each probe; {LENGTH} s of "
               "each: probes that the targets answered, by the time that the prober spent on a "
               "processor. The bare client is an epoll loop that compares the status and does "
               "nothing else, 64 connections at a time as fast as they go; heald is told to "
               f"look at each target every {BUSY} and keeps evidence, times and records; it ends a "
               "connection by a reset and leaves its socket to the next one; Monit in "
               f"cycles of a "
               "second; blackbox_exporter is asked by wrk on 8 connections.",
        header=["", "probes per CPU second", "probes", "CPU, s", "of the bare client"],
        lines=[[name, f"{rates[name]:,.0f}", f"{probes:,}", f"{cpu:.2f}",
                f"{rates[name] / bare:.2f}"] for name, (probes, cpu) in found.items()],
        goals=[Goal("≥ 0.8 × the bare client", f"{ratio:.2f} ×", ratio >= 0.8),
               Goal("past the bare client", f"{ratio:.2f} ×", ratio > 1),
               Goal("≥ 8 × blackbox_exporter", f"{ahead:.1f} ×", ahead >= 8)],
        pictures=[Bars("HTTP probes", "per CPU second", rates)],
        notes=[f"{name} is {short(rates['heald'] / rate)} times behind heald"
               for name, rate in rates.items() if rate < rates["heald"] and "bare" not in name])

"""What the tests of the rule library share: one entry of rules/, on a real server that is broken.

A test declares a service that uses its entry, and then makes outages:

  class Nginx(LibraryTest):
      entry = "nginx"

      def test_frozen_workers(self):
          self.declare({"port": self.port, ...})
          self.start_healthy()
          self.outage("frozen workers", self.freeze, [("reload", "healed")])

`outage` follows heald's records until the incident is closed and compares what was tried, rung for
rung with its verdict, with what the test claims. How long it took is printed, never asserted.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import unittest
from datetime import datetime
from pathlib import Path

import daemon_test
from daemon_test import PATIENCE, DaemonTest

RULES = Path(__file__).resolve().parents[2] / "rules"
# Every entry has these; the defaults are meant for production, and a test has less time.
PACE = {"interval": "400ms", "timeout": "2s", "start_period": "2s", "within": "4s",
        "stable_for": "1s"}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def ask(port, text=b"", host="127.0.0.1"):
    """A connection on which `text` was sent; a test that must not hang has its bound here."""
    connection = socket.create_connection((host, port), timeout=PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if text:
        connection.sendall(text)
    return connection


def children(pid):
    """The processes that `pid` started, by what the kernel says."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True,
                           text=True, check=False)
    return [int(each) for each in found.stdout.split()]


class LibraryTest(DaemonTest):
    entry = ""  # of rules/ENTRY.yaml; the service has this name as well
    pace = PACE

    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)  # servers that were started by root look in as somebody else
        os.environ["PATH"] += ":/usr/sbin:/sbin"

    # --- files of the server
    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    # --- the service
    def declare(self, parameters, overrides=None, others=None):
        """Writes the rules: a service that uses the entry; `others` are beside it."""
        body = merged(filled(self.entry, {**self.pace, **parameters}), overrides or {})
        services = {self.entry: body, **(others or {})}
        path = self.rules(json.dumps({"services": services}, indent=1))
        checked = subprocess.run([daemon_test.HEALD, "check", str(path)], capture_output=True,
                                 text=True, timeout=PATIENCE, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def start_healthy(self):
        self.start()
        while (health := self.await_record(kind="health_changed",
                                           service=self.entry)["text"]) != "healthy":
            self.assertEqual(health, "starting", self.log_text())

    def pid(self):
        return self.service(self.entry)["pid"]

    # --- outages
    def outage(self, title, make, tried):
        """Breaks the service with `make` and follows heald until the incident is closed.

        `make` may answer when the outage began, where making it takes time.
        `tried` is the claim: (rung, verdict) of each action, in order. Answers what
        `heald incidents` tells in JSON.
        """
        began = time.time()
        answer = make()
        began = answer if isinstance(answer, float) else began
        opened = self.await_record(kind="incident_opened", service=self.entry)
        closed = self.await_closed(opened["incident_id"])
        answer = self.heald("incidents", str(opened["incident_id"]), "-o", "json")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        story = json.loads(answer.stdout)
        told = self.heald("incidents", str(opened["incident_id"])).stdout
        found = [(each["rung"], each["verdict"]) for each in story["actions"]]
        self.assertEqual(found, tried, told)
        self.assertEqual(story["incident"]["closing"], "healed", told)
        self.assertEqual(self.service(self.entry)["health"], "healthy", told)
        self.tell(title, seconds(opened["at"], began), seconds(closed["at"], began), tried)
        return story

    def crash(self):
        """The plain case, of which every entry must be able."""
        killed = self.pid()
        self.outage("crash", lambda: os.kill(killed, signal.SIGKILL), [("restart", "healed")])

    def await_closed(self, incident):
        """The end of an incident; one that was given up says at once what was tried."""
        while True:
            record = self.await_record(incident_id=incident)
            if record["kind"] == "incident_closed":
                return record
            if record["kind"] == "latched":
                self.fail(self.heald("incidents", str(incident)).stdout)

    def tell(self, title, detected, healed, tried):
        rungs = ", ".join(f"{rung} {verdict}" for rung, verdict in tried)
        print(f"{self.entry}: {title}: seen after {detected:.1f} s, verified healthy after "
              f"{healed:.1f} s ({rungs})", file=sys.stderr)


def seconds(at, began):
    return datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp() - began


# --- until `use` is there: what it does, by hand
def filled(entry, given):
    import yaml  # pylint: disable=import-outside-toplevel
    library = yaml.safe_load((RULES / f"{entry}.yaml").read_text(encoding="utf-8"))["library"]
    values = {}
    for name, parameter in library[entry]["parameters"].items():
        values[name] = fill(str(given[name] if name in given else parameter["default"]), values)
    unknown = set(given) - set(values) - set(PACE)
    assert not unknown, unknown
    service = library[entry]["service"]
    if "use" in service:
        (other, more), = service.pop("use").items()
        service = merged(filled(other, walk(more, values)), walk(service, values))
        return service
    return walk(service, values)


def walk(value, values):
    if isinstance(value, dict):
        # A loader of YAML 1.1 takes `on` for true.
        return {"on" if key is True else key: walk(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [walk(each, values) for each in value]
    if isinstance(value, str):
        text = fill(value, values)
        return int(text) if text != value and re.fullmatch(r"\d+", text) else text
    return value


def fill(text, values):
    return re.sub(r"(?<!\$)\$\{(\w+)\}", lambda at: str(values.get(at[1], at[0])), text)


def merged(ours, theirs):
    if not (isinstance(ours, dict) and isinstance(theirs, dict)):
        return theirs
    out = {key: value for key, value in ours.items() if theirs.get(key, value) is not None}
    for key, value in theirs.items():
        if value is not None:
            out[key] = merged(out[key], value) if key in out else value
    return out


def main():
    daemon_test.HEALD = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()

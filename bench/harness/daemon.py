"""heald as it is run, asked over its API; and the HTTP servers that it looks at."""

import contextlib
import http.client
import json
import socket
import subprocess
import threading
import time

from unix_http import UnixConnection  # of tests/support

from .processes import PATIENCE, GaveUp, end, pass_time, usage


class Daemon:
    """heald with these rules in this folder, ended by the end of the `with`."""

    def __init__(self, bench, folder, rules, telemetry="off"):
        self.bench = bench
        self.folder = folder
        self.rules = folder / "heald.yaml"
        self.rules.write_text(rules, encoding="utf-8")
        self.socket = folder / "sock"
        command = [bench.heald, "run", "--config", self.rules, "--state-dir", folder / "state",
                   "--socket", self.socket, "--telemetry", telemetry]
        with open(folder / "heald.log", "ab") as log:
            self.began = time.monotonic()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)

    def __enter__(self):
        try:
            self.until_ready()
        except BaseException:
            end(self.process)
            raise
        return self

    def __exit__(self, *_):
        end(self.process)

    def until_ready(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise GaveUp((self.folder / "heald.log").read_text(encoding="utf-8")[-2000:])
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("status?limit=1")["daemon"]["ready"]:
                    self.ready = time.monotonic()
                    return
            pass_time(0.01)
        raise GaveUp("heald is not ready")

    def get(self, path, method="GET"):
        connection = UnixConnection(self.socket, PATIENCE)
        try:
            connection.request(method, "/v1/" + path)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise GaveUp(f"{path}: {answer.status} {text[:200]!r}")
        return json.loads(text)

    def usage(self):
        return usage([self.process.pid])

    def healthy(self):
        return self.get("status?limit=1")["summary"]["healthy"]

    def until_healthy(self, count, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while self.healthy() < count:
            if time.monotonic() > deadline:
                raise GaveUp(f"{self.healthy()} of {count} are healthy after {patience} s")
            pass_time(0.1)

    def verb(self, *words, good=(0,)):
        """A verb of the command line, as people run it; seconds that it took, what it printed."""
        began = time.monotonic()
        done = subprocess.run([self.bench.heald, *words, "--socket", self.socket],
                              capture_output=True, text=True, check=False)
        took = time.monotonic() - began
        if done.returncode not in good:
            raise GaveUp(f"heald {words[0]}: {done.returncode} {done.stderr[:500]}")
        return took, done.stdout


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def free_ports(count):
    """Below those that connections get for themselves, so that none is taken while its server is
    being replaced."""
    found = []
    for port in range(12_000, 32_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise GaveUp(f"no {count} free ports")


class Targets:
    """bench_targets: so many HTTP servers on ports in a row."""

    def __init__(self, bench, count):
        self.count = count
        self.process = subprocess.Popen([bench.program("bench_targets"), str(count)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.first = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def tell(self, *words):
        """When it was done, or what was reported."""
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def mark(self):
        self.tell("mark")

    def report(self, first=0, last=None):
        return self.tell("report", first, self.count if last is None else last)


class Sampler(threading.Thread):
    """Calls `look` again and again until it is stopped; keeps what it gave."""

    def __init__(self, look, pause):
        super().__init__(daemon=True)
        self.look = look
        self.pause = pause
        self.found = []
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(self.pause):
            self.found.append(self.look())

    def stop(self):
        self.over.set()
        self.join()
        return self.found

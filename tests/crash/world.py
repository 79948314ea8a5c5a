"""heald and its services in a folder of their own: lives, deaths, questions, and what must hold.

A World belongs to one thread. What it awaits are events of the API; the bounds are only there so
that a defect ends the test.
"""

import ctypes
import http.client
import json
import os
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, namedtuple
from pathlib import Path

from faults import Fault, Faults

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from unix_http import UnixConnection  # noqa: E402  pylint: disable=wrong-import-position

PATIENCE = 60  # seconds until a defect is taken for granted
Start = namedtuple("Start", "name pid action intent company")


class Programs:
    """What the build made; set by the test's main program."""
    heald = shim = service = ""


class Died(Exception):
    """heald is no more: it was killed."""


class Refused(Exception):
    """heald did not start, and said why."""


class Broken(AssertionError):
    """What must hold does not."""


def become_reaper():
    """Services that outlive their heald become our children, so that no zombie of them stays."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


class World:
    def __init__(self, rules, services, state=None):
        self.folder = Path(tempfile.mkdtemp(prefix="heald-crash-"))
        self.state = Path(state) if state else self.folder / "state"
        if state:
            (self.folder / "state").symlink_to(state)
        self.ports = {}
        self.holders = []
        for name in services:
            # Bound but not listening: the port is nobody else's, and the service can still take it.
            holder = socket.socket()
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", 0))
            self.holders.append(holder)
            self.ports[name] = holder.getsockname()[1]
        self.rules(rules)
        self.faults = Faults(self.folder / "faults")
        self.heald = None
        self.lives = 0
        self.records = []
        self.facts = set()

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        self.faults.put("fault", int(Fault.NONE))  # who waits for that goes on, and ends
        if self.heald and self.heald.poll() is None:
            self.heald.kill()
            self.heald.wait(PATIENCE)
        for pid in self.left_over():
            os.kill(pid, signal.SIGKILL)
        self.reap()
        self.faults.close()
        for holder in self.holders:
            holder.close()
        if failed is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def rules(self, text):
        for name, port in self.ports.items():
            text = text.replace(f"SERVE({name})",
                                f"[{Programs.service}, {self.folder}, {name}, \"{port}\"]")
            text = text.replace(f"PROBE({name})", f"{{address: \"127.0.0.1:{port}\", expect: ok}}")
        text = text.replace("REBUILD", f"[{Programs.service}, {self.folder}, rebuild]")
        (self.folder / "heald.yaml").write_text(text, encoding="utf-8")

    @staticmethod
    def free_port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    # --- heald's life
    def live(self, *more):
        """Starts heald; ready when this returns."""
        self.launch(*more)
        self.until_ready()

    def launch(self, *more):
        self.lives += 1
        environment = {**os.environ, "LD_PRELOAD": Programs.shim,
                       "HEALD_FAULTS": str(self.faults.path),
                       "HEALD_FAULTS_FOLDER": str(self.state)}
        with open(self.folder / "heald.log", "ab") as log:
            self.heald = subprocess.Popen(
                [Programs.heald, "run", "--config", str(self.folder / "heald.yaml"),
                 "--state-dir", str(self.state), "--socket", str(self.folder / "sock"),
                 *(more or ("--telemetry", "off"))],
                stderr=log, cwd=self.folder, env=environment)

    def until_ready(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.check_starting()
            try:
                if self.ask("GET", "status")["daemon"]["ready"]:
                    return
            except (OSError, http.client.HTTPException):
                pass
            select.select([], [], [], 0.003)  # nothing tells that a socket will be there
        raise Broken("not ready: " + self.log())

    def check_alive(self):
        status = self.heald.poll()
        if status == -signal.SIGKILL:
            raise Died
        if status is not None:
            raise Broken(f"heald ended with {status}: {self.log()}")

    def check_starting(self):
        status = self.heald.poll()
        if status == 1:
            raise Refused(self.log().splitlines()[-1])
        if status is not None:
            self.check_alive()

    def kill(self):
        self.heald.kill()
        self.heald.wait(PATIENCE)

    def end(self):
        """The orderly end."""
        self.heald.send_signal(signal.SIGTERM)
        status = self.heald.wait(PATIENCE)
        if status == -signal.SIGKILL:
            raise Died
        if status != 0:
            raise Broken(f"heald ended with {status}: {self.log()}")

    def log(self):
        return (self.folder / "heald.log").read_text(encoding="utf-8")

    # --- asking
    def ask(self, method, path):
        """Without an answer heald has died, or is just about to be started."""
        connection = UnixConnection(self.folder / "sock", PATIENCE)
        try:
            connection.request(method, "/v1/" + path)
            self.await_answer(connection)
            answer = connection.getresponse()
            body = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status not in (200, 202, 409):
            raise Broken(f"{method} {path}: {answer.status} {body}")
        return body

    def await_answer(self, connection):
        """Or heald's death: a child that it has just made holds its connections open."""
        with open(os.pidfd_open(self.heald.pid), "rb", buffering=0) as death:
            ready, _, _ = select.select([connection.sock, death], [], [], PATIENCE)
        if connection.sock not in ready:
            raise ConnectionResetError("heald has died" if ready else "no answer in time")

    def get(self, path, method="GET"):
        try:
            return self.ask(method, path)
        except (OSError, http.client.HTTPException) as error:
            try:
                self.heald.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                raise Broken(f"heald runs and does not answer {path}: {error}") from error
            self.check_alive()
            raise

    def page(self, name):
        return self.get("services/" + name)

    def operate(self, name, word):
        """An operator's word; the refusal, or nothing."""
        return self.get(f"services/{name}/{word}", "POST").get("error")

    def refresh(self, wait=0):
        """Fetches the records that came since."""
        after = self.records[-1]["sequence"] if self.records else 0
        self.records += self.get(f"events?after={after}&wait={wait}&limit=1000")["events"]

    def until(self, what, true):
        deadline = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > deadline:
                raise Broken(f"no '{what}' in time: {self.story()}")
            self.refresh(wait=5)

    def patient_until(self, what, true):
        """For what no event tells of: these come from the journal, which may be failing."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > deadline:
                raise Broken(f"no '{what}' in time: {self.story()}")
            select.select([], [], [], 0.02)

    def recorded(self, **wanted):
        return [record for record in self.records
                if all(record.get(key) == value for key, value in wanted.items())]

    def until_recorded(self, count=1, **wanted):
        self.until(str(wanted), lambda: len(self.recorded(**wanted)) >= count)

    def until_healthy(self, *names):
        self.until(f"{names} healthy",
                   lambda: all(self.page(name)["health"] == "healthy" for name in names))

    def story(self):
        try:
            self.refresh()
        except (OSError, Broken, Died):
            pass
        told = [" ".join(str(record[key]) for key in
                         ("sequence", "service", "kind", "action", "result", "verdict", "text")
                         if record[key] is not None) for record in self.records]
        return "\n".join([str(self.folder), *told, *map(str, self.starts()), self.log()])

    # --- the services
    def starts(self):
        path = self.folder / "starts"
        if not path.exists():
            return []
        return [Start(words[0], int(words[1]), int(words[2]), *words[3:])
                for words in map(str.split, path.read_text(encoding="utf-8").splitlines())]

    def strike(self, name, number=signal.SIGKILL):
        """A signal to the service's process."""
        os.kill(self.page(name)["pid"], number)

    def left_over(self):
        """Processes of this world besides heald."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                command = Path(f"/proc/{entry}/cmdline").read_bytes() if entry.isdigit() else b""
            except OSError:
                continue
            program = command.split(b"\0", 1)[0]
            if str(self.folder).encode() in command and program == Programs.service.encode():
                found.append(int(entry))
        return found

    def reap(self):
        for start in self.starts():
            try:
                os.waitpid(start.pid, 0)
            except ChildProcessError:
                pass

    # --- what must hold, whatever happened
    def journal(self):
        database = sqlite3.connect(f"file:{self.state}/journal.db?mode=ro", uri=True)
        database.row_factory = sqlite3.Row
        return database

    def must(self, holds, what):
        if not holds:
            raise Broken(f"{what}\n{self.story()}")

    def check_starts(self):
        """No start without a durable intent, none twice, and never two copies."""
        for start in self.starts():
            if start.name == "rebuild":
                continue
            self.must(start.action != 0, f"a start without a record: {start}")
            self.must(start.intent == "intended", f"a start without an intent: {start}")
            self.must(start.company == "alone", f"two copies run: {start}")
        times = Counter(start.action for start in self.starts() if start.name != "rebuild")
        twice = [action for action, count in times.items() if count > 1]
        self.must(not twice, f"started more than once: action {twice}")

    def check_journal(self):
        """The file is sound, and tells one story."""
        database = self.journal()
        try:
            whole = database.execute("PRAGMA integrity_check").fetchone()[0]
            self.must(whole == "ok", f"the journal is damaged: {whole}")
            verdicts = database.execute("SELECT action, count(*) AS times FROM records WHERE "
                                        "kind = 'verdict' GROUP BY action").fetchall()
            for row in verdicts:
                self.must(row["times"] == 1, f"action {row['action']} has {row['times']} verdicts")
            open_ends = database.execute(
                "SELECT id, kind, result, verdict FROM actions WHERE withheld = '' AND "
                "(result IS NULL OR (verdict IS NULL AND kind <> 'stop'))").fetchall()
            self.must(not open_ends, f"without an end: {[tuple(row) for row in open_ends]}")
            rebuilt = sum(start.name == "rebuild" for start in self.starts())
            wanted = database.execute("SELECT count(*) FROM actions WHERE kind = 'reprovision' "
                                      "AND withheld = ''").fetchone()[0]
            self.must(rebuilt <= wanted, f"{wanted} rebuilds were intended, {rebuilt} were made")
        finally:
            database.close()
        aside = list(self.state.glob("journal.db.corrupt-*"))
        self.must(not aside, f"a journal was put aside: {aside}")
        again = subprocess.run([Programs.heald, "replay", self.state], capture_output=True,
                               text=True, timeout=PATIENCE, check=False)
        self.must(again.returncode == 0, f"it replays otherwise: {again.stdout}{again.stderr}")

    def desired(self, service):
        database = self.journal()
        try:
            return database.execute("SELECT json_extract(state, '$.desired') FROM state "
                                    "WHERE service = ?", (service,)).fetchone()[0]
        finally:
            database.close()

    def incidents(self, service):
        database = self.journal()
        try:
            return database.execute("SELECT * FROM incidents WHERE service = ?",
                                    (service,)).fetchall()
        finally:
            database.close()

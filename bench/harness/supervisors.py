"""The supervisors that are compared: how each is told of services, and started.

Each gets what its own manual recommends for the purpose. Every service is the same program, which
is executed directly, without a shell in between.
"""

import os
import shutil
import subprocess
import time

from .processes import end_all, parents, pass_time, program, tree, usage, words

SETTLING = 12  # seconds; heald watches what it started for ten
PUT_OFF = 6  # seconds; heald gives memory back five seconds after a start is over


class Supervisor:
    """One supervisor with some services, in a folder of its own."""
    name = ""

    def __init__(self, bench, folder):
        self.child = str(bench.program("bench_child"))
        self.bench = bench
        self.folder = folder
        self.process = None

    @classmethod
    def available(cls):
        return True

    def prepare(self, names, socket):
        """Writes the configuration; the command that starts the supervisor."""
        raise NotImplementedError

    def start(self, names, socket):
        command = self.prepare(names, socket)
        with open(self.folder / "log", "ab") as log:
            began = time.monotonic()
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder,
                                            stdin=subprocess.DEVNULL)
        return began

    def own(self):
        """Its processes, besides the services."""
        return [pid for pid in tree(self.process.pid) if program(pid) != self.child]

    def usage(self):
        return usage(self.own())

    def settle(self):
        """Waits until nothing is left of the start to do. Some never rest.

        What a supervisor puts off for a while after its last work is waited for too: PUT_OFF."""
        pass_time(SETTLING)
        before = self.usage()
        for _ in range(2):
            pass_time(PUT_OFF)
            now = self.usage()
            if now.switches == before.switches:
                return
            before = now

    def stop(self):
        """Ends everything, the services too; they are measured no more."""
        everything = tree(self.process.pid)
        self.process.kill()  # first, so that it does not start anew what ends
        self.process.wait()
        end_all(everything[1:])
        end_all(self.strays())

    def strays(self):
        """Services that left for the background, and whoever else has this folder in its words."""
        mark = str(self.folder).encode()
        return [pid for pid in parents() if pid != os.getpid() and mark in words(pid)]


class BareLoop(Supervisor):
    """vfork, exec, waitpid, again."""
    name = "bare loop"

    def prepare(self, names, socket):
        prefix = names[0].rsplit("-", 1)[0] if names else "none"
        return [str(self.bench.program("bench_bare_loop")), str(len(names)), self.child,
                str(socket), prefix + "-%"]


class Heald(Supervisor):
    name = "heald"
    exits = ""  # more rules of every process
    extra = ""  # more rules of every service

    def prepare(self, names, socket):
        lines = ["services:" if names else "services: {}"]
        for name in names:
            lines.append(f"  {name}:")
            lines.append(f"    process: {{command: [{self.child}, {socket}, {name}]"
                         f"{self.exits}}}")
            if self.extra:
                lines.append(self.extra)
        (self.folder / "heald.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return [str(self.bench.heald), "run", "--config", str(self.folder / "heald.yaml"),
                "--state-dir", str(self.folder / "state"), "--socket", str(self.folder / "sock"),
                "--telemetry", "off"]


class ScanFolder(Supervisor):
    """A folder with a folder for each service, in which `run` starts it."""
    scanner = ""

    @classmethod
    def available(cls):
        return shutil.which(cls.scanner) is not None

    def prepare(self, names, socket):
        scan = self.folder / "scan"
        scan.mkdir()
        for name in names:
            run = scan / name / "run"
            run.parent.mkdir()
            # The service is its script's interpreter, so that no shell is paid for.
            run.write_text(f"#!{self.child} {socket} {name}\n", encoding="utf-8")
            run.chmod(0o755)
        return [self.scanner, *self.options(len(names)), str(scan)]

    def options(self, services):
        del services
        return []


class S6(ScanFolder):
    name = "s6"
    scanner = "s6-svscan"

    def options(self, services):
        return ["-c", str(services + 16)]  # it takes 500 without being told


class Runit(ScanFolder):
    name = "runit"
    scanner = "runsvdir"


class Supervisord(Supervisor):
    """supervisord in the foreground. It goes on starting what dies, unlike by default."""
    name = "supervisord"

    @classmethod
    def available(cls):
        return shutil.which("supervisord") is not None

    def prepare(self, names, socket):
        lines = ["[supervisord]", "nodaemon=true", "minfds=16384", f"childlogdir={self.folder}",
                 f"logfile={self.folder}/supervisord.log", f"pidfile={self.folder}/pid"]
        for name in names:
            lines += [f"[program:{name}]", f"command={self.child} {socket} {name}",
                      "autorestart=true", "startretries=1000000",
                      "stdout_logfile=NONE", "stderr_logfile=NONE"]
        (self.folder / "supervisord.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return ["supervisord", "-c", str(self.folder / "supervisord.conf")]


class Monit(Supervisor):
    """Monit with the shortest cycle that it has, a second."""
    name = "Monit"

    @classmethod
    def available(cls):
        return shutil.which("monit") is not None

    def prepare(self, names, socket):
        lines = ["set daemon 1", f"set logfile {self.folder}/monit.log",
                 f"set idfile {self.folder}/id", f"set statefile {self.folder}/state",
                 f"set pidfile {self.folder}/pid"]
        for name in names:
            file = self.folder / f"{name}.pid"
            lines += [f"check process {name} with pidfile {file}",
                      f"  start program = \"{self.child} {socket} {name} {file}\"",
                      "  stop program = \"/bin/true\""]
        config = self.folder / "monitrc"
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        config.chmod(0o600)
        return ["monit", "-I", "-c", str(config)]


ALL = [BareLoop, Heald, S6, Runit, Supervisord, Monit]


def those_there():
    return [kind for kind in ALL if kind.available()]



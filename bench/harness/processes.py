"""What the kernel says of processes: descent, memory, time on a processor, switches."""

import os
import select
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
PATIENCE = 60  # seconds until something that should happen is given up


class GaveUp(RuntimeError):
    """Something that a measurement waits for did not come."""


@dataclass
class Usage:
    """Summed over processes."""
    resident: int  # bytes
    proportional: int  # bytes; what is shared counts once
    cpu: float  # seconds
    switches: int  # voluntary: each is a wake-up
    processes: int

    def since(self, before):
        """Over the time between two looks; memory is the later one's."""
        return Usage(self.resident, self.proportional, self.cpu - before.cpu,
                     self.switches - before.switches, self.processes)


def parents():
    """pid → parent's pid, of every process."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            text = Path(f"/proc/{entry}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        found[int(entry)] = int(text.rpartition(")")[2].split()[1])
    return found


def tree(root):
    """This process and all that descend from it."""
    children = {}
    for pid, parent in parents().items():
        children.setdefault(parent, []).append(pid)
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def program(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def words(pid):
    """Its command line, as it stands in memory."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def fields(path):
    """"Name: VALUE kB" lines as numbers."""
    found = {}
    for line in Path(path).read_text(encoding="ascii", errors="replace").splitlines():
        name, _, value = line.partition(":")
        words = value.split()
        if words and words[0].isdigit():
            found[name] = int(words[0])
    return found


def usage_of(pid):
    memory = fields(f"/proc/{pid}/smaps_rollup")
    cpu = switches = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        base = f"/proc/{pid}/task/{thread}"
        cpu += int(Path(f"{base}/schedstat").read_text(encoding="ascii").split()[0])
        switches += fields(f"{base}/status").get("voluntary_ctxt_switches", 0)
    return Usage(memory["Rss"] * 1024, memory["Pss"] * 1024, cpu / 1e9, switches, 1)


def usage(pids):
    """Of those that are still there."""
    total = Usage(0, 0, 0.0, 0, 0)
    for pid in pids:
        try:
            one = usage_of(pid)
        except (OSError, KeyError):
            continue
        total = Usage(total.resident + one.resident, total.proportional + one.proportional,
                      total.cpu + one.cpu, total.switches + one.switches, total.processes + 1)
    return total


def pass_time(seconds):
    """The time that a measurement lasts."""
    select.select([], [], [], seconds)


def end(process):
    """An orderly end; a hard one for who takes too long."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_all(pids):
    """What a measurement leaves behind, at once."""
    handles = []
    for pid in pids:
        try:
            handles.append(os.pidfd_open(pid))
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for handle in handles:
        end_of_it = select.poll()  # select() knows no descriptor beyond 1,023
        end_of_it.register(handle, select.POLLIN)
        end_of_it.poll(1000 * PATIENCE)
        os.close(handle)

"""What bench_child tells: which service was executed, as which process, and when."""

import select
import socket
import time
from collections import namedtuple

from .processes import PATIENCE, GaveUp

Report = namedtuple("Report", "name pid at")


class Reports:
    """A socket that the children of one measurement write to."""

    def __init__(self, folder):
        self.path = folder / "reports"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(str(self.path))

    def next(self, patience=PATIENCE):
        """The next one; None when none came in time."""
        if not select.select([self.socket], [], [], patience)[0]:
            return None
        name, pid, at = self.socket.recv(512).decode().split()
        return Report(name, int(pid), int(at) / 1e9)

    def expect(self, patience=PATIENCE):
        report = self.next(patience)
        if report is None:
            raise GaveUp(f"no start within {patience} s")
        return report

    def collect(self, count, patience):
        """Reports of `count` different services, or of as many as came in time."""
        found = {}
        deadline = time.monotonic() + patience
        while len(found) < count and (left := deadline - time.monotonic()) > 0:
            report = self.next(left)
            if report is not None:
                found[report.name] = report
        return found

    def close(self):
        self.socket.close()

"""The shim inside heald, as the tests steer it. faults.hpp has the same layout."""

import mmap
import struct
from enum import IntEnum, IntFlag
from pathlib import Path


class Call(IntEnum):
    WRITE = 0
    SYNC = 1
    TRUNCATE = 2
    ALLOCATE = 3
    NAME = 4
    SPAWN = 5
    SPAWNED = 6
    SIGNAL = 7
    SIGNALED = 8
    NOTE = 9
    NOTED = 10
    EXECUTE = 11
    LOCK = 12


class Fault(IntEnum):
    NONE = 0
    KILL = 1
    TEAR = 2
    FAIL = 3
    HALVE = 4
    STRAND = 5


class File(IntFlag):
    DATABASE = 1
    LOG = 2
    INDEX = 4
    RESERVE = 8
    LOCK = 16
    CHILD = 32
    OTHER = 64
    JOURNAL = 7
    ALL = 127


ON_DISK = (Call.WRITE, Call.SYNC, Call.TRUNCATE, Call.ALLOCATE, Call.NOTE)
FOR_EVER = 2**63
REMEMBERED = 8192
WORD = struct.Struct("<Q")
SIGNED = struct.Struct("<q")
FIELDS = ("points", "hits", "first", "last", "fault", "error", "calls", "files", "wall_shift_ns")


class Faults:
    """The page that the test shares with the healds of one folder."""

    def __init__(self, path: Path):
        path.write_bytes(bytes((len(FIELDS) + REMEMBERED) * WORD.size))
        self.path = path
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 0)
        self.watch(Call, File.ALL)

    def close(self):
        self.page.close()

    def get(self, field):
        return WORD.unpack_from(self.page, FIELDS.index(field) * WORD.size)[0]

    def put(self, field, value):
        layout = SIGNED if value < 0 else WORD
        layout.pack_into(self.page, FIELDS.index(field) * WORD.size, value)

    def watch(self, calls, files=File.ALL):
        """What counts as a point."""
        self.put("calls", sum(1 << call for call in calls))
        self.put("files", int(files))

    def inject(self, fault, first, last=None, error=0):
        """At the points from `first` on, counted from now; until `last`, or only there."""
        self.put("first", FOR_EVER)  # nothing happens while the rest is set
        self.put("points", 0)
        self.put("hits", 0)
        self.put("fault", int(fault))
        self.put("error", error)
        self.put("last", first if last is None else last)
        self.put("first", first)

    def heal(self):
        self.put("first", FOR_EVER)

    def trace(self):
        """What each point was: its call, its file, its size."""
        found = []
        for at in range(min(self.get("points"), REMEMBERED)):
            value = WORD.unpack_from(self.page, (len(FIELDS) + at) * WORD.size)[0]
            found.append((Call(value & 0xff), File(value >> 8 & 0xff), value >> 32))
        return found

    def point(self, number):
        trace = self.trace()
        if not 1 <= number <= len(trace):
            return f"point {number}"
        call, file, size = trace[number - 1]
        return f"point {number} ({call.name.lower()} {file.name.lower()} {size})"

#!/usr/bin/env python3
"""Holds the tree to CONTRIBUTING.md: columns, lengths, and who may include whom.

  tidy.py ROOT          prints every breach as file:line: message; exit status 1 when there is one
  tidy.py --self-test   proves on made-up files that each rule can fail
"""

import re
import sys
import tempfile
from pathlib import Path

COLUMNS = 100
FILE_LINES = 500
FUNCTION_LINES = 70

# What each room may include besides itself and the public headers of the core.
ROOMS = {
    "core": set(),
    "base": set(),
    "policy": {"base"},
    "journal": {"base"},
    "replay": {"base", "journal", "policy"},
    "logs": {"base"},
    "process": {"base"},
    "net": {"base"},
    "probe": {"base", "process", "net"},
    "actuate": {"base", "process"},
    "sim": set(),
    "drill": {"base", "policy", "sim"},
    "runtime": {"base", "journal"},
    "api": {"base", "journal", "logs", "runtime"},
    "cli": {"base", "drill", "journal", "policy", "replay", "runtime", "sim"},
    "main": {"base", "policy", "journal", "logs", "process", "net", "probe", "actuate", "replay", "runtime",
             "api", "cli"},
}
STANDARD_ONLY = ("include/heald/", "src/core/")
EXPENSIVE = re.compile(r"#include <(boost/beast(?!/core/fwd)|nlohmann/json\.hpp|spdlog/)")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|[^_\w.]sleep\(")
INCLUDE = re.compile(r'#include ([<"])([^>"]+)[>"]')
NO_FUNCTION = re.compile(r"^(\s|$|namespace|class|struct|enum|union|extern|using|#|//|[})]|template)")


def files(root):
    for folder in ("include", "src", "tests", "bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cpp", ".hpp") and path.is_file():
                yield path.relative_to(root)


def check_shape(name, lines):
    if len(lines) > FILE_LINES and not lines[0].startswith("// Long:"):
        yield 1, f"{len(lines)} lines, more than {FILE_LINES}"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            yield number, f"{len(line)} columns, more than {COLUMNS}"
        if line.rstrip() != line:
            yield number, "white space at the end"
        if name.startswith("tests/") and SLEEP.search(line):
            yield number, "a sleep in a test: await the event"
    yield from check_functions(lines)


def check_functions(lines):
    """A signature begins at column 0; its body opens on a line that ends in '{' and ends at the
    next '}' at column 0."""
    signature = body = None
    for number, line in enumerate(lines, 1):
        if body is not None:
            if line.startswith("}"):
                if number - body > FUNCTION_LINES:
                    yield body, f"a function of {number - body} lines, more than {FUNCTION_LINES}"
                body = None
            continue
        if signature is None and not NO_FUNCTION.match(line):
            signature = number
        if signature is None:
            continue
        if line.endswith("{"):
            body, signature = signature, None
        elif line.endswith((";", "}")):
            signature = None


def check_includes(name, lines, rooms):
    parts = name.split("/")
    room = parts[1] if parts[0] == "src" else None
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        bracket, header = found.groups()
        if name.endswith(".hpp") and name.startswith("src/") and EXPENSIVE.match(line):
            if not lines[0].startswith("// Expensive:"):
                yield number, f"an expensive header, {header}, in a header"
        if name.startswith(STANDARD_ONLY) and bracket == "<" and ("/" in header or "." in header):
            yield number, f"the core uses the standard library only, not {header}"
        other = header.split("/")[0] if bracket == '"' and "/" in header else None
        if room in rooms and other in rooms and other != room and other not in rooms[room]:
            yield number, f"room {room} may not include room {other}"


def breaches(root, rooms=None):
    for path in files(root):
        name = path.as_posix()
        text = (root / path).read_text(encoding="utf-8")
        lines = text.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        for number, message in list(check_shape(name, lines)) + list(
                check_includes(name, lines, rooms or ROOMS)):
            yield f"{name}:{number}: {message}"


def self_test():
    body = "\n".join(["void f() {"] + ["  g();"] * (FUNCTION_LINES + 1) + ["}"])
    cases = {
        "src/probe/a.cpp": ("// " + "x" * COLUMNS, "columns"),
        "src/probe/b.cpp": ("\n" * (FILE_LINES + 1), "lines, more than"),
        "src/probe/c.cpp": (body, "a function of"),
        "src/probe/d.cpp": ('#include "runtime/port.hpp"', "may not include room runtime"),
        "src/probe/e.hpp": ("#include <boost/beast/http.hpp>", "expensive header"),
        "src/core/f.cpp": ("#include <boost/asio.hpp>", "standard library only"),
        "tests/core/g.cpp": ("std::this_thread::" + "sleep_for(1s);", "a sleep in a test"),
        "src/probe/h.cpp": ("int a; ", "white space at the end"),
        "src/probe/i.cpp": ("int a(int b,\n      int c) const {\n" + "  g();\n" * 75 + "}",
                            "a function of"),
    }
    for name, (text, expected) in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / name).parent.mkdir(parents=True)
            (root / name).write_text(text + "\n", encoding="utf-8")
            found = list(breaches(root))
            if not any(expected in each for each in found):
                print(f"self-test: {name} should have been found as '{expected}': {found}")
                return 1
    print(f"self-test: {len(cases)} rules can fail")
    return 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = list(breaches(Path(sys.argv[1])))
    print("\n".join(found) if found else "tidy: nothing to mend")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

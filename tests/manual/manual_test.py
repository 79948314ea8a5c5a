#!/usr/bin/env python3
"""The pages in docs/verbs: each verb has one, with its options and no other, and it is true.

  manual_test.py HEALD SOURCE VERSION [unittest options]

An example in a block marked `sh run` is run as it stands, in a folder with what lies in stage/,
where a daemon answers; `exit=N` says how it ends. A block marked `output` after it is what it
prints: "…" stands for any text in a line, and alone for any lines.
"""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HEALD, SOURCE, VERSION = "", Path(), ""
PAGES = Path()
RULES = Path(__file__).parent / "stage/rules.yaml"
PATIENCE = 60  # seconds until a defect is taken for granted
SECTIONS = ["Name", "Synopsis", "Description", "Options", "Exit status", "Examples", "See also"]
OVERVIEW = ["Name", "Synopsis", "Description", "Options", "Verbs", "Exit status", "Environment",
            "Files", "Output", "Examples", "See also"]
# Options of every verb, on the page of heald itself.
COMMON = {"-h", "--help", "--help-all"}


def said(*arguments):
    return subprocess.run([HEALD, *arguments], capture_output=True, text=True, check=True).stdout


def verbs():
    """Each verb and what `heald --help` says of it."""
    lines = said("--help").partition("\nVerbs:\n")[2].split("\n")
    return dict(re.match(r"  (\S+) +(.*)", line).groups() for line in lines if line.strip())


def helped(verb):
    """What `heald VERB --help` knows: options by name, each with its metavariable or "", and
    positional arguments."""
    text = said(*([verb] if verb else []), "--help")
    options, positionals = {}, set()
    for line in text.partition("\nOptions:\n")[2].partition("\nVerbs:\n")[0].split("\n"):
        found = re.match(r"  (-[^\s]+)(?: ([A-Z][A-Z:]*)(?![a-z]))?", line)
        if found:
            names = found.group(1).split(",")
            value = found.group(2) or ""
            options.update({name: value for name in names})
    for line in text.partition("\nPositionals:\n")[2].partition("\nOptions:\n")[0].split("\n"):
        found = re.match(r"  [a-z]+ ([A-Z][A-Z/\[\]]*)", line)
        if found:
            positionals.add(found.group(1))
    return options, positionals


def sections(page):
    """The text of each "## Section", outside of code."""
    found, name, in_code = {}, None, False
    for line in page.read_text(encoding="utf-8").split("\n"):
        in_code ^= line.startswith("```")
        if not in_code and line.startswith("## "):
            name = line[3:]
            found[name] = ""
        elif name:
            found[name] += line + "\n"
    return found


def described(page):
    """The options that a page describes, like `helped`."""
    options, positionals = {}, set()
    for line in sections(page)["Options"].split("\n"):
        item = re.match(r"- ((?:`[^`]+`(?:, )?)+): ", line)
        if not item:
            continue
        for spelled in re.findall(r"`([^`]+)`", item.group(1)):
            name, _, value = spelled.partition(" ")
            if name.startswith("-"):
                options[name] = value
            else:
                positionals.add(name)
    return options, positionals


def examples(page):
    """(commands, exit status, output or None) of every example that is to be run."""
    blocks = re.findall(r"^```(\w*)([^\n]*)\n(.*?)^```$", page.read_text(encoding="utf-8"),
                        re.MULTILINE | re.DOTALL)
    for index, (language, marks, text) in enumerate(blocks):
        if language != "sh" or "run" not in marks.split():
            continue
        status = re.search(r"exit=(\d+)", marks)
        after = blocks[index + 1] if index + 1 < len(blocks) else ("", "", "")
        yield text, int(status.group(1)) if status else 0, \
            after[2] if after[0] == "output" else None


def as_shown(shown):
    """A pattern for an output. Runs of blanks are one: widths of columns follow their content."""
    pattern = ""
    for line in shown.rstrip("\n").split("\n"):
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            parts = [r"[ \t]+".join(map(re.escape, re.split(r"[ \t]+", part)))
                     for part in line.rstrip().split("…")]
            pattern += ".*".join(parts) + r"[ \t]*\n"
    return pattern


class Pages(unittest.TestCase):
    def each(self):
        """Each page, with its verb; "" for heald itself."""
        return [(page, "" if page.stem == "heald" else page.stem)
                for page in sorted(PAGES.glob("*.md"))]

    def test_each_verb_has_a_page_and_no_other(self):
        pages = {page.stem for page in PAGES.glob("*.md")}
        self.assertEqual(pages, set(verbs()) | {"heald"})

    def test_the_overview_and_the_command_line_page_list_the_verbs(self):
        overview = (PAGES / "heald.md").read_text(encoding="utf-8")
        guide = (SOURCE / "docs/cli.md").read_text(encoding="utf-8")
        for verb in verbs():
            self.assertIn(f"]({verb}.md)", overview)
            self.assertIn(f"](verbs/{verb}.md)", guide)

    def test_each_page_has_the_fixed_sections_and_says_its_name(self):
        for page, verb in self.each():
            with self.subTest(page.name):
                found = sections(page)
                self.assertEqual(list(found), SECTIONS if verb else OVERVIEW)
                name = f"heald-{verb}" if verb else "heald"
                self.assertRegex(found["Name"].strip(), rf"^{name} - [^\n]+$")
                first = page.read_text(encoding="utf-8").split("\n")[0]
                self.assertEqual(first, f"# heald {verb}".strip())
                self.assertIn(f"**heald {verb}".strip(), found["Synopsis"])

    def test_each_option_is_on_the_page_of_its_verb_and_no_other(self):
        for page, verb in self.each():
            with self.subTest(page.name):
                options, positionals = helped(verb)
                if verb:
                    options = {name: value for name, value in options.items() if name not in COMMON}
                self.assertEqual(described(page), (options, positionals))
                synopsis = sections(page)["Synopsis"]
                for positional in positionals:
                    self.assertIn(positional, synopsis)

    def test_each_page_says_its_exit_statuses(self):
        for page, _ in self.each():
            with self.subTest(page.name):
                self.assertRegex(sections(page)["Exit status"], r"\n\| 0 \| ")

    def test_the_pages_link_to_what_is_there(self):
        for page, _ in self.each():
            with self.subTest(page.name):
                for target in re.findall(r"\]\(([^)\s#]+)", page.read_text(encoding="utf-8")):
                    if "://" not in target:
                        self.assertTrue((page.parent / target).exists(), target)


@unittest.skipUnless(shutil.which("go-md2man") and shutil.which("man") and shutil.which("lexgrog"),
                     "go-md2man or man-db is not installed")
class ManPages(unittest.TestCase):
    def test_each_page_becomes_a_man_page_without_warnings_that_whatis_knows(self):
        with tempfile.TemporaryDirectory() as folder:
            for page in sorted(PAGES.glob("*.md")):
                with self.subTest(page.name):
                    self.render(page, Path(folder))

    def render(self, page, folder):
        name = "heald" if page.stem == "heald" else f"heald-{page.stem}"
        out = folder / f"{name}.1"
        subprocess.run([sys.executable, SOURCE / "scripts/man-page", page, out, VERSION],
                       check=True)
        formatted = subprocess.run(
            ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", out], capture_output=True,
            text=True, env=dict(os.environ, MANWIDTH="80", LC_ALL="C.UTF-8"),
            check=True)
        self.assertEqual(formatted.stderr, "")
        plain = re.sub(".\b", "", formatted.stdout)
        for left in ("](", "```", "**", "\\f"):
            self.assertNotIn(left, plain)
        self.assertIn(f"{name.upper()}(1)", plain)
        known = subprocess.run(["lexgrog", out], capture_output=True, text=True, check=False)
        self.assertEqual(known.returncode, 0, known.stdout + known.stderr)
        self.assertIn(f'"{name} - ', known.stdout)


class Examples(unittest.TestCase):
    """On one daemon for all pages, with an incident in its past."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="heald-manual."))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.stage = cls.folder / "stage"
        shutil.copytree(Path(__file__).parent / "stage", cls.stage)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        cls.environment = dict(
            os.environ, WEB_PORT=str(port), HEALD_SOCKET=str(cls.folder / "heald.sock"),
            HEALD_STATE_DIR=str(cls.folder / "state"), HEALD_CONFIG=str(cls.stage / "rules.yaml"),
            PATH=f"{Path(HEALD).parent}:{os.environ['PATH']}", LC_ALL="C.UTF-8")
        cls.environment.pop("NO_COLOR", None)
        cls.log = open(cls.folder / "heald.log", "wb")
        cls.addClassCleanup(cls.log.close)
        cls.start()
        cls.addClassCleanup(lambda: cls.end())
        pid = re.search(r"web +running +healthy +\S+ +\S+ +(\d+)", cls.ask("status")).group(1)
        os.kill(int(pid), signal.SIGKILL)
        cls.await_line("incidents", r"\n1 .*healed")
        cls.end()  # what was recorded is on disk now
        cls.start()

    @classmethod
    def start(cls):
        cls.daemon = subprocess.Popen(
            [HEALD, "run", "--state-dir", cls.folder / "state", "--telemetry", "off"],
            env=cls.environment, cwd=cls.stage, stderr=cls.log)
        cls.await_line("status", r"2 services, 2 healthy;")

    @classmethod
    def end(cls):
        cls.daemon.send_signal(signal.SIGTERM)
        cls.daemon.wait(PATIENCE)

    @classmethod
    def ask(cls, *arguments):
        return subprocess.run([HEALD, *arguments], env=cls.environment, capture_output=True,
                              text=True, timeout=PATIENCE, check=False).stdout

    @classmethod
    def await_line(cls, verb, pattern):
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, cls.ask(verb)):
            if time.monotonic() > deadline or cls.daemon.poll() is not None:
                raise AssertionError(f"{verb} never showed {pattern}: {cls.ask(verb)}\n"
                                     + (cls.folder / "heald.log").read_text())
            select.select([], [], [], 0.05)

    def test_the_examples_run_as_written(self):
        tried = 0
        for page in sorted(PAGES.glob("*.md")):
            for number, (commands, status, shown) in enumerate(examples(page), 1):
                with self.subTest(f"{page.name}, example {number}"):
                    self.try_one(commands, status, shown)
                tried += 1
            self.restore()
        self.assertGreater(tried, 20)

    def restore(self):
        """What the examples of a page did is no business of the next one's."""
        if (self.stage / "rules.yaml").read_bytes() != RULES.read_bytes():
            shutil.copy(RULES, self.stage)
            self.ask("reload")
        if "frozen" in self.ask("status") or "paused" in self.ask("status"):
            self.ask("thaw")
            self.ask("resume", "web")
        if "stopped" in self.ask("status"):
            self.ask("start", "cache", "--with-dependents")
        self.await_line("status", r"\A2 services, 2 healthy;")

    def try_one(self, commands, status, shown):
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            place = Path(folder) / "here"
            shutil.copytree(self.stage, place)
            ran = subprocess.Popen(["bash", "-eu", "-o", "pipefail", "-c", commands], cwd=place,
                                   env=self.environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, start_new_session=True)
            try:
                said = ran.communicate(timeout=PATIENCE)[0]
            except subprocess.TimeoutExpired:
                os.killpg(ran.pid, signal.SIGKILL)
                said = ran.communicate()[0] + f"not over within {PATIENCE} s"
        self.assertEqual(ran.returncode, status, commands + said)
        if shown is not None:
            self.assertRegex(said, rf"\A{as_shown(shown)}\Z", commands)


if __name__ == "__main__":
    HEALD, SOURCE, VERSION = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]), sys.argv[3]
    PAGES = SOURCE / "docs/verbs"
    del sys.argv[1:4]
    unittest.main()

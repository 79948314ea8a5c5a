#!/usr/bin/env python3
"""What docs/ says, held to what is there.

  documents_test.py HEALD SOURCE BUILD CTEST [unittest options]

The rule files in it are good, links lead somewhere, the reference leaves nothing empty, and every
test that docs/comparison.md names exists.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

HEALD, SOURCE, BUILD, CTEST = "", Path(), Path(), ""


def documents():
    return [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md",
            *sorted((SOURCE / "docs").rglob("*.md"))]


def prose(text):
    """Without blocks of code."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text):
    """What a heading can be linked to by, as GitHub makes it."""
    for heading in re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        yield words.replace(" ", "-")


def blocks(text, language):
    return re.findall(rf"^```{language}\b[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def whole(block):
    """A rule file around a part of one, such as the probes of a service."""
    keys = set(re.findall(r"^(\w+):", block, re.MULTILINE))
    if "services" in keys:
        return block
    some_process = "process: {command: [example]}"
    if keys & {"heald", "receivers", "groups", "include"}:
        return f"{block}\nservices: {{example: {{{some_process}}}}}\n"
    runtime = "" if keys & {"process", "external", "use"} else some_process + "\n"
    return "services:\n  example:\n" + textwrap.indent(runtime + block, "    ")


class Documents(unittest.TestCase):
    def test_the_rules_in_them_pass_heald_check(self):
        tried = 0
        for document in documents():
            for block in blocks(document.read_text(encoding="utf-8"), "yaml"):
                with self.subTest(f"{document.name}:\n{block}"):
                    self.check(block)
                tried += 1
        self.assertGreater(tried, 6)

    def check(self, block):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "example.yaml"
            command = [HEALD, "check", str(file)]
            if re.search(r"^faults:", block, re.MULTILINE):
                command = [HEALD, "simulate", str(SOURCE / "rules/storefront.yaml"), "--faults",
                           str(file)]
                file.write_text(block, encoding="utf-8")
            else:
                file.write_text(whole(block), encoding="utf-8")
            # What the block expects of its environment; `${A:-b}` expects nothing.
            expected = {name: "1" for name in re.findall(r"\$\{([A-Z_]+)\}", block)}
            ran = subprocess.run(command, env=dict(os.environ, **expected), capture_output=True,
                                 text=True, timeout=60, check=False)
        self.assertIn(ran.returncode, (0, 3) if "simulate" in command else (0,),
                      ran.stdout + ran.stderr)

    def test_links_lead_to_what_is_there(self):
        for document in documents():
            for target in re.findall(r"\]\(([^)\s]+)\)",
                                     prose(document.read_text(encoding="utf-8"))):
                if "://" in target or (document.parent.name == "verbs" and "/" not in target):
                    continue  # the test `manual` looks at the pages of the verbs
                file, _, anchor = target.partition("#")
                with self.subTest(f"{document.name}: {target}"):
                    there = document.parent / file if file else document
                    self.assertTrue(there.exists())
                    if anchor:
                        self.assertIn(anchor, list(anchors(there.read_text(encoding="utf-8"))))

    def test_the_reference_says_type_default_and_meaning_of_each_key(self):
        text = (SOURCE / "docs/rules.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| `[^|]*$|^\| `.*\|$", text.partition("\n## Reference\n")[2],
                          re.MULTILINE)
        self.assertGreater(len(rows), 150)
        for row in rows:
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
            self.assertEqual(len(cells), 4, row)
            for cell in cells:
                self.assertNotIn(cell, ("", "TODO"), row)
            self.assertRegex(cells[3], r"[.)]$|[.]{3}$", row)


class Comparison(unittest.TestCase):
    """docs/comparison.md names tests as `entry: case`, an entry of ctest and a case of it."""

    @classmethod
    def setUpClass(cls):
        cls.text = (SOURCE / "docs/comparison.md").read_text(encoding="utf-8")
        shown = subprocess.run([CTEST, "--test-dir", BUILD, "--show-only=json-v1"],
                               capture_output=True, text=True, check=True).stdout
        # Of what is not built yet ctest knows the name alone.
        cls.commands = {test["name"]: test.get("command", [f"test_{test['name']}"])
                        for test in json.loads(shown)["tests"]}

    def items(self):
        """The list items on what happens: who, and what is said."""
        part = self.text.partition("\n## What happens when")[2].partition("\n## What they can")[0]
        return re.findall(r"^- (.*?)(?=^- |^###|\Z)", part, re.MULTILINE | re.DOTALL)

    def named(self, text):
        return [(entry, re.sub(r"\s+", " ", case))
                for entry, case in re.findall(r"`([a-z_]+): ([^`]+)`", text)]

    def test_each_line_about_heald_names_a_test(self):
        lines = [item for item in self.items() if item.startswith("**heald**")]
        self.assertGreater(len(lines), 10)
        for line in lines:
            self.assertTrue([each for each in self.named(line) if each[0] != "peers"], line)

    def test_each_test_that_is_named_exists(self):
        named = self.named(self.text.partition("\n## In short")[2])
        self.assertGreater(len(named), 40)
        for entry, case in named:
            with self.subTest(f"{entry}: {case}"):
                self.assertIn(case, self.cases(entry))

    def cases(self, entry):
        if entry == "peers":
            return self.methods(SOURCE / "tests/peers/peers.py", with_class=True)
        self.assertIn(entry, self.commands, "ctest has no such entry")
        command = self.commands[entry]
        scripts = [each for each in command if each.endswith("_test.py")]
        if scripts:
            return self.methods(Path(scripts[0]))
        folder = SOURCE / "tests" / entry
        if entry == "scenarios":
            return {path.name for path in folder.iterdir() if (path / "expected.txt").exists()}
        self.assertEqual(os.path.basename(command[0]), f"test_{entry}")
        text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.cpp")))
        names = re.findall(r'^TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', text, re.MULTILINE)
        return {re.sub(r'"\s*"', "", name.strip())[1:-1].replace('\\"', '"') for name in names}

    def methods(self, file, with_class=False):
        found, name = set(), ""
        for line in file.read_text(encoding="utf-8").split("\n"):
            kind = re.match(r"class (\w+)", line)
            method = re.match(r"    def (test_\w+)", line)
            name = kind.group(1) if kind else name
            if method:
                found.add(f"{name}.{method.group(1)}" if with_class else method.group(1))
        return found


if __name__ == "__main__":
    HEALD, SOURCE = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    BUILD, CTEST = Path(sys.argv[3]), sys.argv[4]
    del sys.argv[1:5]
    unittest.main()

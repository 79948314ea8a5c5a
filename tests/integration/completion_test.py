#!/usr/bin/env python3
"""Completion in real shells, as somebody types it.

  completion_test.py HEALD [unittest options]
"""

import os
import pty
import select
import subprocess
import sys
import time
import unittest
from pathlib import Path

import daemon_test
from daemon_test import PATIENCE, DaemonTest

NOWHERE = "/nowhere/heald.sock"
RULES = "services:\n" + "".join(
    f"  {name}: {{process: {{command: [sleep, infinity]}}}}\n"
    for name in ("zebra", "web-1", "web-2"))


class Terminal:
    """An interactive shell in a terminal of its own."""

    def __init__(self, command, environment, folder):
        self.child, self.screen = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        self.text = ""

    def type(self, keys):
        os.write(self.screen, keys.encode())

    def until(self, wanted):
        """What the shell has printed up to and with this."""
        deadline = time.monotonic() + PATIENCE
        while wanted not in self.text:
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self.screen], [], [], left)[0]:
                raise AssertionError(f"no {wanted!r} in {self.text!r}")
            self.text += os.read(self.screen, 65536).decode(errors="replace")
        before, self.text = self.text.split(wanted, 1)
        return before

    def close(self):
        os.close(self.screen)
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)


class Shell:
    """Completes lines in one of the shells."""

    def __init__(self, folder, socket):
        self.folder = folder
        self.environment = dict(os.environ, HEALD_SOCKET=socket, TERM="dumb", HOME=str(folder),
                                PATH=f"{Path(daemon_test.HEALD).parent}:{os.environ['PATH']}")

    def completed(self, line):
        raise NotImplementedError


class Typed(Shell):
    """One that is typed at: the completed line is printed instead of run."""
    command = prepare = ()

    def completed(self, line):
        terminal = Terminal(self.command, self.environment, self.folder)
        try:
            for step in self.prepare:
                terminal.type(step + "\n")
            terminal.type("echo rea''dy\n")
            terminal.until("ready")
            terminal.type(line + "\t\x01echo '<'\x05 '>'\n")
            terminal.until("\n<")
            return terminal.until(" >").rstrip()
        finally:
            terminal.close()


class Bash(Typed):
    command = ("bash", "--norc", "--noprofile", "-i")
    prepare = ("PS1='$ '", "bind 'set enable-bracketed-paste off'",
               "source <(heald completion bash)")


class Zsh(Typed):
    command = ("zsh", "-f", "-i")
    prepare = ("PS1='$ '; unsetopt zle_bracketed_paste PROMPT_SP; bindkey -e",
               "autoload -U compinit && compinit -u -D", "source <(heald completion zsh)")


class Fish(Shell):
    """Has a command that tells what completion would offer."""

    def completed(self, line):
        script = f"heald completion fish | source; complete -C '{line}'"
        done = subprocess.run(["fish", "--no-config", "-c", script], env=self.environment,
                              cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE,
                              check=True)
        assert not done.stderr, done.stderr
        found = [offer.split("\t")[0] for offer in done.stdout.splitlines()]
        stem = os.path.commonprefix(found)
        return line.rsplit(" ", 1)[0] + " " + (stem or line.rsplit(" ", 1)[1])


class Completion(DaemonTest):
    def in_all(self, socket, lines):
        """Each line and what it is completed to."""
        for shell in (Bash, Zsh, Fish):
            for line, whole in lines.items():
                with self.subTest(shell=shell.__name__, line=line):
                    self.assertEqual(shell(self.folder, socket).completed(line), whole)

    def test_verbs_options_and_values_are_completed(self):
        self.in_all(NOWHERE, {"heald stat": "heald status",
                              "heald status --out": "heald status --output",
                              "heald status -o j": "heald status -o json"})

    def test_names_of_services_are_asked_from_the_daemon(self):
        self.rules(RULES)
        self.start()
        self.in_all(self.socket, {
            "heald restart zeb": "heald restart zebra",
            "heald restart --wait zeb": "heald restart --wait zebra",
            "heald pause we": "heald pause web-",
            "heald events --service zeb": "heald events --service zebra"})
        line = f"heald stop --socket {self.socket} zeb"
        self.in_all(NOWHERE, {line: line + "ra"})

    def test_without_a_daemon_nothing_is_offered_and_nothing_said(self):
        self.in_all(NOWHERE, {"heald restart zeb": "heald restart zeb"})
        asked = self.heald("completion", "candidates", "--", "restart", "zeb")
        self.assertEqual((asked.returncode, asked.stdout, asked.stderr), (0, "", ""))

    def test_files_are_left_to_the_shell(self):
        (self.folder / "xyzzy.yaml").write_text("services: {}\n", encoding="utf-8")
        self.in_all(NOWHERE, {"heald check xyz": "heald check xyzzy.yaml"})

    def heald(self, *arguments):
        return subprocess.run([daemon_test.HEALD, *arguments], capture_output=True, text=True,
                              timeout=PATIENCE, check=False,
                              env=dict(os.environ, HEALD_SOCKET=NOWHERE))


if __name__ == "__main__":
    daemon_test.HEALD = sys.argv.pop(1)
    unittest.main()

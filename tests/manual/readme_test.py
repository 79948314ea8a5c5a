#!/usr/bin/env python3
"""The first five minutes that README.md promises, on a real nginx.

  readme_test.py HEALD SOURCE
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from manual_test import as_shown

PATIENCE = 150  # seconds until a defect is taken for granted
END = "--- the end of a block ---"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


class Readme(unittest.TestCase):
    def test_the_five_minutes_go_as_they_are_told(self):
        text = (SOURCE / "README.md").read_text(encoding="utf-8").replace("8080", free_port())
        steps = re.findall(r"^```sh try\n(.*?)^```\n\n```output\n(.*?)^```$", text,
                           re.MULTILINE | re.DOTALL)
        self.assertEqual(len(steps), 5)
        script = "set -e\n" + "".join(f"{step}echo '{END}'\n" for step, _ in steps)
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)  # nginx' workers are another user when this runs as root
            said = self.said(script, Path(folder))
        printed = said.split(END + "\n")
        for (step, output), came in zip(steps, printed):
            with self.subTest(step):
                self.assertRegex(came, f"^{as_shown(output)}$")
        self.assertEqual(len(printed), len(steps) + 1, said)

    @staticmethod
    def said(script, folder):
        """What it prints; whatever it leaves running is ended."""
        with open(folder / "said", "w+", encoding="utf-8") as said:
            shell = subprocess.Popen(
                ["bash", "-c", script], cwd=folder, stdin=subprocess.DEVNULL, stdout=said,
                stderr=subprocess.STDOUT, start_new_session=True,
                env=dict(os.environ, PATH=f"{HEALD.parent}:{os.environ['PATH']}:/usr/sbin"))
            try:
                shell.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                pass
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)
            shell.wait()
            said.seek(0)
            return said.read()


if __name__ == "__main__":
    HEALD, SOURCE = Path(sys.argv.pop(1)).resolve(), Path(sys.argv.pop(1))
    unittest.main(verbosity=2)

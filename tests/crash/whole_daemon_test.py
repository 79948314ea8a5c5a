#!/usr/bin/env python3
"""The whole daemon on a full disk, with a wall clock that is set, and killed between two steps.

  whole_daemon_test.py HEALD SHIM SERVICE [unittest options]
"""

import errno
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path

import world as worlds
from faults import FOR_EVER, ON_DISK, Call, Fault
from world import Broken, Died, World

RULES = """
heald: {shutdown_timeout: 20s}
services:
  web:
    process: {command: SERVE(web), stop: {timeout: 5s}}
    probes: {answers: {tcp: PROBE(web), interval: 50ms, timeout: 2s, start_period: 10s}}
    remediation: [{restart: {}, attempts: 9, verify: {within: 10s, stable_for: STABLE}}]
    backoff: {initial: 5ms, max: 10ms}
    limits: {actions: 2, per: 1h}
"""
DAY = 24 * 3600 * 10**9


def rules(stable="60ms"):
    return RULES.replace("STABLE", stable)


def metric(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=worlds.PATIENCE) as text:
        for line in text.read().decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
    raise Broken(f"no metric {name}")


def starts(world):
    return len(world.starts())


class KilledBetween(unittest.TestCase):
    """SIGKILL between an intent and its outcome, and between an outcome and its verdict."""

    def die_at(self, world, call):
        """Dies at the first such call of the restart that follows the death of web."""
        world.live()
        world.until_healthy("web")
        world.faults.watch([call])
        world.faults.inject(Fault.KILL, 1)
        world.strike("web")
        with self.assertRaises(Died):
            world.until_recorded(kind="incident_closed")
        world.faults.heal()

    def come_back(self, world, count):
        world.live()
        world.until_recorded(kind="incident_closed", closing="healed")
        self.assertEqual(starts(world), count)
        verdicts = [record["verdict"] for record in world.recorded(kind="verdict", cause="ladder")]
        world.end()
        world.check_starts()
        world.check_journal()
        self.assertFalse(world.left_over())
        return verdicts

    def test_after_the_intent_the_start_that_was_not_made_is_judged_and_made_by_another(self):
        with World(rules(), ("web",)) as world:
            self.die_at(world, Call.SPAWN)
            self.assertEqual(self.come_back(world, 2), ["not_healed", "healed"])

    def test_before_the_outcome_the_process_that_runs_is_taken_over(self):
        with World(rules(), ("web",)) as world:
            self.die_at(world, Call.SPAWNED)
            self.assertEqual(self.come_back(world, 2), ["healed"])

    def test_before_the_verdict_the_verification_begins_anew(self):
        with World(rules("300ms"), ("web",)) as world:
            world.live()
            world.until_healthy("web")
            world.strike("web")
            world.until_recorded(kind="action_finished", cause="ladder")
            world.kill()
            self.assertFalse(world.recorded(kind="verdict", cause="ladder"))
            self.assertEqual(self.come_back(world, 2), ["healed"])

    def test_a_child_without_a_record_keeps_the_next_heald_waiting(self):
        with World(rules(), ("web",)) as world:
            world.faults.watch([Call.NOTE])
            world.faults.inject(Fault.STRAND, 1)
            with self.assertRaises(Died):
                world.live()
                world.until_healthy("web")
            world.heald.wait()
            world.faults.put("first", FOR_EVER)
            world.faults.put("points", 0)
            world.faults.watch([Call.LOCK])
            world.launch()
            world.patient_until("heald waiting for the lock",
                                lambda: world.faults.get("points") >= 3)
            self.assertEqual(starts(world), 0)
            world.faults.put("fault", int(Fault.NONE))
            world.until_ready()
            world.until_healthy("web")
            self.assertEqual(starts(world), 1)
            world.until_recorded(kind="adopted")  # the journal has it a moment after the page
            world.end()
            world.check_starts()


class FailingDisk(unittest.TestCase):
    def outage(self, fault, error, calls):
        with World(rules(), ("web",)) as world:
            port = world.free_port()
            world.live("--telemetry", f"127.0.0.1:{port}")
            world.until_healthy("web")
            world.faults.watch(calls)
            world.faults.inject(fault, 1, FOR_EVER - 1, error)
            world.strike("web")
            world.patient_until("a hold", lambda: (world.page("web")["hold"] or {})
                                .get("guard") == "journal")
            self.assertEqual(starts(world), 1)
            self.assertTrue(world.get("status")["daemon"]["journal_problem"])
            self.assertEqual(metric(port, "heald_journal_works"), 0)
            world.faults.heal()
            world.until_recorded(kind="incident_closed", closing="healed")
            self.assertEqual(world.get("status")["daemon"]["journal_problem"], "")
            self.assertEqual(metric(port, "heald_journal_works"), 1)
            self.assertTrue(world.recorded(kind="journal_failed"))
            self.assertTrue(world.recorded(kind="journal_works"))
            self.assertEqual(starts(world), 2)
            world.end()
            world.check_starts()
            world.check_journal()

    def test_no_start_while_writes_fail(self):
        self.outage(Fault.FAIL, errno.EIO, ON_DISK)

    def test_no_start_while_nothing_can_be_synced(self):
        self.outage(Fault.FAIL, errno.EIO, (Call.SYNC,))

    def test_no_start_while_there_is_no_space(self):
        self.outage(Fault.FAIL, errno.ENOSPC, (Call.WRITE, Call.ALLOCATE))


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.state = tempfile.mkdtemp(prefix="heald-small-")
        self.addCleanup(os.rmdir, self.state)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m,mode=0700", "none",
                                  self.state], capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("mounting is not permitted here")
        self.addCleanup(subprocess.run, ["umount", self.state], check=True)

    def fill(self):
        filler = os.open(self.state + "/filler", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            while os.write(filler, bytes(4096)):
                pass
        except OSError as error:
            self.assertEqual(error.errno, errno.ENOSPC)
        finally:
            os.close(filler)

    def test_a_full_disk_costs_the_reserve_and_then_holds_actions_until_there_is_room(self):
        with World(rules(), ("web",), state=self.state) as world:
            port = world.free_port()
            world.live("--telemetry", f"127.0.0.1:{port}")
            world.until_healthy("web")
            self.assertEqual(metric(port, "heald_journal_reserve"), 1)
            self.fill()
            world.strike("web")
            world.until_recorded(kind="incident_closed", closing="healed")
            self.assertFalse(Path(self.state, "reserve").exists())
            self.assertEqual(metric(port, "heald_journal_reserve"), 0)
            told = [record["text"] for record in world.recorded(kind="journal_failed")]
            self.assertTrue(any("the reserve" in text for text in told), told)
            self.assertEqual(starts(world), 2)
            self.fill()
            self.hold_without_room(world, port)

    def hold_without_room(self, world, port):
        world.strike("web")
        world.patient_until("a hold",
                            lambda: (world.page("web")["hold"] or {}).get("guard") == "journal")
        self.assertEqual(starts(world), 2)
        self.assertIn("full", world.get("status")["daemon"]["journal_problem"])
        self.assertEqual(metric(port, "heald_journal_works"), 0)
        os.unlink(self.state + "/filler")
        world.until_recorded(kind="incident_closed", closing="healed", count=2)
        self.assertEqual(metric(port, "heald_journal_works"), 1)
        self.assertEqual(starts(world), 3)
        world.end()
        world.check_starts()
        world.check_journal()


class WallClock(unittest.TestCase):
    def test_a_clock_set_by_a_day_disturbs_nothing(self):
        for shift in (DAY, -DAY):
            with self.subTest(shift=shift), World(rules("400ms"), ("web",)) as world:
                self.live_through(world, shift)

    def live_through(self, world, shift):
        world.live()
        world.until_healthy("web")
        world.strike("web")
        world.until_recorded(kind="action_finished", cause="ladder")
        before = len(world.records)
        world.faults.put("wall_shift_ns", shift)  # in the middle of a verification
        world.until_recorded(kind="verdict", cause="ladder")
        self.assertEqual(world.recorded(kind="verdict", cause="ladder")[0]["verdict"], "healed")
        world.until_recorded(kind="incident_closed", closing="healed")
        after = world.records[before:]
        self.assertFalse([record for record in after if record["kind"] == "stalled"])
        self.assertNotEqual(after[-1]["at"][:10], world.records[0]["at"][:10])  # it was set
        # The budget of two actions in an hour: a day has not passed, nor has it begun anew.
        world.strike("web")
        world.until_recorded(kind="incident_closed", closing="healed", count=2)
        world.strike("web")
        world.until_recorded(kind="latched")
        self.assertEqual(starts(world), 3)
        world.faults.put("wall_shift_ns", 0)
        world.end()
        world.check_starts()


if __name__ == "__main__":
    worlds.Programs.heald, worlds.Programs.shim, worlds.Programs.service = sys.argv[1:4]
    del sys.argv[1:4]
    worlds.become_reaper()
    unittest.main()

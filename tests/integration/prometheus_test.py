#!/usr/bin/env python3
"""Prometheus itself scrapes the daemon, and answers PromQL over every series of docs/api.md.

  prometheus_test.py HEALD [unittest options]
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

import daemon_test
from daemon_test import PATIENCE
from surfaces_test import SurfaceTest, free_port

MANUAL = Path(__file__).parents[2] / "docs" / "api.md"
ESTATE = """
receivers:
  lost: {exec: ["false"]}
  taken: {exec: ["true"]}
services:
  worker:
    owner: team-shop
    severity: page
    process: {command: [sleep, infinity]}
    probes: {answers: {exec: ["true"], interval: 200ms}}
    remediation: [{restart: {}, verify: {stable_for: 10ms}}]
    notify: {to: [taken, lost], on: [opened, recovered]}
  watched:
    observe: true
    external: {restart: ["true"]}
    probes: {answers: {exec: ["false"], interval: 200ms, failure_threshold: 1}}
"""
MANY = 1000


def documented():
    """The series that docs/api.md names, by their names: a `, _x` after a name replaces its end."""
    names = []
    table = MANUAL.read_text(encoding="utf-8").split("### Metrics")[1].split("\n## ")[0]
    for row in re.findall(r"^\| (`(?:heald|process)_.*?) \|", table, re.MULTILINE):
        for name in re.findall(r"`(_?[a-z_]+)(?:{[^`]*})?`", row):
            stem = names[-1] if names else ""
            kin = "_".join(stem.split("_")[:2])
            names.append(kin + name if name.startswith("_") else name)
    return names


class Prometheus(SurfaceTest):
    def setUp(self):
        super().setUp()
        self.telemetry = f"127.0.0.1:{free_port()}"
        self.server = f"127.0.0.1:{free_port()}"

    def scrape(self):
        """Starts a Prometheus that scrapes the daemon each second, until the test's end."""
        config = self.folder / "prometheus.yml"
        config.write_text(f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - {{job_name: heald, static_configs: [{{targets: ["{self.telemetry}"]}}]}}
""", encoding="utf-8")
        log = open(self.folder / "prometheus.log", "wb")
        self.addCleanup(log.close)
        prometheus = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--web.listen-address={self.server}",
             f"--storage.tsdb.path={self.folder}/tsdb"], stdout=log, stderr=log)
        self.addCleanup(prometheus.wait, PATIENCE)
        self.addCleanup(prometheus.terminate)

    def ask(self, query):
        """What a PromQL expression yields now: a value for each set of labels."""
        url = f"http://{self.server}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as got:
                found = json.load(got)["data"]["result"]
        except OSError:
            return []
        return [(each["metric"], float(each["value"][1])) for each in found]

    def value(self, query):
        found = self.ask(query)
        return found[0][1] if len(found) == 1 else None

    def text(self):
        with urllib.request.urlopen(f"http://{self.telemetry}/metrics", timeout=PATIENCE) as got:
            return got.read().decode()

    def heal_once(self):
        self.await_record(kind="verdict", service="worker")
        os.kill(self.service("worker")["pid"], signal.SIGKILL)
        self.await_record(kind="verdict", service="worker", cause="ladder", verdict="healed")
        self.await_that(lambda: self.get("status")["daemon"]["troubled_receivers"], "no trouble")

    def await_scrape(self, query, wanted):
        self.await_that(lambda: self.value(query) == wanted,
                        f"{query} is {self.ask(query)}, not {wanted}")

    def test_it_answers_over_every_series_and_what_people_ask(self):
        self.rules(ESTATE)
        self.start()
        self.heal_once()
        self.scrape()
        self.await_scrape('heald_remediations_total{service="worker",verdict="healed"}', 1)
        self.every_series()
        self.questions()

    def every_series(self):
        for name in documented():
            kind = re.search(rf"^# TYPE {name} (\w+)$", self.text(), re.MULTILINE)
            self.assertIsNotNone(kind, f"{name} has no type")
            series = name + "_count" if kind.group(1) == "histogram" else name
            self.assertTrue(self.ask(series), f"Prometheus knows nothing of {series}")

    def questions(self):
        page = ('heald_service_health{state="unhealthy"} * on (service, instance, job) '
                'group_left (owner, severity) heald_service_info')
        for query, wanted in (
                ('up{job="heald"}', 1),
                ('count(heald_service_health)', 2),
                ('heald_service_health{service="worker",state="healthy"}', 1),
                (page, 1),
                ('heald_probe_success{service="worker",probe="answers"}', 1),
                ('heald_probe_success{service="watched",probe="answers"}', 0),
                ('heald_suppressed_total{service="watched",guard="observe"}', 1),
                ('heald_incidents_open', 1),
                ('heald_recovery_seconds_count', 1),
                ('heald_messages_total{receiver="taken",outcome="delivered"}', 2),
                ('heald_receiver_waiting_messages{receiver="lost"}', 2),
                ('histogram_quantile(0.9, heald_detection_seconds_bucket) > bool 0', 1),
                ('process_resident_memory_bytes < bool 2e9', 1)):  # with sanitizers, too
            with self.subTest(query):
                self.await_scrape(query, wanted)

    def test_every_series_is_documented_and_promtool_finds_nothing(self):
        self.rules(ESTATE)
        self.start()
        self.heal_once()
        text = self.text()
        kinds = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
        self.assertEqual(kinds, set(documented()))
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                 capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""), checked.stdout)

    def test_the_series_of_a_thousand_services_are_as_many_as_the_manual_says(self):
        probe = f'probes: {{answers: {{tcp: "{self.telemetry}", interval: 4s}}}}'
        self.rules("services:\n" + "".join(
            f"  s{number}: {{external: {{}}, {probe}}}\n" for number in range(MANY)))
        self.start()
        last = r'^heald_probe_success\{'

        def all_seen():
            return len(re.findall(last, self.text(), re.MULTILINE)) == MANY
        self.await_that(all_seen, "not every probe has a result")
        lines = [line for line in self.text().splitlines() if not line.startswith("#")]
        of_services = [line for line in lines if 'service="' in line]
        manual = MANUAL.read_text(encoding="utf-8")
        stated = re.search(r"a service with one probe has (\d+) series", manual)
        self.assertIsNotNone(stated)
        self.assertEqual(len(of_services), int(stated.group(1)) * MANY)
        fixed = re.search(r"and heald itself has (\d+) at most", manual)
        self.assertIsNotNone(fixed)
        self.assertLessEqual(len(lines) - len(of_services), int(fixed.group(1)))
        self.scrape()
        self.await_scrape("count(heald_service_health)", MANY)


if __name__ == "__main__":
    if not shutil.which("prometheus"):
        raise SystemExit("prometheus is missing: scripts/install-packages test")
    daemon_test.HEALD = sys.argv.pop(1)
    unittest.main()

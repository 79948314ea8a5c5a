#!/usr/bin/env python3
"""`heald schema` before a validator that is not ours: python3-jsonschema.

  schema_test.py HEALD ROOT

Good files must be good to both. Files made wrong in ways that the schema can tell must be refused
by both. Of files made wrong at random, none may be refused by the schema that heald takes.
"""

import copy
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import yaml

HEALD, ROOT = sys.argv[1], Path(sys.argv[2])
RANDOM_FILES = 400


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema: what editors take a YAML file for."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in (
        ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
        ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
        ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
        ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""])):
    Core.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), list(first))


def whole(loader, node):
    return int(loader.construct_scalar(node))


def mapping(loader, node):
    # Keys are text, whatever they look like.
    return {key.value: loader.construct_object(value, deep=True) for key, value in node.value}


Core.add_constructor("tag:yaml.org,2002:int", whole)
Core.add_constructor("tag:yaml.org,2002:map", mapping)

SCHEMA = json.loads(subprocess.run([HEALD, "schema"], check=True, capture_output=True).stdout)
jsonschema.Draft202012Validator.check_schema(SCHEMA)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def heald_takes(path):
    done = subprocess.run([HEALD, "check", "-o", "json", str(path)], capture_output=True)
    assert done.returncode in (0, 2), done
    return json.loads(done.stdout)["valid"], done.stdout.decode()


def schema_takes(document):
    errors = [error.message[:300] for error in VALIDATOR.iter_errors(document)]
    return not errors, errors


GOOD = """
heald: {telemetry: off, recorder: off, start_concurrency: 4, journal: {max_size: 64MiB}}
include: []
receivers:
  hook: {webhook: {url: "https://hooks.example/ops", headers: {X-Team: 7}}, timeout: 5s}
  mail: {exec: [mail, -s, trouble]}
  page: {webhook: "https://pages.example/"}
groups:
  pair: {max_concurrent: 2, min_healthy: 12.5%, storm: {unhealthy: 50%, at_least: 2, let: 0}}
  plain:
services:
  db:
    external: {start: [db, start], stop: {shell: "db stop | cat", user: db}, reload: [db, reload]}
    slow_retry: never
  migrate:
    process: {command: [migrate, 5, true], exit: {success: [0, 3], on_success: done}}
    depends_on: [db]
  many:
    instances: 3
    external:
    reset_after: ${instance}m
    limits: {actions: "${instance}"}
  web:
    description: 3
    labels: {tier: front, number: 7}
    severity: ticket
    group: pair
    process:
      command: [web]
      environment: {PORT: 8080, DEBUG: true}
      env_files: [/etc/web.env, -local.env]
      secret_files: {PASSWORD: /run/secrets/web}
      umask: 0027
      limits: {nofile: 1024, core: unlimited, memlock: {soft: 1MiB, hard: unlimited}, cpu: 5s}
      stop: {signal: TERM, timeout: 0s}
      reload: {signal: SIGRTMIN+3}
      exit: {never_restart: [78], crash_loop: {exits: 3, within: 1m30s}}
      ready: notify
      output: inherit
    depends_on: {db: {gate: false, on_restart: reload}, migrate: {until: done}}
    probes:
      http: {http: "http://127.0.0.1:80/", role: alive}
      body:
        http:
          url: "https://localhost/health"
          method: POST
          data: 5
          status: [200, 300-399]
          body: {contains: ok, matches: "o.", json: {pointer: /a/0, equals: {x: [1, null]}}}
          latency: {below: 300ms}
          tls: {verify: false}
          redirects: 3
      tcp: {tcp: "[::1]:80", interval: 1s, timeout: 500ms, start_period: 0s}
      tls: {tcp: {address: "a:1", tls: }, failure_threshold: 5, success_threshold: 2}
      exec: {exec: {command: [check], success: [0, 1]}}
      list: {exec: [check]}
      word: {notify: {}}
      beats: {watchdog: {within: 20s}}
      told: {watchdog: }
    remediation:
      - reload
      - signal: HUP
        on: [http, process, crash_loop]
        attempts: 2
      - {name: call, http: "http://a/", timeout: 5s}
      - {exec: [mend], verify: {within: 0s, stable_for: 1s, probes: [body]}}
      - {reprovision: {shell: "rebuild | log", timeout: 2m}, destructive: false}
      - notify: {to: [hook], message: help}
    backoff: {initial: 1s, max: 5m, factor: 1.5, jitter: 0%}
    limits: {actions: 0, per: 1h}
    reset_after: 10m
    observe: true
    on_journal_loss: act
    notify: {to: [hook, mail], on: [latched], repeat: 1h}
  shop:
    use: {shelf: {port: 80}}
    process: {command: [shop], user: }
    probes: {answers: {interval: 2s}}
    remediation:
library:
  shelf:
    parameters: {port: {description: where}, user: {default: www-data}}
    service:
      process: {user: "${user}", stop: {signal: HUP}}
      probes: {answers: {tcp: "127.0.0.1:${port}"}}
      remediation: [restart]
"""

# A path into GOOD, and what stands there instead; GONE: the key is taken away.
GONE = object()
WRONG = [
    ("services.shop.use", GONE),
    ("services.shop.process.comand", ["shop"]),
    ("services.shop.probes.answers.interval", 2),
    ("library.shelf.service", GONE),
    ("library.shelf.service.process.stop", "HUP"),
    ("library.shelf.parameters.1x", {}),
    ("services.web.colour", "red"),
    ("services.web.process", GONE),
    ("services.web.external", {}),
    ("services.many.instances", 0),
    ("services.many.instances", "3"),
    ("services.web.severity", "loud"),
    ("services.web.observe", "true"),
    ("services.web.reset_after", "10"),
    ("services.web.reset_after", 10),
    ("services.web.reset_after", "0s"),
    ("services.web.reset_after", "5s1m"),
    ("services.web.slow_retry", "always"),
    ("services.web.backoff.jitter", "101%"),
    ("services.web.backoff.factor", 0.5),
    ("services.web.limits.actions", -1),
    ("services.web.limits.actions", 1.5),
    ("services.web.limits.actions", "5"),
    ("services.web.notify.on", ["closed"]),
    ("services.web.notify.to", "hook"),
    ("services.web.depends_on", "db"),
    ("services.web.depends_on.db.until", "never"),
    ("services.web.labels", ["a"]),
    ("services.web.labels.a b", "x"),
    ("services.web.labels.tier", None),
    ("services.web.labels.tier", ["front"]),
    ("services.web.process.command", "web"),
    ("services.web.process.command", []),
    ("services.web.process.command", None),
    ("services.web.process.command", [""]),
    ("services.web.process.command", ["web", None]),
    ("services.web.process.shell", "web"),
    ("services.web.process.environment.1X", "a"),
    ("services.web.process.env_files", "/etc/web.env"),
    ("services.web.process.env_files.0", ""),
    ("services.web.process.secret_files.1X", "a"),
    ("services.web.process.secret_files.PASSWORD", ""),
    ("services.web.process.umask", "0999"),
    ("services.web.process.limits.nofiles", 5),
    ("services.web.process.limits.nofile", "many"),
    ("services.web.process.limits.memlock", {"soft": "1MiB"}),
    ("services.web.process.stop.signal", "BANG"),
    ("services.web.process.user", "5"),
    ("services.web.process.exit.success", [256]),
    ("services.web.process.exit.crash_loop.within", "0s"),
    ("services.web.probes.exited", {"tcp": "a:1"}),
    ("services.web.probes.http", {}),
    ("services.web.probes.http.tcp", "a:1"),
    ("services.web.probes.http.interval", "5 s"),
    ("services.web.probes.body.http.url", GONE),
    ("services.web.probes.body.http.url", "ftp://a/"),
    ("services.web.probes.body.http.url", "http://u:p@a/"),
    ("services.web.probes.body.http.method", "get"),
    ("services.web.probes.body.http.status", []),
    ("services.web.probes.body.http.status", 600),
    ("services.web.probes.body.http.body", {}),
    ("services.web.probes.body.http.body", None),
    ("services.web.probes.body.http.body.contains", ""),
    ("services.web.probes.body.http.body.json.pointer", "a"),
    ("services.web.probes.body.http.latency", {}),
    ("services.web.probes.body.http.redirects", 21),
    ("services.web.probes.body.http.headers", {"a b": "x"}),
    ("services.web.probes.body.http.headers", {"A": "x\ny"}),
    ("services.web.probes.tcp.tcp", "80"),
    ("services.web.probes.tls.tcp.address", "a:0"),
    ("services.web.probes.list.exec", "check"),
    ("services.web.remediation.0", "exec"),
    ("services.web.remediation.0", "reboot"),
    ("services.web.remediation.1.signal", 1),
    ("services.web.remediation.1.restart", {}),
    ("services.web.remediation.1.attempts", 0),
    ("services.web.remediation.2.name", "a b"),
    ("services.web.remediation", {"restart": {}}),
    ("services.-web", {"external": {}}),
    ("services.db.external.start", {"user": "db"}),
    ("groups.pair.max_concurrent", 0),
    ("groups.pair.storm.let", "1"),
    ("receivers.hook.exec", ["mail"]),
    ("receivers.page.webhook", "pages.example"),
    ("receivers.mail", None),
    ("heald.telemetry", "on"),
    ("heald.recorder", "on"),
    ("heald.journal.max_size", 64),
    ("colour", "red"),
]


def step(at, key):
    return int(key) if isinstance(at, list) else key


def changed(document, path, value):
    made = copy.deepcopy(document)
    *way, last = path.split(".")
    at = made
    for key in way:
        at = at[step(at, key)]
    if value is GONE:
        del at[last]
    else:
        at[step(at, last)] = value
    return made


def places(node):
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in list(entries):
        yield node, key
        if isinstance(value, (dict, list)):
            yield from places(value)


def inside(node):
    yield node
    for child, key in places(node):
        if isinstance(child[key], (dict, list)):
            yield child[key]


def random_change(document, chance):
    made = copy.deepcopy(document)
    values = [None, "", "a", "5", "5s", "0s", "off", "never", "50%", "64MiB", "a:1", "http://a/",
              "TERM", "restart", "unlimited", 0, 1, 7, 200, 1000, -1, 1.5, True, False, [], {},
              ["a"], {"a": "b"}, [200], "process", "0027", "/a"]
    # What its user lays over a library service heald never reads, and the schema does.
    laid_over = made["library"]["shelf"]["service"]
    where, key = chance.choice([place for place in places(made)
                                if all(place[0] is not other for other in inside(laid_over))])
    values += [value for _, value in where.items()] if isinstance(where, dict) else where
    where[key] = copy.deepcopy(chance.choice(values))
    return made, f"{key}: {where[key]!r}"


def main():
    failures = []

    def expect(condition, *what):
        if not condition:
            failures.append(what)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.yaml"
        rules = sorted((ROOT / "rules").rglob("*.yaml"))
        assert rules
        for file in rules + sorted((ROOT / "tests/fuzz/corpus/rules").glob("*")):
            taken, told = heald_takes(file)
            if file in rules:
                expect(taken, file, "not good to heald", told)
            if taken:
                text = file.read_text(encoding="utf-8")
                expect(schema_takes(yaml.load(text, Core))[0], file, "good, but not to the schema",
                       schema_takes(yaml.load(text, Core))[1])

        path.write_text(GOOD)
        good = yaml.load(GOOD, Core)
        expect(heald_takes(path)[0], "not good to heald", heald_takes(path)[1])
        expect(schema_takes(good)[0], "not good to the schema", schema_takes(good)[1])
        good["services"]["web"]["process"]["umask"] = "0027"  # a number has lost its zeros

        for change in WRONG:
            made = changed(good, *change)
            path.write_text(json.dumps(made))
            expect(not schema_takes(made)[0], change, "is good to the schema")
            expect(not heald_takes(path)[0], change, "is good to heald")

        chance = random.Random(7)
        outcomes = {}
        for _ in range(RANDOM_FILES):
            made, what = random_change(good, chance)
            path.write_text(json.dumps(made))
            outcome = schema_takes(made)[0], heald_takes(path)[0]
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            expect(outcome != (False, True), what, "good, but not to the schema")
        for both in ((True, True), (False, False)):
            expect(outcomes.get(both, 0) > 20, "the random files are all of one kind", outcomes)
        print("of the random files (good to the schema, good to heald):", outcomes)
    for failure in failures:
        print("FAILED:", *failure)
    print(f"{len(WRONG)} wrong files, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

# The front door. Everything else is CMake: see CMakePresets.json.

JOBS ?= $(shell nproc)
BUILD := build/release

.PHONY: all build demo test crash simulate mutants peers bench soak asan tsan fuzz lint clean help

all: build

help:
	@echo "make demo   install what is missing, build, heal four real outages, end"
	@echo "make test   install what is missing, build, run all tests"
	@echo "make build  build/release/heald"
	@echo "make crash  heald killed at every point, and every call on its disk failing"
	@echo "make simulate  random estates under random faults, FOR=10m"
	@echo "make mutants   deliberate breakages of the engine: the campaign has to catch each"
	@echo "make peers  what docs/comparison.md says of Monit and supervisord, tried on them"
	@echo "make bench  heald beside its peers: bench/RESULTS.md, or ROWS=\"restart probes\""
	@echo "make soak   two hours of faults on 200 processes"
	@echo "make asan   the tests under AddressSanitizer and UBSan"
	@echo "make tsan   the threaded rooms' tests under ThreadSanitizer"
	@echo "make fuzz   libFuzzer, FOR=60 seconds for each target, or TARGETS=\"rules api\""
	@echo "make lint   clang-tidy over what changed (BASE=commit), layout rules"

build:
	@scripts/install-packages build
	@scripts/build release heald man

demo:
	@scripts/install-packages demo
	@scripts/build release heald
	@scripts/demo

test:
	@scripts/install-packages test
	@scripts/build release
	@scripts/run-tests release

crash:
	@scripts/install-packages test
	@scripts/build release crash

# A failure prints the line that reruns it, and the smallest script that shows it. docs/campaign.md.
simulate: FOR = 10m
simulate:
	@scripts/install-packages test
	@scripts/build release campaign
	@build/release/campaign --for $(FOR)
	@build/release/campaign --for 30s $(patsubst %,--rules %,$(shell grep -l '^services:' rules/*.yaml))

# docs/mutants.md
mutants:
	@scripts/install-packages test
	@tests/mutants/mutants.py

# docs/comparison.md. Two minutes; nothing is installed.
peers:
	@scripts/peers

# docs/benchmarks.md
bench:
	@scripts/install-packages bench
	@scripts/build release bench
	@bench/bench.py $(ROWS)

soak:
	@scripts/install-packages bench
	@scripts/build release bench
	@SOAK_SECONDS=7200 bench/bench.py soak

# What the tests execute is built, but not heald's own tools for people.
asan:
	@scripts/install-packages test
	@scripts/build asan
	@scripts/run-tests asan

tsan:
	@scripts/install-packages test
	@scripts/build tsan test_runtime test_api test_journal
	@scripts/run-tests tsan --tests-regex '^(runtime|api|journal)$$'

# Inputs that break heald are kept in build/fuzz/finds. docs/fuzzing.md.
FOR ?= 60
fuzz:
	@scripts/install-packages fuzz
	@scripts/fuzz $(FOR) $(TARGETS)

lint:
	@scripts/install-packages test
	@scripts/lint $(BASE)

clean:
	rm -rf build

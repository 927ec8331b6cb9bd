# Two commands: `make run` and `make test`. The work is done in scripts/; this file only gives it names.

.DEFAULT_GOAL := help
.PHONY: help run setup build test test-faults soak explore mutants bench bench-switch fuzz check engine-update clean

help:
	@echo 'Signalbox: one server in front of many models, one model at a time, and clients that know where they stand.'
	@echo
	@echo '  make run             fetch what is missing, build, and serve two real models on 127.0.0.1:8080'
	@echo '  make run MODELS=F    the same with your own configuration file F'
	@echo '  make test            fetch what is missing and run every test'
	@echo
	@echo '  make setup           only fetch the engine and the demo models (into ~/.cache/signalbox)'
	@echo '  make build           only build the program, build/release/signalbox'
	@echo '  make bench           measure, and write docs/benchmarks.md (some minutes, on a quiet machine)'
	@echo '  make bench-switch    switches and a conversation beside an engine stopped and started by hand, into the same page (half an hour)'
	@echo '  make test-faults     engines, disks, memory and clients that fail: a thousand seeded mixtures of them'
	@echo '  make soak            random worlds around the scheduler on new seeds, for 10 minutes; make soak SECONDS=3600'
	@echo '  make explore         every interleaving of events in small worlds, larger ones than make test looks at (some 4 GiB)'
	@echo '  make mutants         break the scheduler on purpose, one small change at a time: do the tests notice?'
	@echo '  make fuzz            fuzz what reads strange bytes; SECONDS_EACH=3600 make fuzz for an hour each'
	@echo '  make check           format, clang-tidy, include rules: before a commit'
	@echo '  make engine-update   fetch the newest engine, beside the one in use'
	@echo '  make clean           remove build/ (what was fetched stays in the cache folder)'
	@echo
	@echo '  SIGNALBOX_ENGINE=/path/to/llama-server   use this engine      SIGNALBOX_MODEL_DIR=/folder   files of the demo models'
	@echo '  XDG_CACHE_HOME=/folder                   keep the cache there'
	@echo
	@echo 'It is made for Debian 12. Packages are installed with apt-get, as root or with sudo; without either you are told'
	@echo 'which ones are missing.'

run:
	@MODELS='$(MODELS)' scripts/run.sh

setup:
	@scripts/setup.sh

build:
	@scripts/build.sh release

test:
	@scripts/test.sh

bench:
	@scripts/bench.sh

bench-switch:
	@scripts/bench-switch.sh

test-faults:
	@scripts/test.sh faults

soak:
	@SOAK_SECONDS='$(SECONDS)' scripts/soak.sh

explore:
	@scripts/build.sh release signalbox_explore
	@build/release/bin/signalbox_explore 2 2 1 1 1
	@build/release/bin/signalbox_explore 2 2 2 1 1
	@build/release/bin/signalbox_explore 2 2 1 1 1 200 1 1 0
	@build/release/bin/signalbox_explore 2 3 1 0 0 200 0 1 1
	@build/release/bin/signalbox_explore 2 3 1 1 1 15 || test $$? -eq 3
	@build/release/bin/signalbox_explore 2 3 2 1 1 14 || test $$? -eq 3
	@build/release/bin/signalbox_explore 3 3 1 1 1 11 || test $$? -eq 3

mutants:
	@scripts/mutants.py

fuzz:
	@scripts/fuzz.sh

check:
	@scripts/check.sh

engine-update:
	@scripts/engine-update

clean:
	rm -rf build

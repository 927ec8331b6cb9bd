#!/usr/bin/env bash
# make test: all set-up, then every test. Unit and integration tests under ThreadSanitizer, the official clients against
# the real engine and both models, and last everything under ctest with AddressSanitizer and UBSan, so that the output
# ends with ctest's own lines. It stops at the first stage that fails. test.sh [tsan] [clients] [dev] [faults] does some
# of them, in the order given; `faults` is none of make test, which runs the quick part of it: a thousand seeded fault runs
# and nine thousand connections (make test-faults, some ten minutes).

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$REPO"
stage() { say "" && say "== $*"; }

test_tsan() {
  stage "build for the tests: tsan (ThreadSanitizer)"
  scripts/build.sh tsan
  stage "unit and integration tests under ThreadSanitizer"
  # The faults have a stage of their own: real engines would only wait for a slow server here. The simulations have one
  # thread.
  ctest --preset tsan --output-on-failure -LE 'faults|sim'
}

test_clients() {
  stage "build for the tests: dev (AddressSanitizer, UBSan)"
  scripts/build.sh dev
  stage "end to end: the official clients, the real engine, both models"
  SIGNALBOX_PROGRAM=$REPO/build/dev/signalbox scripts/clients.sh all
}

test_dev() {
  stage "build for the tests: dev (AddressSanitizer, UBSan)"
  scripts/build.sh dev
  stage "all tests under AddressSanitizer and UBSan"
  ctest --preset dev --output-on-failure
}

test_faults() {
  stage "build for the tests: dev (AddressSanitizer, UBSan)"
  scripts/build.sh dev
  stage "faults, the long part: ${SIGNALBOX_FAULT_RUNS:=1000} seeded runs, ${SIGNALBOX_FAULT_CONNECTIONS:=9000} connections"
  export SIGNALBOX_FAULT_RUNS SIGNALBOX_FAULT_CONNECTIONS
  ctest --preset dev --output-on-failure -L faults
}

export CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$(nproc)}
(($# > 0)) || set -- tsan clients dev
for wanted in "$@"; do
  case $wanted in
    tsan | clients | dev | faults) ;;
    *) die "test.sh knows tsan, clients, dev and faults, not '$wanted'." ;;
  esac
done
stage "set-up"
scripts/setup.sh test
for wanted in "$@"; do "test_$wanted"; done

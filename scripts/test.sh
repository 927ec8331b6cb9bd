#!/usr/bin/env bash
# make test: all set-up, then every test. Unit and integration tests under ThreadSanitizer, the official clients against
# the real engine and both models, and last everything under ctest with AddressSanitizer and UBSan, so that the output
# ends with ctest's own lines. It stops at the first stage that fails. test.sh [tsan] [clients] [dev] does some of them,
# in the order given.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$REPO"
stage() { say "" && say "== $*"; }

test_tsan() {
  stage "build for the tests: tsan (ThreadSanitizer)"
  scripts/build.sh tsan
  stage "unit and integration tests under ThreadSanitizer"
  ctest --preset tsan --output-on-failure
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

export CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$(nproc)}
(($# > 0)) || set -- tsan clients dev
for wanted in "$@"; do
  case $wanted in
    tsan | clients | dev) ;;
    *) die "test.sh knows tsan, clients and dev, not '$wanted'." ;;
  esac
done
stage "set-up"
scripts/setup.sh test
for wanted in "$@"; do "test_$wanted"; done

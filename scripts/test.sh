#!/usr/bin/env bash
# make test: all set-up, then every test. Unit and integration tests under ThreadSanitizer, the official clients against
# the real engine and both models, and last everything under ctest with AddressSanitizer and UBSan, so that the output
# ends with ctest's own lines. It stops at the first stage that fails.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$REPO"
stage() { say "" && say "== $*"; }

export CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$(nproc)}
stage "set-up"
scripts/setup.sh test
stage "build for the tests: dev (AddressSanitizer, UBSan)"
scripts/build.sh dev
stage "build for the tests: tsan (ThreadSanitizer)"
scripts/build.sh tsan

stage "unit and integration tests under ThreadSanitizer"
ctest --preset tsan --output-on-failure
stage "end to end: the official clients, the real engine, both models"
SIGNALBOX_PROGRAM=$REPO/build/dev/signalbox scripts/clients.sh all
stage "all tests under AddressSanitizer and UBSan"
exec ctest --preset dev --output-on-failure

#!/usr/bin/env bash
# make soak: random worlds around the real scheduler, on new seeds, for SECONDS seconds (600) or until a promise is broken.
# FIRST_SEED=N begins with that seed instead of one drawn by the clock.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$REPO"
length=${SOAK_SECONDS:-600}
[[ $length =~ ^[1-9][0-9]{0,6}$ ]] || die "SECONDS is '$length'; a whole number of seconds up to 9999999 is allowed."
first=${FIRST_SEED:-$(date +%s)}
[[ $first =~ ^[0-9]{1,18}$ ]] || die "FIRST_SEED is '$first'; a whole number is allowed."
scripts/build.sh release signalbox_soak
exec build/release/bin/signalbox_soak "$length" "$first"

#!/usr/bin/env bash
# make fuzz: each fuzz target for SECONDS_EACH seconds (60), from the corpus in tests/fuzz/corpus and what earlier runs have
# found, which is kept in the cache folder. fuzz.sh [targets...] does some of them. An input that broke something is kept
# and named; running the target with it as its argument shows it again.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$REPO"
clean_up_on_exit
seconds=${SECONDS_EACH:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "SECONDS_EACH is '$seconds'; a whole number of seconds is allowed."
(($# > 0)) || set -- request_scan sse_reader engine_events load_news config_file http_request
for target in "$@"; do
  [[ -f tests/fuzz/$target.cc && -d tests/fuzz/corpus/$target ]] || die "there is no fuzz target '$target' in tests/fuzz."
done
scripts/build.sh fuzz "${@/#/fuzz_}"
failed=()
log=$(mktemp)
TEMPORARY+=("$log")
for target in "$@"; do
  found=$CACHE/fuzz/$target
  make_private_dir "$found"
  make_private_dir "$found-broken"
  say "" && say "== fuzz: $target, $seconds s"
  # 2 GiB: what a target of some kilobytes of input needs is far less.
  if "build/fuzz/bin/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -verbosity=0 -artifact_prefix="$found-broken/" "$found" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    grep '^stat::' "$log"
  else
    tail -n 40 "$log"
    failed+=("$target")
  fi
done
if ((${#failed[@]} > 0)); then die "make fuzz found something:" "${failed[@]}" "Inputs: $CACHE/fuzz/*-broken/"; fi
say "" && say "make fuzz: nothing found."

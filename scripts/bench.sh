#!/usr/bin/env bash
# make bench: measures and writes docs/benchmarks.md, with the machine it ran on. bench.sh [topic...] prints only these
# topics and writes nothing. A busy machine spoils the figures: it says so, and the aims that are missed are named.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$REPO"
clean_up_on_exit
scripts/setup.sh run
scripts/build.sh release signalbox fake_engine bench step_bench

export BENCH_ENGINE=${SIGNALBOX_ENGINE:-$CACHE/engine/current/llama-server}
[[ -x $BENCH_ENGINE ]] || BENCH_ENGINE=$(command -v llama-server) || BENCH_ENGINE=
model_files=("${SIGNALBOX_MODEL_DIR:-$CACHE/models}"/*.gguf)
export BENCH_MODEL_A=${model_files[0]} BENCH_MODEL_B=${model_files[1]:-}

if (($# > 0)); then exec build/release/bin/bench "$@"; fi

processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
memory=$(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo)
load=$(cut -d ' ' -f 1 /proc/loadavg)
tables=$(mktemp)
TEMPORARY+=("$tables")
missed=0
build/release/bin/bench >"$tables" || missed=1
build/release/bin/step_bench --benchmark_filter=step --benchmark_format=json 2>/dev/null | scripts/step_table.py >>"$tables" || missed=1
# `make mutants` writes the last section.
sed -n '/^## Mutation check/,$p' docs/benchmarks.md >"$tables.mutants"
TEMPORARY+=("$tables.mutants")
[[ ! -s $tables.mutants ]] || { echo && cat "$tables.mutants"; } >>"$tables"
cat - "$tables" >docs/benchmarks.md.new <<END
# Benchmarks

<!-- Made by \`make bench\`: tests/bench measures, scripts/bench.sh writes. -->

Measured on $(date -u +%F) by \`make bench\`: $(nproc) processors ($processor), $memory of memory, Linux $(uname -r), a load of
$load before it began; a release build of commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown). What is compared runs in turn, so that
a machine that slows down slows down both.
END
mv docs/benchmarks.md.new docs/benchmarks.md
say "written: docs/benchmarks.md"
((missed == 0)) || die "an aim was missed; docs/benchmarks.md says which."

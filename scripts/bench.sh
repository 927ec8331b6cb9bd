#!/usr/bin/env bash
# make bench: measures and writes docs/benchmarks.md, with the machine it ran on. bench.sh [topic...] prints only these
# topics and writes nothing. A busy machine spoils the figures: it says so, and the aims that are missed are named.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$REPO"
clean_up_on_exit
scripts/setup.sh run
scripts/build.sh release signalbox fake_engine bench step_bench

export_bench_engine

if (($# > 0)); then exec build/release/bin/bench "$@"; fi

machine=$(describe_machine)
tables=$(mktemp)
TEMPORARY+=("$tables")
missed=0
build/release/bin/bench >"$tables" || missed=1
build/release/bin/step_bench --benchmark_filter=step --benchmark_format=json 2>/dev/null | scripts/step_table.py >>"$tables" || missed=1
# `make bench-switch` and `make mutants` write the last sections.
sed -n '/^## \(Against the engine alone\|Mutation check\)/,$p' docs/benchmarks.md >"$tables.others"
TEMPORARY+=("$tables.others")
[[ ! -s $tables.others ]] || { echo && cat "$tables.others"; } >>"$tables"
cat - "$tables" >docs/benchmarks.md.new <<END
# Benchmarks

<!-- Made by \`make bench\`: tests/bench measures, scripts/bench.sh writes. -->

Measured on $(date -u +%F) by \`make bench\`: $machine.
What is compared runs in turn, so that a machine that slows down slows down both.
END
mv docs/benchmarks.md.new docs/benchmarks.md
say "written: docs/benchmarks.md"
((missed == 0)) || die "an aim was missed; docs/benchmarks.md says which."

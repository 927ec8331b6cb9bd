#!/usr/bin/env bash
# make bench-switch: Signalbox beside an engine that is stopped and started by hand, with the two demo models. Writes its section
# of docs/benchmarks.md. An hour on two cores, as long as the engine computes a conversation again after each switch.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SECTION='## Against the engine alone'
NEXT_SECTION='## Mutation check' # which `make mutants` writes

cd "$REPO"
clean_up_on_exit
scripts/setup.sh run
scripts/build.sh release signalbox bench
export_bench_engine
[[ -n $BENCH_ENGINE && -n $BENCH_MODEL_B ]] || die "the engine or one of the two demo models is missing; make setup fetches them."

machine=$(describe_machine)
tables=$(mktemp)
page=$(mktemp)
TEMPORARY+=("$tables" "$page")
missed=0
build/release/bin/bench compared_switches compared_overlap compared_revisit compared_conversations >"$tables" || missed=1
grep -q '^| Signalbox to both together' "$tables" || die "it was not measured to its end; docs/benchmarks.md is as it was."

# $() takes the blank lines at the end away.
printf '%s\n\n' "$(sed "/^$SECTION/,\$d; /^$NEXT_SECTION/,\$d" docs/benchmarks.md)" >"$page"
{
  cat <<END
$SECTION

What \`make bench-switch\` measured on $(date -u +%F): $machine.
END
  sed 's/^## /### /' "$tables"
} >>"$page"
if grep -q "^$NEXT_SECTION" docs/benchmarks.md; then
  { echo && sed -n "/^$NEXT_SECTION/,\$p" docs/benchmarks.md; } >>"$page"
fi
cat "$page" >docs/benchmarks.md
say "written: docs/benchmarks.md"
((missed == 0)) || die "an aim was missed; docs/benchmarks.md says which."

#!/usr/bin/env bash
# Builds one preset: build.sh [release | dev | tsan] [targets...]. The program is then build/PRESET/signalbox.
# Packages that the build needs are installed first if any is missing.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$REPO/scripts/packages.sh"

preset=${1:-release}
clean_up_on_exit
extra=()
[[ $preset == release ]] || extra=(libclang-rt-19-dev) # the sanitizers' run-time
ensure_packages "the build" "${BUILD_PACKAGES[@]}" "${extra[@]}"
export_compiler_cache

cd "$REPO"
mkdir -p build
take_lock build/.lock "build"
tree=build/$preset
configure_preset "$preset"
build=(cmake --build --preset "$preset")
(($# < 2)) || build+=(--target "${@:2}")
log=$(mktemp)
TEMPORARY+=("$log")
label="Build, $preset preset"
if ! compile_with_percent "$label" "$log" "${build[@]}" --parallel "$(jobs_that_fit)"; then
  end_live_line
  sed -n '/^FAILED:/,$p' "$log" | grep . || cat "$log"
  die_if_disk_full "$log" "$REPO/build"
  die "the build of $preset failed; what the compiler said is above."
fi
if grep -q 'no work to do' "$log"; then
  step_end "$label" "$tree is up to date"
else
  step_end "$label" "done, in $tree"
fi

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
# ninja itself sees a changed CMakeLists.txt; of the presets it knows nothing.
if [[ ! -f $tree/build.ninja || CMakePresets.json -nt $tree/CMakeCache.txt ]]; then
  cmake --preset "$preset"
fi
build=(cmake --build --preset "$preset")
(($# < 2)) || build+=(--target "${@:2}")
if "${build[@]}" -- -n 2>/dev/null | grep -q 'no work to do'; then
  say "Build: $tree is up to date."
else
  say "Build: compiling into $tree (the first time this takes some minutes)."
  "${build[@]}" --parallel "$(jobs_that_fit)"
fi

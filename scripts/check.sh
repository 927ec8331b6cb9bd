#!/usr/bin/env bash
# make check: the one command before a commit. Format, shell scripts, clang-tidy, the include rules (repo_lint);
# check.sh [format] [shell] [tidy] [rules] does some of them.
# It runs all of them and names at the end those that failed.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$REPO/scripts/packages.sh"

cd "$REPO"
clean_up_on_exit
ensure_packages "make check" "${BUILD_PACKAGES[@]}" "${CHECK_PACKAGES[@]}" libclang-rt-19-dev
export_compiler_cache
failed=()
check() { # name command...
  local name=$1
  shift
  say "== $name"
  "$@" || failed+=("$name")
}

check_format() {
  local files
  mapfile -t files < <(find src tests -type f \( -name '*.cc' -o -name '*.h' \))
  ((${#files[@]} == 0)) || clang-format-19 --dry-run -Werror "${files[@]}"
}

# The tidy preset has the compile commands that clang-tidy can use; without one dev's do.
check_tidy() {
  local preset=dev
  ! cmake --list-presets 2>/dev/null | grep -q '"tidy"' || preset=tidy
  configure_preset "$preset" || return 1
  python3 scripts/clang-tidy-changed.py --build "build/$preset" --jobs "$(jobs_that_fit)" --notes "$CACHE/tidy" src tests
}

check_rules() {
  scripts/build.sh dev repo_lint repo_lint_test && ctest --test-dir build/dev -R '^lint\.' --no-tests=error --output-on-failure
}

check_shell() { shellcheck scripts/*.sh scripts/engine-update; }

(($# > 0)) || set -- format shell tidy rules
for wanted in "$@"; do
  case $wanted in
    format) check "format (clang-format-19)" check_format ;;
    shell) check "shell scripts (shellcheck)" check_shell ;;
    tidy) check "clang-tidy-19" check_tidy ;;
    rules) check "include rules (repo_lint)" check_rules ;;
    *) die "check.sh knows format, shell, tidy and rules, not '$wanted'." ;;
  esac
done
if ((${#failed[@]} > 0)); then die "make check failed:" "${failed[@]}"; fi
say "make check: all good."

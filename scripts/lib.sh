# shellcheck shell=bash
# What the other scripts share: messages, the cache folder, the lock, temporary files, progress.
# Sourced, never run. Needs bash and coreutils only, because a bare machine has nothing else yet.

set -euo pipefail

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Progress: a terminal gets one line that is rewritten; a pipe or a log file gets a plain line per quarter.
LIVE=0
[[ -t 1 ]] && LIVE=1
LIVE_LINE_OPEN=0
LAST_QUARTER=0
end_live_line() {
  if [[ $LIVE_LINE_OPEN == 1 ]]; then printf '\r\033[K'; fi
  LIVE_LINE_OPEN=0
}

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
  end_live_line
  printf 'error: %s\n' "$1" >&2
  shift
  local line
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

# --- The cache folder -------------------------------------------------------------------------------------

# Everything fetched or generated lives here, so that a checkout stays clean and a second clone starts warm.
cache_folder() {
  if [[ ${XDG_CACHE_HOME:-} == /* ]]; then # the XDG rules say: a relative value counts as unset
    printf '%s/signalbox' "$XDG_CACHE_HOME"
  elif [[ ${HOME:-} == /* ]]; then
    printf '%s/.cache/signalbox' "$HOME"
  else
    die "neither HOME nor XDG_CACHE_HOME is set, so there is no place for the engine and the models." \
      "Set XDG_CACHE_HOME to a folder you may write to."
  fi
}
CACHE=$(cache_folder)
ENGINE_DIR=$CACHE/engine
MODELS_DIR=$CACHE/models

# Private: the files are the user's own, and another user must not be able to swap the engine that we start.
make_private_dir() {
  local dir=$1 reason
  [[ -d $dir && -w $dir ]] && return 0
  if ! reason=$( (umask 077 && mkdir -p "$dir") 2>&1) || [[ ! -w $dir ]]; then
    die "cannot write to $dir${reason:+ (${reason##*: })}." \
      "Set XDG_CACHE_HOME to a folder you may write to, or make this one writable. Nothing was changed."
  fi
}

# A folder can look writable and not be (read-only mount, quota, no inodes left), so one byte is tried.
require_writable() {
  local probe reason
  if ! reason=$( (probe=$(mktemp "$1/.tmp.XXXXXX") && printf x >"$probe" && rm -f "$probe") 2>&1); then
    rm -f "$1"/.tmp.??????
    die "cannot write to $1 (${reason##*: })." \
      "Free some space or set XDG_CACHE_HOME to another folder. Nothing was changed."
  fi
}

free_bytes() { df -PB1 "$1" | awk 'NR == 2 { print $4 }'; }
mb() { printf '%d' $((($1 + 999999) / 1000000)); }

# --- Lock, temporary files, signals ---------------------------------------------------------------------

LOCK_FD=
TEMPORARY=()
CHILD=

# One set-up at a time; the second waits, then finds everything there. The lock ends with the process.
take_lock() {
  local file=$1 what=$2
  command -v flock >/dev/null || return 0
  (umask 077 && : >>"$file") || die "cannot write to $file."
  exec {LOCK_FD}>>"$file"
  if ! flock -n "$LOCK_FD"; then
    say "Another $what is running; waiting for it to finish."
    flock "$LOCK_FD"
  fi
}

# Sets TMP to a new folder inside $1: on the same disk, so the rename at the end is atomic.
make_tmp() {
  TMP=$(umask 077 && mktemp -d "$1/.tmp.XXXXXX") || die "cannot write to $1."
  TEMPORARY+=("$TMP")
}
drop_tmp() { rm -rf "$1"; }

# Only under the lock: what a killed run left behind.
remove_stale_tmp() { rm -rf "$1"/.tmp.*; }

# A child runs in a process group of its own, which Ctrl-C does not reach. All of it must be gone before its folder goes.
end_group() {
  local tries
  kill -TERM -- "-$1" 2>/dev/null || return 0
  for ((tries = 0; tries < 30; tries++)); do
    kill -0 -- "-$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$1" 2>/dev/null || true
}

on_exit() {
  local status=$?
  trap - EXIT INT TERM HUP
  if [[ -n $CHILD ]]; then end_group "$CHILD"; fi
  ((${#TEMPORARY[@]} == 0)) || rm -rf "${TEMPORARY[@]}"
  end_live_line
  exit "$status"
}
clean_up_on_exit() {
  trap on_exit EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# --- Progress -----------------------------------------------------------------------------------------------

step_begin() {
  LAST_QUARTER=0
  if [[ $LIVE == 1 ]]; then
    printf '\r\033[K  %s …' "$1"
    LIVE_LINE_OPEN=1
  else
    say "  $1: started"
  fi
}
step_percent() { # label percent [detail]
  local percent=$2
  ((percent > 100)) && percent=100
  if [[ $LIVE == 1 ]]; then
    printf '\r\033[K  %s … %3d%% %s' "$1" "$percent" "${3:-}"
    LIVE_LINE_OPEN=1
  elif ((percent / 25 > LAST_QUARTER && percent < 100)); then
    LAST_QUARTER=$((percent / 25))
    say "  $1: $percent% ${3:-}"
  fi
}
step_end() { # label outcome
  end_live_line
  say "  $1: $2"
}

# Runs a command with its output in a log; progress is how much has been written below a folder.
watch_size() { # label total_bytes folder log command...
  local label=$1 total=$2 folder=$3 log=$4 size status=0
  shift 4
  FREE_BEFORE=$(free_bytes "$folder")
  FREE_LEAST=$FREE_BEFORE
  # A process group of its own (set -m), so that on_exit can end all of it. It must not hold the lock: if this script is
  # killed the next run would wait for the child.
  set -m
  if [[ -n $LOCK_FD ]]; then
    "$@" >"$log" 2>&1 </dev/null {LOCK_FD}>&- &
  else
    "$@" >"$log" 2>&1 </dev/null &
  fi
  CHILD=$!
  set +m
  while kill -0 "$CHILD" 2>/dev/null; do
    size=$(du -sb "$folder" 2>/dev/null | cut -f1) || true
    note_free_space "$folder"
    step_percent "$label" $((${size:-0} * 100 / (total > 0 ? total : 1))) "of $(mb "$total") MB"
    sleep 0.2
  done
  wait "$CHILD" || status=$?
  CHILD=
  note_free_space "$folder"
  return "$status"
}
note_free_space() {
  local now
  now=$(free_bytes "$1" 2>/dev/null) || return 0
  if ((now < FREE_LEAST)); then FREE_LEAST=$now; fi
}

# Turns ninja's "[12/345] ..." into a percentage.
compile_with_percent() { # label log command...
  local label=$1 log=$2 line status=0
  shift 2
  NINJA_STATUS='[%f/%t] ' "$@" 2>&1 </dev/null | while IFS= read -r line; do
    printf '%s\n' "$line" >>"$log"
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
      step_percent "$label" $((BASH_REMATCH[1] * 100 / BASH_REMATCH[2])) "(${BASH_REMATCH[1]} of ${BASH_REMATCH[2]} files)"
    fi
  done || status=$?
  return "$status"
}

# Tools say "no space left" in their own words in the middle of a log; the user should read it once, clearly. The log may
# have been cut by the same full disk, so what was free before and during the step counts too.
FREE_BEFORE=
FREE_LEAST=
disk_was_full() { # log [bytes that the step needs at most]
  grep -qsiE 'no space left|errno 28|disk quota|errno 122|not enough free space' "$1" && return 0
  [[ -n $FREE_BEFORE ]] && ((FREE_BEFORE < ${2:-0} || FREE_LEAST < 4000000))
}
die_if_disk_full() { # log folder [bytes that the step needs at most]
  if disk_was_full "$1" "${3:-0}"; then
    die "the disk is full, the one with $2." \
      "The unfinished files were removed. Free some space, or set XDG_CACHE_HOME to a folder on another disk, and run again."
  fi
  if grep -qsiE 'file too large|errno 27' "$1"; then
    die "a file could not be written whole: a limit on the size of files is set (ulimit -f)." \
      "The unfinished files were removed. Raise the limit and run again."
  fi
}

last_lines() { tail -n "${2:-5}" "$1" 2>/dev/null | sed 's/^/         /' >&2; }

sha256_of() { sha256sum "$1" | cut -d' ' -f1; }

# --- Python and pip -------------------------------------------------------------------------------------

# Sets PIP. The machine's pip is used as it is configured; without one a private venv brings its own.
find_pip() {
  PIP=(python3 -m pip)
  "${PIP[@]}" --version >/dev/null 2>&1 && return 0
  PIP=("$CACHE/pip/bin/python" -m pip)
  "${PIP[@]}" --version >/dev/null 2>&1 && return 0
  make_tmp "$CACHE"
  if ! python3 -m venv "$TMP/venv" >"$TMP/log" 2>&1; then
    die_if_disk_full "$TMP/log" "$CACHE"
    last_lines "$TMP/log"
    die "python3 has neither pip nor a working venv module (Debian: apt-get install python3-venv)."
  fi
  rm -rf "$CACHE/pip"
  mv "$TMP/venv" "$CACHE/pip"
  drop_tmp "$TMP"
}

# Fetches exactly one file from PyPI, by hash, into a folder. Never runs code of what it fetches.
pip_fetch() { # requirement sha256 folder pip-options...
  local requirement=$1 sha256=$2 folder=$3
  shift 3
  printf '%s --hash=sha256:%s\n' "$requirement" "$sha256" >"$folder/requirement.txt" || return 1
  # TMPDIR: pip's own temporary file then lies where the progress is measured, on the disk that was checked.
  # No cache: half a gigabyte should not be kept twice.
  TMPDIR=$folder PIP_REQUIRE_VIRTUALENV=0 PIP_NO_INPUT=1 "${PIP[@]}" download --no-cache-dir --disable-pip-version-check \
    --progress-bar off --no-deps --require-hashes -d "$folder/got" -r "$folder/requirement.txt" "$@"
}

# The compiler cache is shared by every preset and every clone.
export_compiler_cache() {
  export CCACHE_DIR=${CCACHE_DIR:-$CACHE/ccache}
  export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}
  # Objects then serve every clone, wherever it lies.
  export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$REPO} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}
  make_private_dir "$CCACHE_DIR"
}

# How many compilers may run at once: one per core, but a C++ file of this project can take 1.5 GB of memory.
jobs_that_fit() {
  local cores by_memory
  cores=$(nproc)
  by_memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo 2>/dev/null) || true
  [[ -n $by_memory ]] || by_memory=$cores
  ((by_memory >= 1)) || by_memory=1
  printf '%d' $((cores < by_memory ? cores : by_memory))
}

# ninja itself sees a changed CMakeLists.txt; of the presets it knows nothing. Run in the checkout.
configure_preset() { # preset
  local tree=build/$1
  [[ -f $tree/build.ninja && -f $tree/.configured && ! CMakePresets.json -nt $tree/.configured ]] && return 0
  say "  Build, $1 preset: configuring; the first time compiling takes some minutes"
  cmake --preset "$1" -Wno-dev >/dev/null && : >"$tree/.configured"
}

# --- Benchmarks -------------------------------------------------------------------------------------------

# What the programs in tests/bench measure the real engine with; empty where there is none.
export_bench_engine() {
  local model_files
  export BENCH_ENGINE=${SIGNALBOX_ENGINE:-$CACHE/engine/current/llama-server}
  [[ -x $BENCH_ENGINE ]] || BENCH_ENGINE=$(command -v llama-server) || BENCH_ENGINE=
  model_files=("${SIGNALBOX_MODEL_DIR:-$CACHE/models}"/*.gguf)
  export BENCH_MODEL_A=${model_files[0]} BENCH_MODEL_B=${model_files[1]:-}
}

# What figures of this machine have to be read with. Called before anything is measured: the load is part of it.
describe_machine() {
  local processor memory load
  processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  memory=$(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo)
  load=$(cut -d ' ' -f 1 /proc/loadavg)
  printf '%s processors (%s), %s of memory, Linux %s, a load of %s before it began; a release build of commit %s' \
    "$(nproc)" "$processor" "$memory" "$(uname -r)" "$load" "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
}

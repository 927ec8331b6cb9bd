#!/usr/bin/env bash
# The end-to-end tests with the official OpenAI clients: clients.sh [python | node | all] [more arguments].
# Needs set-up (engine, models) and a built program: SIGNALBOX_PROGRAM, by default build/dev/signalbox.
#
# The clients are installed below the cache folder, by hash (Python) and by lock file (Node.js).

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$REPO/scripts/packages.sh"

which=${1:-all}
(($# == 0)) || shift
clients=$REPO/tests/clients
home=$CACHE/clients
clean_up_on_exit
ensure_packages "the client tests" "${TEST_PACKAGES[@]}" 'python3=python3 -c ""'
make_private_dir "$home"

export SIGNALBOX_PROGRAM=${SIGNALBOX_PROGRAM:-$REPO/build/dev/signalbox}
[[ -x $SIGNALBOX_PROGRAM ]] || die "$SIGNALBOX_PROGRAM is not built (make build, or SIGNALBOX_PROGRAM=path)."
export SIGNALBOX_CACHE=$CACHE
# The set-up's choice of engine, as the server would make it.
if [[ -z ${SIGNALBOX_TEST_ENGINE:-} ]]; then
  SIGNALBOX_TEST_ENGINE=${SIGNALBOX_ENGINE:-$CACHE/engine/current/llama-server}
  [[ -x $SIGNALBOX_TEST_ENGINE ]] || SIGNALBOX_TEST_ENGINE=$(command -v llama-server) ||
    die "there is no engine (make setup)."
  export SIGNALBOX_TEST_ENGINE
fi

# Named after the hash of what is pinned, so a changed pin gets a new folder and a finished one is known to be whole.
install_python() {
  local tag
  tag=$(cat "$clients/requirements.txt" <(python3 --version) | sha256sum | cut -c1-12)
  python_home=$home/python-$tag
  [[ ! -f $python_home/complete ]] || return 0
  say "Client tests: installing the Python client (PyPI, pinned by hash)."
  rm -rf "$python_home" # a venv has its own path written into it, so it is made in place and marked when whole
  TEMPORARY+=("$python_home")
  python3 -m venv "$python_home" || die "python3 has no working venv module (Debian: apt-get install python3-venv)."
  "$python_home/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: --require-hashes \
    -r "$clients/requirements.txt"
  : >"$python_home/complete"
  unset 'TEMPORARY[-1]'
}

install_node() {
  local tag
  tag=$(cat "$clients/package.json" "$clients/package-lock.json" | sha256sum | cut -c1-12)
  node_home=$home/node-$tag
  [[ ! -f $node_home/complete ]] || return 0
  say "Client tests: installing the Node.js client (npm registry, pinned by lock file)."
  rm -rf "$node_home"
  mkdir "$node_home"
  TEMPORARY+=("$node_home")
  cp "$clients/package.json" "$clients/package-lock.json" "$node_home/"
  (cd "$node_home" && npm ci --silent --ignore-scripts --no-audit --no-fund)
  : >"$node_home/complete"
  unset 'TEMPORARY[-1]'
}

take_lock "$home/.lock" "installation of the clients"
case $which in
  python) install_python ;;
  node) install_node ;;
  all) install_python && install_node ;;
  *) die "clients.sh: $which is neither python, node nor all." ;;
esac
# The tests may run at the same time as another run's; only the installation may not.
if [[ -n $LOCK_FD ]]; then exec {LOCK_FD}>&-; fi
LOCK_FD=

if [[ $which != node ]]; then
  PYTHONDONTWRITEBYTECODE=1 "$python_home/bin/python" -m pytest -p no:cacheprovider -q "$clients" "$@"
fi
if [[ $which != python ]]; then
  # Node.js looks for packages beside the file that imports them, and the checkout stays clean: the test runs from a copy.
  cp "$clients"/*.mjs "$node_home/"
  node --test "$node_home/openai.test.mjs"
fi

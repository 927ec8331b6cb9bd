# shellcheck shell=bash
# The Debian packages that each part needs, and how they are installed. Sourced, never run.

# An entry is PACKAGE or PACKAGE=COMMAND: if the command succeeds the package is not needed, because what it would
# bring is there in another way (a Python of one's own, a newer Node.js).
SETUP_PACKAGES=(
  'patchelf=patchelf --version'
  'ca-certificates=test -s /etc/ssl/certs/ca-certificates.crt'
  'python3=python3 -c ""'
  'python3-venv=python3 -c "import venv, ensurepip"'
)
BUILD_PACKAGES=(
  clang-19 lld-19 'cmake=cmake --version' 'ninja-build=ninja --version' 'ccache=ccache --version' 'make=make --version'
  'git=git --version' 'ca-certificates=test -s /etc/ssl/certs/ca-certificates.crt'
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libboost-system1.81-dev
  libyaml-cpp-dev libspdlog-dev libfmt-dev libcli11-dev libgtest-dev libgmock-dev libbenchmark-dev prometheus-cpp-dev libxxhash-dev
)
RUN_PACKAGES=('curl=curl --version')
TEST_PACKAGES=(
  libclang-rt-19-dev
  'python3-venv=python3 -c "import venv, ensurepip"'
  'nodejs=node --version' 'npm=npm --version'
)
CHECK_PACKAGES=(clang-format-19 clang-tidy-19 'shellcheck=shellcheck --version' 'python3=python3 -c ""')
# What a source build of the engine needs besides a C++ compiler.
ENGINE_BUILD_PACKAGES=(
  'g++=clang++-19 --version || c++ --version' 'cmake=cmake --version' 'ninja-build=ninja --version'
)

# Prints the packages that are missing, each once.
missing_packages() { # entries...
  local entry package
  local -A seen=() installed=()
  # One look at dpkg's list instead of one per package: this runs at every `make run`.
  if command -v dpkg-query >/dev/null; then
    while read -r package; do installed[${package%%:*}]=1; done < <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' \
      "${@%%=*}" 2>/dev/null | sed -n 's/^installed //p')
  fi
  for entry in "$@"; do
    package=${entry%%=*}
    [[ -z ${seen[$package]:-} && -z ${installed[$package]:-} ]] || continue
    if [[ $entry == *=* ]] && bash -c "${entry#*=}" >/dev/null 2>&1; then continue; fi
    seen[$package]=1
    printf '%s\n' "$package"
  done
}

AS_ROOT=() # the words before a command that only root may run

# Installs what is missing or says what to install and exits 1. SIGNALBOX_SKIP_PACKAGES=1: never looks.
ensure_packages() { # purpose entries...
  local purpose=$1 missing log
  shift
  [[ -z ${SIGNALBOX_SKIP_PACKAGES:-} ]] || return 0
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} > 0)) || return 0

  if ! command -v apt-get >/dev/null; then
    die "$purpose needs these Debian packages, and this system has no apt-get:" "${missing[*]}" \
      "Install what they contain in your system's way, then set SIGNALBOX_SKIP_PACKAGES=1."
  fi
  if [[ $EUID -ne 0 ]]; then
    # With a terminal sudo may ask for the password; without one only a sudo that needs none is of use.
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 && -t 1 ]]; }; then
      AS_ROOT=(sudo)
    else
      die "$purpose needs packages that are not installed, and only root or sudo may install them:" \
        "${missing[*]}" "" "As root: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    fi
  fi

  say "  packages: installing ${#missing[@]} from this machine's own package sources (apt-get install --no-install-recommends):"
  say "            ${missing[*]}" | fold -s -w 110 | sed '2,$s/^/            /'
  log=$(mktemp) && TEMPORARY+=("$log")
  ((${#AS_ROOT[@]} == 0)) || sudo true || die "sudo did not let us in. As root: apt-get install ${missing[*]}"
  run_apt "package lists" "$log" update || {
    # Old lists may still do, and a source that is not needed may be the one that failed.
    warn "apt-get update failed; going on with the lists that are there."
  }
  if ! run_apt "packages" "$log" -y --no-install-recommends install "${missing[@]}"; then
    die_if_disk_full "$log" /
    grep -E '^(E:|W:|dpkg:)' "$log" | tail -n 8 | sed 's/^/         /' >&2 || true
    die "apt-get could not install: ${missing[*]}" "Its words are above. Debian 12 has all of these packages."
  fi
}

# Runs apt-get, as root, and turns its status lines into progress.
run_apt() { # label log apt-get-arguments...
  local label=$1 log=$2 line kind percent rest tries status
  shift 2
  # dpkg closes the descriptor of its status lines for the packages' scripts, so it must not be 1; and sudo closes all
  # above 2, so the third is made inside.
  # shellcheck disable=SC2016 # expanded by the inner shell
  set -- "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l sh -c 'exec apt-get "$@" 3>&1' sh \
    -o DPkg::Lock::Timeout=300 -q "$@"
  for tries in 1 2 3; do
    step_begin "$label"
    : >"$log"
    status=0
    # In the foreground, so that Ctrl-C reaches apt-get itself, which then ends in good order.
    (umask 022 && exec "$@" -o APT::Status-Fd=3 -o Dpkg::Use-Pty=0) 2>&1 </dev/null | while IFS= read -r line; do
      case $line in
        dlstatus:* | pmstatus:*)
          IFS=: read -r kind _ percent rest <<<"$line"
          percent=${percent%%.*}
          [[ $percent =~ ^[0-9]+$ ]] || percent=0
          # Fetching is the first half of the way and unpacking the second.
          if [[ $kind == dlstatus ]]; then percent=$((percent / 2)); else percent=$((50 + percent / 2)); fi
          step_percent "$label" "$percent" "${rest:0:50}"
          ;;
        *) printf '%s\n' "$line" >>"$log" ;;
      esac
    done || status=$?
    if ((status == 0)); then
      step_end "$label" "done"
      return 0
    fi
    # `apt-get update` has no waiting for its lock; somebody else's update ends soon.
    if ((tries < 3)) && grep -q 'Could not get lock' "$log"; then
      step_end "$label" "another apt-get is running; trying again in 10 s"
      sleep 10
      continue
    fi
    step_end "$label" "failed"
    return 1
  done
  return 1
}

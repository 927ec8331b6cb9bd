#!/usr/bin/env bash
# make run: everything that is missing, then the server in the foreground.
# MODELS=file serves that configuration instead of the demo models. Arguments go to `signalbox serve`.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

program=$REPO/build/release/signalbox
config=$CACHE/models.yaml
own=
if [[ -n ${MODELS:-} ]]; then
  [[ -r $MODELS ]] || die "MODELS=$MODELS cannot be read."
  own=$(realpath -- "$MODELS")
  config=$own
fi

SIGNALBOX_OWN_CONFIG=$own "$REPO/scripts/setup.sh" run
"$REPO/scripts/build.sh" release

# What is printed is read from the file in the simple form that everybody writes; the server itself reads all of YAML.
value_of() { sed -nE "s/^[ -]*$1: *//p" "$config" | sed -E "s/ *#.*//; s/^['\"]//; s/['\"]\$//"; }
listen=$(value_of listen | head -n 1)
listen=${SIGNALBOX_SERVER_LISTEN:-${listen:-127.0.0.1:8080}}
names=$(value_of name)
model=$(head -n 1 <<<"$names")
if [[ $listen == unix:* ]]; then at=(--unix-socket "${listen#unix:}" http://localhost); else at=("http://$listen"); fi

say ""
say "Signalbox listens on ${at[*]: -1}/v1   (configuration: $config)"
say "Models: $(paste -sd, <<<"$names" | sed 's/,/, /g')"
say "Try it in a second terminal (Ctrl-C here ends the server):"
say ""
say "  curl -N ${at[*]}/v1/chat/completions -H 'Content-Type: application/json' -d '{\"model\":\"$model\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a story.\"}]}'"
say ""

# An engine named for this run wins over what the file says. The other variables are set-up's alone.
if [[ -n ${SIGNALBOX_ENGINE:-} && -z ${SIGNALBOX_ENGINE_COMMAND:-} ]]; then
  engine=$(realpath -s -- "$SIGNALBOX_ENGINE")
  export SIGNALBOX_ENGINE_COMMAND="['${engine//\'/\'\'}']"
fi
unset SIGNALBOX_ENGINE SIGNALBOX_ENGINE_FROM SIGNALBOX_ENGINE_CMAKE_ARGS SIGNALBOX_MODEL_DIR SIGNALBOX_DEBIAN_MIRROR \
  SIGNALBOX_SKIP_PACKAGES SIGNALBOX_OWN_CONFIG
exec "$program" serve --config "$config" "$@"

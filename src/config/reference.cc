// The prose stands here; every fact about a key comes from keys.h.
#include "config/reference.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "config/keys.h"

namespace signalbox::config {
namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Made by `signalbox config --reference > docs/configuration.md` from src/config/key_table.cc. Change that table. -->

One file, `models.yaml`. Signalbox takes the first of these: `--config FILE`, the variable `SIGNALBOX_CONFIG`,
`./models.yaml`, `$XDG_CONFIG_HOME/signalbox/models.yaml` (`~/.config/signalbox/models.yaml`). Every key has a default; this is enough:

    models:
      - path: ~/models/SmolLM2-135M-Instruct.Q4_1.gguf

`signalbox check` says whether a file is right, `signalbox config` prints every value that holds and where it comes from.

## Which value holds

The first of these that gives one:

1. `--set models.NAME.key=VALUE`
2. `--set section.key=VALUE`
3. a flag, such as `--wait-timeout 10s`
4. a variable, `SIGNALBOX_SECTION_KEY`
5. the model's own key
6. `defaults`
7. the file's section
8. the default of the tables below

A flag or `--set` that is given twice counts as it was given last; a key that stands twice in the file is an error.
Each value that a variable, a flag or `--set` replaced is logged once at start:
`config override key=scheduler.wait_timeout value=10s origin=flag --wait-timeout was=30s (models.yaml:14)`.

Keys marked *model* in the tables concern a model's own requests: they may stand in their section, in `defaults` and
in any model. The variable may be written with the section or with `DEFAULTS`, such as `SIGNALBOX_DEFAULTS_QUEUE_SIZE`. Models
have no variables of their own. An unknown `SIGNALBOX_` variable is warned of.

A model's name may hold dots: in `--set models.a.b.queue_size=5` the longest name that fits wins, and
`--set 'models["a.b"].queue_size=5'` always works.

## How values are written

- Durations: `15s`, `1.5s`, `200ms`, `5m`, `2h`, and `0`. `idle_unload_secs` also takes bare seconds.
- Sizes: `64MiB`, `32KiB`, `1GiB`, `kB`, `MB`, `GB` (powers of 1000), or bytes without a unit.
- Lists in the file: `[--temp, "0.2"]`. In a variable or flag: the same, or words with spaces between them.
- `${env:NAME}` stands for that variable's text, and it is an error if it is not set. `$${` is a plain `${`.
- API keys: `sk-1`, `{key_env: NAME}`, `{key_file: PATH}`, and with rules `{key_env: NAME, priority: forbid, service_tier: flex}`.
- Paths: `~/` is the home folder. A relative path in the file is relative to the file, elsewhere to the current folder.
- An empty variable or flag takes back `default_model`.

Every error is told at once, with file, line and column, what was found, what is allowed and the nearest known key; the exit code is 2.
)";

struct Heading {
  Section section;
  std::string_view text;
};

constexpr std::array kHeadings = {
    Heading{Section::server, "The server and its limits towards clients."},
    Heading{Section::scheduler, "Who waits, how long, and when the model changes."},
    Heading{Section::status, "What a waiting stream is told."},
    Heading{Section::engine,
            "The program that runs the models. `--host`, `--port`, `--alias`, `-np` and `--slot-save-path` "
            "are set by "
            "Signalbox and refused in `args`."},
    Heading{Section::carry_over,
            "Conversations that survive the end of their engine, and the want of slots: what the engine has "
            "computed of "
            "them is saved and restored for their next turn (docs/carry-over.md)."},
    Heading{Section::defaults,
            "Keys of a model, here for all of them. Any key marked *model* in the tables above may stand "
            "here too."},
    Heading{Section::model,
            "One entry for each model, which may also have every key marked *model* above. A missing file is "
            "a warning."}};

std::string code(std::string_view text) {
  return fmt::format("`{}`", text);
}

std::string default_cell(const Key& key) {
  return key.default_text.empty() ? std::string(key.without) : code(format_value(key, default_value(key)));
}

std::string row(const Key& key) {
  std::string outside;
  if (key.scope != Scope::one_model) outside = code(environment_name(key.section, key));
  if (!key.flag.empty()) outside += (outside.empty() ? "" : " ") + code(key.flag);
  return fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", key.name, default_cell(key), allowed(key),
                     key.scope == Scope::model ? "model" : "", outside, key.doc);
}

}  // namespace

std::string reference() {
  std::string text(kIntroduction);
  for (const auto& [section, heading] : kHeadings) {
    text += fmt::format("\n## {}\n\n{}\n\n", to_string(section), heading);
    text +=
        "| key | default | allowed | may stand in a | variable, flag | what it is "
        "|\n|---|---|---|---|---|---|\n";
    for (const Key& key : keys()) {
      if (key.section == section) text += row(key);
    }
  }
  return text;
}

}  // namespace signalbox::config

"""Runs clang-tidy-19 over the files of a build that are below the given folders, several at once.

clang-tidy needs up to a minute for a file that includes Asio, so a file that was clean is noted and skipped as long as
nothing has changed that its result depends on: the file, the project's own headers that it includes, its compile command,
the .clang-tidy files, the versions of clang-tidy and of the packages its system headers come from.

Called by check.sh. Exits 1 if any file has a finding. Nothing but Python's standard library.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys

CLANG_TIDY = "clang-tidy-19"

# The static analyzer walks every path through a test's macros: half of the time, and nothing found; tests run under the
# sanitizers anyway. Nor does a test's speed matter.
# Long texts are broken over lines.
ONLY_FOR_TESTS = "--checks=-clang-analyzer-*,-performance-*,-bugprone-suspicious-missing-comma"


def output_of(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options).stdout


def environment_key(root):
    """What every file's result depends on."""
    digest = hashlib.sha256()
    digest.update(output_of([CLANG_TIDY, "--version"]).encode() + ONLY_FOR_TESTS.encode())
    packages = ["libboost1.81-dev", "libstdc++-12-dev", "libyaml-cpp-dev", "libspdlog-dev", "libfmt-dev", "libgtest-dev"]
    digest.update(output_of(["dpkg-query", "-W", *packages]).encode())
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in (".git", "build"))
        if ".clang-tidy" in files:
            with open(os.path.join(folder, ".clang-tidy"), "rb") as settings:
                digest.update(settings.read())
    return digest.digest()


def is_test(path):
    return path.endswith("_test.cc") or f"{os.sep}tests{os.sep}" in path


def file_key(entry, environment, root):
    """None if the file's headers cannot be listed: then it is simply checked. The same in every clone."""
    command = shlex.split(entry["command"]) if "command" in entry else list(entry["arguments"])
    listing = []
    skip = False
    for word in command:
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MT", "-MQ"):
            skip = True
        elif os.path.basename(word) != "ccache" and word not in ("-c", "-MD", "-MMD", "-MP"):
            listing.append(word)
    found = subprocess.run([*listing, "-MM"], capture_output=True, text=True, check=False, cwd=entry["directory"])
    if found.returncode != 0:
        return None
    digest = hashlib.sha256(environment)
    digest.update(json.dumps(command).replace(root + os.sep, "").encode())
    for path in found.stdout.replace("\\\n", " ").split()[1:]:
        with open(os.path.join(entry["directory"], path), "rb") as source:
            digest.update(path.removeprefix(root + os.sep).encode() + b"\0" + source.read())
    return digest.hexdigest()


def check(entry, options, environment, root):
    """Returns (path, skipped, findings)."""
    path = os.path.join(entry["directory"], entry["file"])
    key = file_key(entry, environment, root)
    note = key and os.path.join(options.notes, key)
    if note and os.path.exists(note):
        return path, True, ""
    command = [CLANG_TIDY, "-p", options.build, "--quiet", *([ONLY_FOR_TESTS] if is_test(path) else []), path]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode == 0 and not run.stdout.strip():
        if note:
            with open(note, "w", encoding="utf-8"):
                pass
        return path, False, ""
    return path, False, run.stdout + (run.stderr if run.returncode != 0 else "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, help="folder with compile_commands.json")
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--notes", required=True, help="folder for the notes of clean files")
    parser.add_argument("folders", nargs="+")
    options = parser.parse_args()
    root = os.getcwd()
    os.makedirs(options.notes, mode=0o700, exist_ok=True)
    with open(os.path.join(options.build, "compile_commands.json"), encoding="utf-8") as commands:
        entries = json.load(commands)
    below = tuple(os.path.join(root, folder) + os.sep for folder in options.folders)
    entries = [entry for entry in entries if os.path.join(entry["directory"], entry["file"]).startswith(below)]
    environment = environment_key(root)
    bad = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(check, entry, options, environment, root) for entry in entries]
        for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
            path, was_skipped, findings = future.result()
            skipped += was_skipped
            if findings:
                bad += 1
                print(findings, flush=True)
            if not was_skipped:
                print(f"[{done}/{len(entries)}] {os.path.relpath(path, root)}", flush=True)
    print(f"clang-tidy: {len(entries)} files, {skipped} unchanged since they were clean, {bad} with findings")
    sys.exit(1 if bad else 0)


main()

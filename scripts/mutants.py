#!/usr/bin/env python3
"""Breaks the scheduler on purpose, one small change at a time, and sees whether the tests notice.

    scripts/mutants.py [--list] [NAME...]

Each change is made in a copy of the tree under build/mutants, built, and tested with the scheduler's own tests, the random
worlds and the simulations. A change that no test notices survives: it needs a test, or a reason in scripts/mutants.txt.
That file holds the list. The last line says the score, which a run of the whole list writes into docs/benchmarks.md; exit 1 if a
survivor has no reason there, 2 if the list is wrong.
"""

import argparse
import collections
import dataclasses
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "mutants"
LIST = ROOT / "scripts" / "mutants.txt"
PAGE = ROOT / "docs" / "benchmarks.md"
SECTION = "## Mutation check"
TARGETS = ["sched_test", "chaos_test", "sim_test"]
BUILD_SECONDS_MAX = 900
TEST_SECONDS_MAX = 180


@dataclasses.dataclass
class Mutant:
    name: str
    file: str
    old: str
    new: str
    excuse: str = ""


def read_list():
    """Blocks with empty lines between them: name, file, `- old`, `+ new`, and perhaps `= why it may survive`."""
    mutants = []
    for number, block in enumerate(LIST.read_text().split("\n\n"), 1):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        old = "\n".join(line[2:] for line in lines if line.startswith("- "))
        new = "\n".join(line[2:] for line in lines if line.startswith("+ "))
        excuse = " ".join(line[2:] for line in lines if line.startswith("= "))
        head = lines[0].split(" in ")
        if len(head) != 2 or not old:
            sys.exit(f"mutants.txt, block {number}: wanted `NAME in FILE`, `- old`, `+ new`; found {lines[0]!r}")
        mutants.append(Mutant(head[0], "src/sched/" + head[1], old, new, excuse))
    return mutants


def check(mutants):
    wrong = []
    names = [mutant.name for mutant in mutants]
    for mutant in mutants:
        count = (ROOT / mutant.file).read_text().count(mutant.old)
        if count != 1:
            wrong.append(f"{mutant.name}: its text stands {count} times in {mutant.file}; once is allowed")
        if names.count(mutant.name) != 1:
            wrong.append(f"{mutant.name}: two changes of this name")
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        sys.exit(2)


def run(command, seconds_max):
    try:
        return subprocess.run(command, cwd=WORK / "tree", capture_output=True, text=True, timeout=seconds_max)
    except subprocess.TimeoutExpired:
        return None


def prepare():
    shutil.rmtree(WORK / "tree", ignore_errors=True)
    (WORK / "tree").mkdir(parents=True)
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in (file.decode() for file in files if file):
        if not (ROOT / name).exists():
            continue
        target = WORK / "tree" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    shared = ROOT.parent / "shared"
    if shared.exists() and not (WORK / "shared").exists():
        (WORK / "shared").symlink_to(shared)
    configured = run(["cmake", "--preset", "release"], BUILD_SECONDS_MAX)
    if configured is None or configured.returncode != 0:
        sys.exit("the copy cannot be configured:\n" + (configured.stderr if configured else "it took too long"))


def build():
    command = ["cmake", "--build", "build/release"]
    for target in TARGETS:
        command += ["--target", target]
    return run(command, BUILD_SECONDS_MAX)


def noticed_by():
    """The first program that fails, hangs or aborts; none: the change survives."""
    for target in TARGETS:
        done = run([f"build/release/bin/{target}", "--gtest_brief=1"], TEST_SECONDS_MAX)
        if done is None:
            return target + " (no end)"
        if done.returncode != 0:
            return target
    return None


def try_one(mutant):
    path = WORK / "tree" / mutant.file
    before = path.read_text()
    path.write_text(before.replace(mutant.old, mutant.new))
    try:
        built = build()
        if built is None or built.returncode != 0:
            return "does not build"
        return noticed_by() or "SURVIVES"
    finally:
        path.write_text(before)


def write_score(verdicts, score):
    """The page's last section; scripts/bench.sh leaves it as it is."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    by = collections.Counter(verdicts.values())
    text = (f"{SECTION}\n\nWhat `make mutants` found on {time.strftime('%Y-%m-%d', time.gmtime())} at commit {commit}: small changes to `src/sched/`, one "
            f"at a time, each followed by the scheduler's own tests, the random and exhaustive worlds, and the simulations.\n\n{score}\n\n"
            "| first noticed by | changes |\n|---|---:|\n")
    text += "".join(f"| {verdict} | {count} |\n" for verdict, count in by.most_common())
    before = PAGE.read_text().split(SECTION)[0].rstrip("\n")
    PAGE.write_text(before + "\n\n" + text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="only check the list and print it")
    parser.add_argument("names", nargs="*", help="only these changes")
    wanted = parser.parse_args()
    mutants = read_list()
    check(mutants)
    if wanted.names:
        mutants = [mutant for mutant in mutants if mutant.name in wanted.names]
    if wanted.list:
        for mutant in mutants:
            print(f"{mutant.name:40} {mutant.file}")
        print(f"{len(mutants)} changes")
        return 0
    prepare()
    sound = build()
    if sound is None or sound.returncode != 0 or noticed_by():
        sys.exit("the tree does not build or pass its tests without a change")
    survivors = []
    verdicts = {}
    excused = 0
    broken = []
    for mutant in mutants:
        began = time.monotonic()
        verdict = try_one(mutant)
        if verdict == "SURVIVES" and mutant.excuse:
            excused += 1
            verdict = "survives: " + mutant.excuse
        elif verdict == "SURVIVES":
            survivors.append(mutant.name)
        elif verdict == "does not build":
            broken.append(mutant.name)
        verdicts[mutant.name] = verdict
        print(f"{mutant.name:40} {verdict}  ({time.monotonic() - began:.0f} s)", flush=True)
    noticed = len(mutants) - len(survivors) - excused - len(broken)
    score = (f"{noticed} of {len(mutants)} changes noticed, {excused} survive with a reason, {len(survivors)} without: "
             + (", ".join(survivors) or "none") + ".")
    print(score)
    if not wanted.names:
        write_score(verdicts, score)
    if broken:
        print("do not build: " + ", ".join(broken), file=sys.stderr)
        return 2
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())

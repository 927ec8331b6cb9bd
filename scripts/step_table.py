#!/usr/bin/env python3
"""Makes a table for docs/benchmarks.md of step_bench's JSON, from standard input."""

import json
import re
import sys

AIM_NS = 1000  # at 1,000 waiting and 27 models


def rows(results):
    for result in results:
        found = re.fullmatch(r"step/waiting:(\d+)/models:(\d+)", result["name"])
        if found:
            yield int(found[1]), int(found[2]), result["per_event"] * 1e9, result["bytes_per_waiter"]


def main():
    table = sorted(rows(json.load(sys.stdin)["benchmarks"]), key=lambda row: (row[1], row[0]))
    print("\n## A step of the scheduler\n")
    print("One event, with so many requests waiting, 4 workers and a millisecond of virtual time from event to event: whoever ends "
          "is replaced, gates close, models are chosen. The mean of the processor's time. With few waiting the bytes are the models' own.\n")
    print("| models | waiting | one event | bytes a waiter | aim |\n|---:|---:|---:|---:|---|")
    missed = False
    for waiting, models, nanoseconds, size in table:
        aim = ""
        if (waiting, models) == (1000, 27):
            met = nanoseconds < AIM_NS
            missed = missed or not met
            aim = f"under {AIM_NS} ns: {'met' if met else 'MISSED'}"
        print(f"| {models:,} | {waiting:,} | {nanoseconds:.0f} ns | {size:,.0f} | {aim} |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

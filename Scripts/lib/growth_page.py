"""Writes docs/performance-growth.md from what Scripts/bench-growth measured.

usage: growth_page.py LIMITS.json GROWTH.jsonl

GROWTH.jsonl has one object a line: `state` (stored or active), `at` (runs), `what`, and the figures of
`baton bench WORKLOAD --json`, `microseconds` of a start, `kib` of memory or `bytes` of a database.
The page goes to standard output.
"""

import datetime
import json
import sys

from performance_page import count, machine, micros

HEADER = """# Growth

Written by `Scripts/bench-growth`; do not edit. What calls cost beside many stored or active runs.
Client and server share the machine.

Machine: {machine}. Date: {date}. fdatasync p50 {sync}, raw ping-pong p50 {ping} on one core and
{ping_two} across two.
"""

STATES = {
    "stored": ("Ended runs in the store",
               "The ratio is to the first column of figures. `start` is the time from the start of "
               "the process to its first line, `memory` is resident a second later."),
    "active": ("Active runs",
               "Each waits for an hour (`wait_before`). The last start takes all of them up "
               "again."),
}


def figure(result):
    """(number, text) of one measurement; a greater number is worse."""
    if "microseconds" in result:
        return result["microseconds"], micros(result["microseconds"])
    if "kib" in result:
        return result["kib"], f"{result['kib'] / 1024:.0f} MiB"
    if "bytes" in result:
        return result["bytes"], f"{result['bytes'] / 2**20:,.0f} MiB"
    times = result["latencyMicroseconds"]
    if result["inFlight"] == 1:
        if "runMilliseconds" in result:
            p50 = result["runMilliseconds"]["p50"] * 1000
            return p50, f"p50 {micros(p50)}"
        return times["p50"], f"p50 {micros(times['p50'])}, p99 {micros(times['p99'])}"
    return 1 / result["perSecond"], count(result["perSecond"])


def name(result):
    """What a row measures."""
    if "inFlight" in result:
        return f"{result['what']}, {result['inFlight']} in flight"
    return result["what"]


def table(results):
    """The rows of one state, by what was measured, with a column for each number of runs."""
    columns = sorted({result["at"] for result in results})
    rows = {}
    for result in results:
        # A later measurement of the same replaces none: the first is before the load, the last
        # after a restart.
        rows.setdefault(name(result), {}).setdefault(result["at"], []).append(figure(result))
    text = "| |" + "".join(f" {runs:,} |" for runs in columns) + " ratio |\n"
    text += "|---|" + "---|" * len(columns) + "---|\n"
    for row, cells in rows.items():
        text += f"| {row} |"
        for runs in columns:
            text += f" {', '.join(shown for _, shown in cells.get(runs, []))} |"
        known = [cells[runs][0][0] for runs in columns if runs in cells]
        text += f" {known[-1] / known[0]:.2f} |\n" if len(known) > 1 else " |\n"
    return text


def main():
    """Reads the two files and prints the page."""
    with open(sys.argv[1], encoding="utf-8") as file:
        limits = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        results = [json.loads(line) for line in file if line.strip()]
    page = HEADER.format(
        machine=machine(),
        date=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        sync=micros(limits["fdatasync"]["p50Microseconds"]),
        ping=micros(limits["pingPong"]["oneCore"]["p50Microseconds"]),
        ping_two=micros(limits["pingPong"]["twoCores"]["p50Microseconds"]))
    for state, (title, text) in STATES.items():
        page += f"\n## {title}\n\n{text}\n\n"
        page += table([result for result in results if result["state"] == state])
    sys.stdout.write(page)


if __name__ == "__main__":
    main()

"""Writes docs/performance.md from what `baton bench` measured.

usage: performance_page.py LIMITS.json WORKLOADS.jsonl

LIMITS.json is the output of `baton bench limits --json`; WORKLOADS.jsonl has one output of
`baton bench WORKLOAD --json` a line. The page goes to standard output.
"""

import datetime
import json
import os
import platform
import sys

HEADER = """# Performance

Written by `Scripts/bench`; do not edit. Every value is quoted beside a limit of the same machine,
measured in the same session, because absolute times say as much about the machine as about Baton.
Client and server share the machine. A ratio of 0.50 means: half of what the limit allows; of
latencies, 1.20 means a fifth more than the limit. "One core" pins client and server to one core,
as the limit beside it; elsewhere they run where the system puts them, which on an idle machine is
a core for each, so that a round trip of one call in flight is mostly two wake-ups of a core.

Machine: {machine}. Date: {date}. Every workload ran for {seconds:g} s over one connection.

## Limits of the machine

| limit | value |
|---|---|
"""

WORKLOADS = """
## Workloads

| workload | in flight | value | limit | ratio | p50 | p99 | p99.9 | errors |
|---|---|---|---|---|---|---|---|---|
"""


def count(value):
    """A number a second, with thousands apart."""
    return f"{value:,.0f}/s"


def micros(value):
    """A time given in microseconds, in the unit that reads best."""
    return f"{value / 1000:.2f} ms" if value >= 1000 else f"{value:.0f} µs"


def machine():
    """Processor, cores, memory and system, without the machine's name."""
    model = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = (line.split(":", 1)[1] for line in lines if line.startswith("model name"))
            model = next(names, model).strip()
    except OSError:
        pass
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    cores = len(os.sched_getaffinity(0))
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{model}, {cores} cores, {pages / 2**30:.0f} GiB, {system}"


def limit_rows(limits):
    """The rows of the first table."""
    commits = limits["sqliteCommits"]
    spawn = limits["spawnWait"]
    for name, limit in [
            ("raw loopback ping-pong, both sides on one core", limits["pingPong"]["oneCore"]),
            ("raw loopback ping-pong, a core for each side", limits["pingPong"]["twoCores"]),
            ("fdatasync in the data directory", limits["fdatasync"])]:
        yield name, f"{count(limit['perSecond'])}, p50 {micros(limit['p50Microseconds'])}"
    for rows in sorted(commits, key=int):
        yield f"raw SQLite, rows at {rows} a commit", count(commits[rows])
    yield "posix_spawn and wait, one at a time", count(spawn["perSecond"])
    yield "posix_spawn and wait, on two cores", count(spawn["perSecondTwoCores"])


def compare(result, limits):
    """(value, limit, ratio) as text: what this workload is to be held against.

    A latency is divided by the limit's latency (smaller is better), a rate by the limit's rate.
    """
    workload, in_flight = result["workload"], result["inFlight"]
    commits = limits["sqliteCommits"]
    cores = "oneCore" if result.get("placement") == "one core" else "twoCores"
    ping_pong = limits["pingPong"][cores]
    if workload in ("ping", "get-token") and in_flight == 1:
        return latency(result, "ping-pong p50", ping_pong["p50Microseconds"])
    if workload in ("put-token", "trigger") and in_flight == 1:
        return latency(result, "fdatasync p50", limits["fdatasync"]["p50Microseconds"])
    if workload in ("ping", "get-token"):
        return rate(result["perSecond"], "ping-pong, 1 in flight", ping_pong["perSecond"])
    if workload == "chain":
        nodes = result["nodesPerSecond"]
        return rate(nodes, "rows at 512 a commit", commits["512"], "nodes")
    if workload == "stop":
        # Beyond the grace; the goal is a time, not a limit of the machine.
        value = result["latencyMicroseconds"]["p50"]
        return f"p50 {micros(value)} after the grace", "goal 100 ms", f"{value / 100000:.2f}"
    if workload == "process":
        spawns = limits["spawnWait"]["perSecondTwoCores"]
        return rate(result["nodesPerSecond"], "spawn and wait", spawns, "nodes")
    return rate(result["perSecond"], "rows at 32 a commit", commits["32"])


def latency(result, name, limit):
    """The comparison of a median."""
    value = result["latencyMicroseconds"]["p50"]
    text = f"{count(result['perSecond'])}, p50 {micros(value)}"
    return text, f"{name} {micros(limit)}", f"{value / limit:.2f}"


def rate(value, name, limit, unit=""):
    """The comparison of a rate."""
    text = f"{count(value)} {unit}".strip()
    return text, f"{name} {count(limit)}", f"{value / limit:.2f}"


def main():
    """Reads the two files and prints the page."""
    with open(sys.argv[1], encoding="utf-8") as file:
        limits = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        results = [json.loads(line) for line in file if line.strip()]
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    seconds = max((result["seconds"] for result in results), default=0)
    page = HEADER.format(machine=machine(), date=today, seconds=round(seconds))
    for name, value in limit_rows(limits):
        page += f"| {name} | {value} |\n"
    page += WORKLOADS
    for result in results:
        value, limit, ratio = compare(result, limits)
        # The latency of a workload of runs is that of a whole run.
        times = result["latencyMicroseconds"]
        if "runMilliseconds" in result:
            times = {name: time * 1000 for name, time in result["runMilliseconds"].items()}
        name = result["workload"]
        if "placement" in result:
            name += f", {result['placement']}"
        cells = [name, str(result["inFlight"]), value, limit, ratio]
        cells += [micros(times[name]) if name in times else "" for name in ("p50", "p99", "p999")]
        errors = ", ".join(f"{n} {reason}" for reason, n in sorted(result["errors"].items()))
        page += f"| {' | '.join([*cells, errors or 'none'])} |\n"
    sys.stdout.write(page)


if __name__ == "__main__":
    main()

"""Runs the benches (bench_*.py of this folder, in the order of their names) on real servers and prints what they measured.

    bench/run.py [--build FOLDER] [--orders N] [--customers N] [--pairs N] [--rows N] [--set KEY=VALUE]... [BENCH...]

A bench is a module with `run(servers, options, results)`: it prints a table and returns numbers, which go under its name into
`results` (for the benches after it) and into BUILD/bench/results.json. Exit status 1 when anything was not as it should be; no
number is ever judged."""
import argparse
import importlib
import json
import os
import pathlib
import platform
import sys
import traceback

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "tests" / "system"))

from servers import Servers  # noqa: E402

NAMES = sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))


def chosen(words):
    """Names of benches that contain one of the words; all without words."""
    names = [name for name in NAMES if not words or any(word in name for word in words)]
    if not names:
        sys.exit(f"no such bench; there are: {' '.join(NAMES)}")
    return names


def machine():
    with open("/proc/cpuinfo") as cpuinfo:
        model = next((line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name")), platform.machine())
    return (f"{len(os.sched_getaffinity(0))} processors ({model}), on which Kafka, Redis, the registry and the load run too; "
            f"load average before {os.getloadavg()[0]:.1f}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--orders", type=int, default=1000000)
    parser.add_argument("--customers", type=int, default=200000)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--format", default="avro", choices=("avro", "json"))
    parser.add_argument("--due-customers", type=int, default=1000000, help="customers whom only time moves, in the benches of time")
    parser.add_argument("--crowd", type=int, default=100000, help="customers who lapse at one instant")
    parser.add_argument("--live-rate", type=float, default=2000, help="orders/s meanwhile")
    parser.add_argument("--pairs", type=int, default=2, help="runs of each of the two programs that are compared")
    parser.add_argument("--seconds", type=float, default=25, help="how long a latency is watched")
    parser.add_argument("--rows", type=int, default=1000000, help="customers of the trainer's large table")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a property of obek, to try what it changes")
    parser.add_argument("benches", nargs="*", metavar="BENCH")
    options = parser.parse_args()
    names = chosen(options.benches)
    print(machine(), flush=True)
    servers, results, failed = Servers(options.build), {}, True
    try:
        servers.start()
        for name in names:
            print(f"\n== {name}", flush=True)
            results[name] = importlib.import_module(f"bench_{name}").run(servers, options, results)
        failed = False
    except Exception:
        traceback.print_exc()
    finally:
        servers.end(keep=failed)
    (pathlib.Path(servers.build) / "bench" / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""What the pure parts of an order's way cost, without Kafka and Redis: where obek's own CPU time goes."""
import json
import os
import subprocess
from statistics import median

from servers import ORDER_SCHEMA
from table import Table, spread
from workload import MODEL

RUNS = 3


def run(servers, options, _results):
    words = [servers.program("parts"), "--schema", ORDER_SCHEMA, "--model", MODEL, "--orders", str(options.orders),
             "--customers", str(options.customers)]
    runs = [json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout) for _ in range(RUNS)]
    facts = {name: runs[0][name] for name in ("events an order", "state bytes")}
    parts = [name for name in runs[0] if name not in facts]
    made = Table("an order")
    for name in parts:
        made.row(name, spread([one[name] for one in runs], "ns"))
    made.row("all of them", f"{sum(median(one[name] for one in runs) for name in parts):,.0f} ns")
    print(made)
    print(f"{facts['events an order']:.2f} segment changes an order; a state has {facts['state bytes']:.0f} bytes", flush=True)
    return runs

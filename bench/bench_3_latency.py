"""How long after an order its segment change can be read (read_committed), while orders come at half of the drain rate, and at a
tenth. One order in ten is the first of its customer; so there are changes all the time. Loader and reader run on the same machine."""
import json
import os
from statistics import median

import bench_1_drain
from measure import Progress, cpu_s, peak_rss_bytes
from processes import Process
from table import Table
from waiting import wait_until
from workload import SEED

WARMUP_S = 5
SHARES = (0.1, 0.5)
NEW_SHARE = 0.1
LIMIT_S = 120


def run(servers, options, results):
    if servers.drained is None:
        results["1_drain"] = bench_1_drain.run(servers, options, results)
    rate = median(one["rate"] for one in results["1_drain"]["obek"])
    known = {"orders": options.orders, "customers": options.customers}
    process = servers.drained.start()
    wait_until(lambda: servers.topics.group_state(servers.drained.group) == ("STABLE", 1), LIMIT_S, "obek to join its group")
    measured = [watched(servers, options, servers.drained, process, share * rate, known) for share in SHARES]
    code = process.terminate(LIMIT_S)
    assert code == 0, f"obek exited with {code}:\n{process.log_tail()}"
    servers.drained.check_no_dead_letters()
    print(table(measured), flush=True)
    return measured


def watched(servers, options, one, process, rate, known, seed=SEED, settled=lambda: True):
    """`process`: of the ObekRun `one`. `known`: the orders and customers so far; goes on with them. settled: what else the reader
    has to wait for."""
    log = os.path.join(servers.folder, f"latency-{one.group}-{known['orders']}.log")
    reader = Process([servers.program("latency"), "--bootstrap", servers.kafka.bootstrap, "--topic", one.changes, "--warmup", WARMUP_S],
                     log)
    wait_until(lambda: "ready" in reader.log(), LIMIT_S, "the reader of changes")
    before_s = cpu_s(process.pid)
    sent = servers.load(one.topic, format=options.format, seed=seed, rate=rate, seconds=WARMUP_S + options.seconds,
                        new_share=NEW_SHARE, **known)
    known.update(orders=known["orders"] + sent["sent"], customers=sent["customers"])
    lag = drained(servers, options, one, known["orders"])
    wait_until(settled, LIMIT_S, "what is due to have happened")
    own_us = (cpu_s(process.pid) - before_s) / sent["sent"] * 1e6
    code = reader.terminate()
    assert code == 0, reader.log_tail()
    seen = json.loads(reader.log().splitlines()[-1])
    assert seen["timed"] > 0, "no segment change came"
    return {"rate": sent["sent"] / sent["seconds"], "lag": lag, "cpu_us": own_us, "peak_bytes": peak_rss_bytes(process.pid), **seen}


def drained(servers, options, one, orders):
    """Waits until all orders are committed; how many were not at first."""
    progress = Progress(servers.kafka.bootstrap, one.group, one.topic, range(options.partitions))
    try:
        lag = orders - progress.records()
        wait_until(lambda: progress.records() >= orders, LIMIT_S, f"all of {orders} orders to be committed")
        return lag
    finally:
        progress.close()


def table(measured):
    made = Table(*(f"{one['rate']:,.0f} orders/s" for one in measured))
    for share in ("p50", "p90", "p99", "p999", "max"):
        made.row(f"order to change read, {share}", *(f"{one['received_ms'][share]:,.0f} ms" for one in measured))
    for share in ("p50", "p99"):
        made.row(f"order to change written, {share}", *(f"{one['published_ms'][share]:,.0f} ms" for one in measured))
    made.row("changes timed", *(f"{one['timed']:,}" for one in measured))
    made.row("orders not committed at the end", *(f"{one['lag']:,}" for one in measured))
    made.row("own CPU an order", *(f"{one['cpu_us']:.2f} us" for one in measured))
    made.row("peak memory so far", *(f"{one['peak_bytes'] / 1e6:,.0f} MB" for one in measured))
    return made

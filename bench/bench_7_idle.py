"""What customers cost to whom nothing happens: a thousand of them, a tenth of --due-customers, and all of those. First the three obeks
side by side with nothing due: CPU, and calls to Redis. Then, in turn, one tick that moves a thousand customers, and a thousand orders
of new customers: how often Redis is called, and how long a call takes, by its own account."""
import json
import math
import time

from lapsing import LapsingRun, Year
from measure import Progress, cpu_s
from table import Table, spread
from waiting import wait_until

MOVED = 1000  # by one tick; and the fewest customers
ORDERS = 1000
SETTLE_S = 5
WINDOW_S = 10
WINDOWS = 5
ROUNDS = 3  # each customer has so many years to live through
LIMIT_S = 120


def run(servers, options, _results):
    runs = [filled(servers, options, customers) for customers in (MOVED, options.due_customers // 10)]
    runs.append(servers.lapsed or filled(servers, options, options.due_customers))
    idle = watch_idle(servers, runs)
    print(idle_table(idle, runs), flush=True)
    processes = [one.start(clock="manual") for one in runs]
    ticks = [[tick(servers, one, number) for one in runs] for number in range(ROUNDS)]
    orders = [[order(servers, options, one, process, number) for one, process in zip(runs, processes)] for number in range(ROUNDS)]
    end(processes)
    for name, rounds in ((f"one tick that moves {MOVED:,} customers", ticks), (f"{ORDERS:,} orders of new customers", orders)):
        print(f"{name}:\n{calls_table(rounds, runs)}", flush=True)
    return {"idle": idle, "ticks": ticks, "orders": orders}


def filled(servers, options, customers):
    """Drained of the orders of so many customers, and ended."""
    year = Year(servers, options, customers)
    one = LapsingRun(servers, year, options, f"idle-{customers}")
    code = one.start_to_end().wait(LIMIT_S)
    assert code == 0, f"obek exited with {code}"
    return one


def end(processes):
    for process in processes:
        code = process.terminate(LIMIT_S)
        assert code == 0, f"obek exited with {code}:\n{process.log_tail()}"


def commandstats(redis):
    """{command: {"calls", "usec"}}; what is asked by this bench itself is not in it."""
    asked = ("info", "config|resetstat", "ping")
    return {name.removeprefix("cmdstat_"): {"calls": stats["calls"], "usec": stats["usec"]}
            for name, stats in redis.client.info("commandstats").items() if name.removeprefix("cmdstat_") not in asked}


# ---- nothing due ----

def watch_idle(servers, runs):
    """{"kafka_alone_ms": without obek, "windows": [{"runs": [of each: {"obek_ms", "redis_ms", "calls"}], "kafka_ms": with all}]};
    ms are milliseconds of CPU in a second."""
    alone_ms = cpu_ms_per_s([servers.kafka.pid])[0]
    processes = [one.start() for one in runs]
    for process in processes:
        wait_until(lambda log=process.log: "event=assigned" in log(), LIMIT_S, "obek to be assigned its sources")
    time.sleep(SETTLE_S)
    before = [one.events() for one in runs]
    windows = [idle_window(servers, runs, processes) for _ in range(WINDOWS)]
    assert [one.events() for one in runs] == before, "something was due"
    end(processes)
    return {"kafka_alone_ms": alone_ms, "windows": windows}


def idle_window(servers, runs, processes):
    for one in runs:
        one.redis.client.config_resetstat()
    pids = [process.pid for process in processes] + [one.redis.pid for one in runs] + [servers.kafka.pid]
    spent = cpu_ms_per_s(pids)
    n = len(runs)
    return {"runs": [{"obek_ms": spent[i], "redis_ms": spent[n + i], "calls": commandstats(one.redis)} for i, one in enumerate(runs)],
            "kafka_ms": spent[-1]}


def cpu_ms_per_s(pids):
    """Of each process: milliseconds of CPU in a second, over a window."""
    began, before = time.monotonic(), [cpu_s(pid) for pid in pids]
    time.sleep(WINDOW_S)
    return [(cpu_s(pid) - spent) * 1e3 / (time.monotonic() - began) for pid, spent in zip(pids, before)]


def idle_table(idle, runs):
    windows = idle["windows"]
    made = Table(*(f"{one.year.customers:,} customers" for one in runs), "last / first")

    def row(name, value, unit, digits):
        columns = [[value(window["runs"][i]) for window in windows] for i in range(len(runs))]
        made.row(name, *(spread(column, unit, digits) for column in columns), ratios(columns))
    row("obek's CPU", lambda of: of["obek_ms"], "ms/s", 1)
    row("Redis's CPU", lambda of: of["redis_ms"], "ms/s", 1)
    row("calls to Redis", lambda of: sum(stats["calls"] for stats in of["calls"].values()) / WINDOW_S, "/s", 0)
    for command in sorted(set().union(*(of["calls"] for window in windows for of in window["runs"]))):
        if all(command in of["calls"] for window in windows for of in window["runs"]):
            row(f"  {command}, a call", lambda of: of["calls"][command]["usec"] / of["calls"][command]["calls"], "us", 2)
    made.row("Kafka's CPU, without obek and with all three", spread([idle["kafka_alone_ms"]], "ms/s", 1),
             spread([window["kafka_ms"] for window in windows], "ms/s", 1))
    return made


def ratios(columns):
    return spread([last / first if first else 0 for first, last in zip(columns[0], columns[-1])], "", 2)


# ---- the same work ----

def tick(servers, one, number):
    """Moves the next of the customers: of a thousand all, each time in another year."""
    times = (number + 1) * MOVED / one.year.customers
    whole = math.ceil(times) - 1
    up_to_ms = one.year.lapsed_by_ms(times - whole, one.lived + 1 + whole)

    def write():
        record = json.dumps({"type": "tick", "up_to": up_to_ms}).encode()
        ((_, offset),) = servers.topics.produce(one.control, [{"value": record, "partition": 0}])
        return one.control, [0], offset + 1
    return calls_of(servers, one, write)


def order(servers, options, one, process, number):
    """All in one batch, as obek is stopped while they are sent."""
    def write():
        process.pause()
        known = one.year.customers + number * ORDERS
        servers.load(one.topic, format=options.format, orders=known, customers=known, seed=1, rate=1e6, seconds=ORDERS / 1e6, new_share=1)
        process.resume()
        return one.topic, range(options.partitions), known + ORDERS
    return calls_of(servers, one, write)


def calls_of(servers, one, write):
    """What obek asks of Redis for the records that write() writes: it returns topic, partitions and how many records are committed
    when they have been processed."""
    one.redis.client.config_resetstat()
    topic, partitions, records = write()
    progress = Progress(servers.kafka.bootstrap, one.group, topic, partitions)
    try:
        wait_until(lambda: progress.records() >= records, LIMIT_S, f"{records} records of {topic} to be committed")
    finally:
        progress.close()
    return commandstats(one.redis)


def calls_table(rounds, runs):
    made = Table(*(f"{one.year.customers:,} customers" for one in runs), "last / first")
    commands = sorted(set().union(*(stats for pair in rounds for stats in pair)))
    for command in commands:
        pairs = [[stats.get(command, {"calls": 0, "usec": 0}) for stats in pair] for pair in rounds]
        if not all(stats["calls"] for pair in pairs for stats in pair):
            continue
        columns = [[stats["usec"] / stats["calls"] for stats in column] for column in zip(*pairs)]
        calls = [spread([stats["calls"] for stats in column]) for column in zip(*pairs)]
        made.row(command, *(f"{spread(column, 'us', 2)} x {count}" for column, count in zip(columns, calls)),
                 ratios(columns))
    return made

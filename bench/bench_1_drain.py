"""How fast a backlog of orders is drained, against a bare program that only moves bytes. The runs alternate, each with a new
group and an empty Redis; a ratio is that of two runs next to each other."""
from measure import Progress, watch_drain
from table import cost_table
from workload import MODEL, BareRun, ObekRun, filled

LIMIT_S = 120


def run(servers, options, _results):
    costs, servers.drained = compare(servers, options, MODEL, "obek")
    return costs


def compare(servers, options, model, name):
    """Prints the table; ({"bare": costs of each run, "obek": ...}, the last run of obek, whose Redis is left running)."""
    topic = filled(servers, options)
    bare, obek, last = [], [], None
    for number in range(options.pairs):
        one = BareRun(servers, topic, options, f"bare-{name}-{number}")
        bare.append(measured(servers, topic, options, one, one.start))
        servers.drop_redis(one.redis)
        if last is not None:
            servers.drop_redis(last.redis)
        last = ObekRun(servers, topic, options, model, f"{name}-{number}")
        obek.append(measured(servers, topic, options, last, last.start_to_end))
    print(cost_table(("bare", "obek"), "an order", bare, obek), flush=True)
    print(f"{last.events() / options.orders:.2f} segment changes an order (markers of transactions included)")
    return {"bare": bare, "obek": obek}, last


def measured(servers, topic, options, one, start, limit_s=LIMIT_S):
    progress = Progress(servers.kafka.bootstrap, one.group, topic, range(options.partitions))
    try:
        cost = watch_drain(start, progress, options.orders, {"redis": one.redis.pid, "kafka": servers.kafka.pid}, limit_s)
    finally:
        progress.close()
    one.check(options)
    print(f"  {one.group}: {cost['rate']:,.0f} orders/s", flush=True)
    return cost


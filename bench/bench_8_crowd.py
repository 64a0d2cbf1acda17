"""What a crowd that lapses at one instant does to live orders, whose pace is time.events.per.second.max as it comes: how long after
an order its segment change can be read, without a crowd and with one, in turn. The crowd is of imported customers, so to say, who all
have the same date; it is due when the warm-up of the live orders is over."""
import time

from bench_3_latency import LIMIT_S, WARMUP_S, drained, watched
from lapsing import DAY_MS, LAPSE_DAYS, SEGMENTS, LapsingRun, Year
from table import Table, spread
from workload import SEED

REGULARS = 20000
LEAD_S = 10  # and one more for each of so many customers:
CROWD_PER_LEAD_S = 5000


def run(servers, options, _results):
    one = LapsingRun(servers, Year(servers, options, REGULARS), options, "crowd")
    process = one.start()
    known = {"orders": REGULARS, "customers": REGULARS}
    drained(servers, options, one, REGULARS)
    calm, crowded = [], []
    for pair in range(options.pairs):
        calm.append(watched(servers, options, one, process, options.live_rate, known))
        crowded.append(watched_with_crowd(servers, options, one, process, known, pair + 1))
        print(f"  p99 {calm[-1]['received_ms']['p99']:,.0f} ms without, {crowded[-1]['received_ms']['p99']:,.0f} ms with the crowd", flush=True)
    code = process.terminate(LIMIT_S)
    assert code == 0, f"obek exited with {code}:\n{process.log_tail()}"
    one.check_no_dead_letters()
    print(table(calm, crowded), flush=True)
    return {"calm": calm, "crowded": crowded}


def now_ms():
    return int(time.time() * 1000)


def watched_with_crowd(servers, options, one, process, known, number):
    due_ms = now_ms() + 1000 * (LEAD_S + options.crowd // CROWD_PER_LEAD_S)
    ordered_ms = due_ms - 1 - LAPSE_DAYS * DAY_MS  # a score that falls does so 1 ms after its cut
    sent = servers.load(one.topic, format=options.format, orders=options.crowd, customers=options.crowd, seed=SEED + number,
                        from_ms=ordered_ms, to_ms=ordered_ms + 1)
    known["orders"] += sent["sent"]
    drained(servers, options, one, known["orders"])
    ahead_s = due_ms / 1000 - WARMUP_S - time.time()
    assert ahead_s > 0, f"the crowd's own orders took {-ahead_s:.1f} s too long"
    time.sleep(ahead_s)
    seen = watched(servers, options, one, process, options.live_rate, known,
                   settled=lambda: one.members(SEGMENTS[1]) == number * options.crowd and one.unpublished() == 0)
    assert seen["by_time"] == options.crowd, f"{seen['by_time']} of {options.crowd} changes were read"
    return seen


def table(calm, crowded):
    made = Table("live orders alone", "and a crowd that lapses", "with / without")
    for where, name in (("received_ms", "read"), ("published_ms", "written")):
        for share in ("p50", "p90", "p99", "max"):
            left, right = ([seen[where][share] for seen in runs] for runs in (calm, crowded))
            made.row(f"order to change {name}, {share}", spread(left, "ms"), spread(right, "ms"),
                     spread([b / a for a, b in zip(left, right)], "", 2))
    for share in ("p50", "max"):
        made.row(f"due time to change written, {share}", "", spread([seen["time_published_ms"][share] for seen in crowded], "ms"))
    made.row("own CPU over the orders, each", *(spread([seen["cpu_us"] for seen in runs], "us", 1) for runs in (calm, crowded)))
    return made

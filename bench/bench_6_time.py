"""How fast customers are moved by time alone, against how fast orders are drained. A million customers with one order each: draining
them makes one segment change a customer (the entry), and so does the year after, whose due times are spread all over it."""
from argparse import Namespace
from datetime import datetime, timezone

from bench_1_drain import measured
from lapsing import PACE_MAX, SEGMENTS, LapsingRun, Year
from measure import watch_drain
from table import cost_table

LIMIT_S = 300


def run(servers, options, _results):
    options = Namespace(**{**vars(options), "orders": options.due_customers, "customers": options.due_customers})
    year = Year(servers, options, options.customers)
    orders, moves = [], []
    for number in range(options.pairs):
        if servers.lapsed is not None:
            servers.drop_redis(servers.lapsed.redis)
        one = servers.lapsed = LapsingRun(servers, year, options, f"time-{number}", time_events_per_second_max=PACE_MAX)
        orders.append(measured(servers, year.topic, options, one, one.start_to_end, LIMIT_S))
        moves.append(move(servers, one))
    print(cost_table(("orders", "customers moved"), "each", orders, moves), flush=True)
    return {"orders": orders, "moves": moves}


def move(servers, one):
    """All customers live through the year to come."""
    published = Published(servers.topics, one.changes)
    until = datetime.fromtimestamp(one.year.lapsed_by_ms(1) / 1000, timezone.utc).isoformat()
    cost = watch_drain(lambda: one.start("--exit-at-end", clock="event", clock_event_until=until), published, one.year.customers,
                       {"redis": one.redis.pid, "kafka": servers.kafka.pid}, LIMIT_S)
    moved = one.members(SEGMENTS[1])
    assert moved == one.year.customers, f"{moved} of {one.year.customers} were moved"
    one.lived = 1
    print(f"  {one.group}: {cost['rate']:,.0f} customers moved/s", flush=True)
    return cost


class Published:
    """What has been committed to a topic since, as measure.Progress tells it; transaction markers count."""

    def __init__(self, topics, topic):
        self._topics, self._topic = topics, topic
        self._before = 0
        self._before = self.records()

    def records(self):
        return sum(self._topics.ends(self._topic).values()) - self._before


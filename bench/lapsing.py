"""Customers whom only time moves: one order each, at an instant of the last year, and a model by which they change segment each time
another 365 days have passed since. So each has one due time in each year to come, and those of all are spread over it."""
import json
import os
import time

from obek_process import PROJECT
from workload import SEED, ObekRun

DAY_MS = 86400000
LAPSE_DAYS = 365
SEGMENTS = ("new_customers", "promising", "about_to_sleep", "hibernating")  # of one order, as the years go by
MARGIN_MS = DAY_MS  # nobody is due for as long by the wall clock
PACE_MAX = 10000000  # time.events.per.second.max: as good as none


def write_model(folder):
    """The RFM model of FLO with cuts of whole years."""
    with open(os.path.join(PROJECT, "config", "models", "flo-rfm.json")) as file:
        model = json.load(file)
    model["name"] = "lapsing"
    model.pop("probes", None)
    (scheme,) = model["schemes"]
    scheme["cuts"]["recency_days"] = [LAPSE_DAYS * years for years in (1, 2, 3, 4)]
    path = os.path.join(folder, "lapsing.json")
    with open(path, "w") as file:
        json.dump(model, file)
    return path


class LapsingRun(ObekRun):
    """obek with that model, by the clock on the wall, and the customers of a Year."""

    def __init__(self, servers, year, options, name, **properties):
        """properties: `_` for `.`."""
        super().__init__(servers, year.topic, options, write_model(servers.folder), name,
                         {"clock": "wall", **{key.replace("_", "."): value for key, value in properties.items()}})
        self.year = year
        self.lived = 0  # years to come that all of them have lived through

    def members(self, segment):
        """Customers in the segment, by the sizes that obek keeps."""
        return sum(int(size) for size in self._of_each_bucket("hget", "sizes", f"rfm/{segment}") if size is not None)

    def unpublished(self):
        """Changes that are saved, and not known to be committed."""
        return sum(self._of_each_bucket("hlen", "outbox"))

    def _of_each_bucket(self, command, key, *arguments):
        pipeline = self.redis.client.pipeline(transaction=False)
        for bucket in range(int(self.redis.client.hget("obek:meta", "buckets"))):
            getattr(pipeline, command)(f"obek:{{{bucket}}}:{key}", *arguments)
        return pipeline.execute()


class Year:
    """A topic with the orders of customers, one each, spread over the time from one instant until before another: the year that has
    just ended."""

    def __init__(self, servers, options, customers):
        self.customers = customers
        self.until_ms = int(time.time() * 1000)
        self.from_ms = self.until_ms - LAPSE_DAYS * DAY_MS + MARGIN_MS
        self.topic = servers.topics.create(f"lapsing-{customers}", partitions=options.partitions)
        sent = servers.load(self.topic, format=options.format, orders=customers, customers=customers, seed=SEED, from_ms=self.from_ms,
                            to_ms=self.until_ms)
        print(f"{customers:,} customers with one order each in {options.partitions} partitions, loaded in {sent['seconds']:.1f} s",
              flush=True)

    def lapsed_by_ms(self, share, year=1):
        """When that share of the customers has lived through the due time of a year to come; 1 is the next one."""
        return int(self.from_ms + share * (self.until_ms - self.from_ms)) + year * LAPSE_DAYS * DAY_MS

"""The same backlog with a model that only counts orders and money: few orders move their customer, and time moves nobody. What
differs from the drain before is what segment changes cost."""
import json
import os

import bench_1_drain
from workload import MODEL

MOVED_BY_TIME = ("recency_days", "active_days")
HYSTERESIS = 0.2


def run(servers, options, _results):
    path = os.path.join(servers.folder, "calm.json")
    with open(path, "w") as file:
        json.dump(calm(), file)
    return bench_1_drain.compare(servers, options, path, "calm")[0]


def calm():
    """The FLO model without the features that time or a pause between orders change."""
    with open(MODEL) as file:
        model = json.load(file)
    model["name"] = "calm"
    model.pop("probes", None)
    (scheme,) = model["schemes"]
    kept = [column for column, feature in enumerate(scheme["features"]) if feature["name"] not in MOVED_BY_TIME]
    scheme["hysteresis"] = HYSTERESIS
    scheme["features"] = [scheme["features"][column] for column in kept]
    for segment in scheme["segments"]:
        segment["centroid"] = [segment["centroid"][column] for column in kept]
    return model

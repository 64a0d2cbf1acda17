"""What Redis holds for others than obek (index, sizes, profiles), against the states."""
import json
from collections import Counter

from redis.crc import key_slot

from expected import MINOR, Cltv, Model, format_time, totals_of

ROUNDED_OTHERWISE = 3             # minor units in a sum
NEVER = 2 ** 52                   # scores of those who never move: from here to 2^53


def hold_redis(client, states, readable="segments", buckets=256):
    """Index, sizes and profiles say what the states say, each customer is in the bucket of their CRC16, and no outbox holds
    anything any more."""
    pipeline = client.pipeline(transaction=False)
    for bucket in range(buckets):
        pipeline.zrange(f"obek:{{{bucket}}}:due", 0, -1, withscores=True)
        pipeline.hgetall(f"obek:{{{bucket}}}:sizes")
        pipeline.hgetall(f"obek:{{{bucket}}}:outbox")
    answers = pipeline.execute()
    left = sum(map(len, answers[2::3]))
    assert left == 0, f"{left} entries are left in the outboxes"
    hold_index(answers[0::3], states, buckets)
    hold_sizes(answers[1::3], states, *in_force(client, buckets))
    hold_profiles(client, states, readable, buckets)


def bucket_of(customer, buckets):
    return key_slot(customer.encode()) % buckets


def hold_index(sets, states, buckets):
    index = {customer.decode(): (bucket, score) for bucket, members in enumerate(sets) for customer, score in members}
    assert index.keys() == states.keys()
    for customer, (bucket, score) in index.items():
        assert bucket == bucket_of(customer, buckets) == states[customer]["shown"]["bucket"], customer
        due = states[customer]["due"]
        assert NEVER <= score < 2 * NEVER if due is None else score == due, (customer, score, due)


def in_force(client, buckets):
    """Number and schemes of the model that all buckets have taken up."""
    notes = {client.hget(f"obek:{{{bucket}}}:marks", "model") for bucket in range(buckets)}
    assert len(notes) == 1
    number, _, sha256 = notes.pop().decode().split()
    return int(number), Model(json.loads(client.get(f"obek:model:{sha256}"))).schemes


def expected_of(state, number, schemes):
    """CLTV in minor units as of the state's evaluation, by the model in force; None: not known."""
    totals, cltv = totals_of(state), next((scheme for scheme in schemes if isinstance(scheme, Cltv)), None)
    if cltv is None or totals.n == 0 or state["shown"]["model"]["number"] != number:
        return None
    return round(cltv.value(totals, state["as_of"]) * MINOR)


def hold_sizes(hashes, states, number, schemes):
    sizes, wanted = Counter(), Counter()
    for found in hashes:
        for field, amount in found.items():
            sizes[field.decode()] += int(amount)
    for state in states.values():
        expected = expected_of(state, number, schemes)
        for scheme, segment in state["segments"].items():
            if segment is not None:
                wanted[f"{scheme}/{segment}"] += 1
                wanted[f"{scheme}/{segment}/value"] += state["value_online_minor"] + state["value_offline_minor"]
            if segment is not None and expected is not None:
                wanted[f"{scheme}/{segment}@{number}"] += 1
                wanted[f"{scheme}/{segment}@{number}/value"] += expected
    for field in filter(is_estimate, wanted.keys() & sizes.keys()):  # another way to add up may round another way
        assert abs(sizes[field] - wanted[field]) <= ROUNDED_OTHERWISE, (field, sizes[field], wanted[field])
        sizes[field] = wanted[field]
    assert {field: amount for field, amount in sizes.items() if amount} == {field: amount for field, amount in wanted.items() if amount}


def is_estimate(field):
    return "@" in field and field.endswith("/value")


def hold_profiles(client, states, readable, buckets):
    pipeline = client.pipeline(transaction=False)
    for customer in states:
        pipeline.hgetall(f"obek:{{{bucket_of(customer, buckets)}}}:profile:{customer}")
    for (customer, state), found in zip(states.items(), pipeline.execute()):
        wanted = {}
        for scheme, segment in state["segments"].items():
            if segment is not None and readable != "off":
                wanted |= {f"segment:{scheme}": segment, f"since:{scheme}": format_time(state["since"][scheme])}
        if readable == "full" and state["shown"]["orders"] > 0:
            wanted |= {"orders": str(state["shown"]["orders"]), "value": state["shown"]["value"], "last_order": state["shown"]["last_order"]}
        assert {name.decode(): value.decode() for name, value in found.items()} == wanted, customer

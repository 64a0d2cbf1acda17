"""What Redis holds for others than obek (index, sizes, profiles), against the states."""
from collections import Counter

from redis.crc import key_slot

from expected import format_time

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
    hold_sizes(answers[1::3], states)
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


def hold_sizes(hashes, states):
    sizes, wanted = Counter(), Counter()
    for found in hashes:
        for field, number in found.items():
            sizes[field.decode()] += int(number)
    for state in states.values():
        for scheme, segment in state["segments"].items():
            if segment is not None:
                wanted[f"{scheme}/{segment}"] += 1
                wanted[f"{scheme}/{segment}/value"] += state["value_online_minor"] + state["value_offline_minor"]
    assert +sizes == +wanted


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

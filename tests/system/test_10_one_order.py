"""One order from bytes to event, through a real Kafka and a real Redis: the most basic story of all."""
from small import events, model, now_ms, order


def test_an_order_becomes_an_event(obek, topics, folder):
    at = now_ms()
    name = topics.create("orders", partitions=2)
    topics.produce(name, [order("o1", "c1", "12.50", at - 5000), order("o2", "c1", "2000", at - 4000)])
    one = obek(model_file=model(folder))
    one.run_to_end()
    made = events(topics)
    assert [(e["from_segment"], e["to_segment"], e["cause"], e["sequence"]) for e in made] == [
        (None, "small", "ORDER", 1), ("small", "large", "ORDER", 2)]
    assert [e["order"]["order_id"] for e in made] == ["o1", "o2"]
    assert made[0]["event_id"].startswith(f"order/{name}/")
    one.run_to_end()  # nothing new: nothing is published again
    assert len(events(topics)) == 2

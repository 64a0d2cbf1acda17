"""One order from bytes to event, through a real Kafka and a real Redis: the most basic story of all."""
import json

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


def test_campaigns_of_the_catalogue(obek, topics, folder):
    """Those of the segment entered; the built-in catalogue knows nothing of this model's segments, and would not be asked."""
    catalogue = f"{folder}/campaigns.json"
    with open(catalogue, "w", encoding="utf-8") as file:
        json.dump({"obek_campaigns": 1, "segments": [
            {"id": "large", "next": {"en": "Call them", "tr": "Ara"}, "campaigns": ["vip", "gift"]},
            {"id": "small", "scheme": "other", "campaigns": ["not-this"]}]}, file)
    at = now_ms()
    name = topics.create("orders", partitions=1)
    topics.produce(name, [order("o1", "c1", "12.50", at - 5000), order("o2", "c1", "2000", at - 4000), order("o1", "c1", None, at - 3000, kind="CANCELLATION"),
                          order("o2", "c1", None, at - 2000, kind="CANCELLATION")])
    one = obek(model_file=model(folder), campaign_catalogue=catalogue)
    one.run_to_end()
    assert [(e["to_segment"], e["campaigns"]) for e in events(topics)] == [("small", []), ("large", ["vip", "gift"]), (None, [])]
    topics.produce(name, [order("o3", "c1", "1500", at - 1000)])
    one.run_to_end()
    explained = json.loads(one.call("explain", "-o", "json", "c1").stdout)["schemes"]["kmeans"]
    assert explained["campaigns"] == ["vip", "gift"] and explained["advice"] == {"next": {"en": "Call them", "tr": "Ara"}}
    assert "Campaigns: vip, gift." in one.call("explain", "c1").stdout and "Yapılacak: Ara." in one.call("explain", "--lang", "tr", "c1").stdout
    told = {s["segment"]: (s["advice"], s["campaigns"]) for s in json.loads(one.call("segments", "-o", "json").stdout)["schemes"][0]["segments"]}
    assert told == {"small": (None, []), "large": (explained["advice"], ["vip", "gift"])}
    with open(catalogue, "w", encoding="utf-8") as file:
        file.write('{"obek_campaigns": 1, "segments": [{"goal": {}}]}')
    assert "segments[0]" in one.call("segments", "-o", "json", expect=1).stderr
    refused = one.call("run", "--check-config", expect=2)
    assert "campaign.catalogue" in refused.stderr and "segments[0]" in refused.stderr

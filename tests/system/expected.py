"""What obek says, held against the independent reference in tests/reference: events and states."""
import json
import os
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import quote

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from reference.cltv import Cltv  # noqa: E402, F401
from reference.ledger import Totals  # noqa: E402
from reference.model import FEATURES, Model, feature  # noqa: E402
from reference.order import format_time, parse_time  # noqa: E402

MARGIN = 1e-9                     # how far sums of other order may be apart
ESTIMATE = 1e-9                   # how far, relatively, estimates of the future may be apart
ESTIMATES = ("cltv", "p_alive", "purchases")
DAY_MS = 86_400_000
EPOCH, MILLISECOND = datetime.fromtimestamp(0, timezone.utc), timedelta(milliseconds=1)
MINOR = 100                       # minor units of the tests' currency in a major one


def instant(value):
    """RFC 3339 with milliseconds and Z (JSON), or a number (Avro) -> ms."""
    if isinstance(value, str):
        at = parse_time(value)
        assert format_time(at) == value, f"{value} is not how an instant is written"
        return at
    return value


def near(a, b):
    """Instants that were searched for may be 1 ms apart."""
    return a == b or (a is not None and b is not None and abs(a - b) <= 1)


def raise_if(differences, checked):
    assert not differences, f"{len(differences)} of {checked} differ, the first:\n" + "\n".join(map(str, differences[:5]))


# ---- events ---------------------------------------------------------------------------------------------------------

def as_event(event):
    """An event of the reference, or its text."""
    return json.loads(event) if isinstance(event, bytes) else event


def by_customer(messages):
    """Values of the campaign topic by key, in the topic's order."""
    found = {}
    for message in messages:
        found.setdefault(message.key().decode(), []).append(message.value())
    return found


def hold_events(messages, read, expected, topics, instances=1):
    """Every event equals the reference's, in order, customer by customer; how many. `expected`: customer -> events (dicts or
    their texts); topics: names that the reference was told -> real names. Of several instances one may publish what time did to a
    customer after another has published their next order: the order is that of `sequence`."""
    got, differences, checked = by_customer(messages), [], 0
    for customer in sorted(got.keys() | expected.keys()):
        wanted = [as_event(event) for event in expected.get(customer, ())]
        read_events = [read(value) for value in got.get(customer, ())]
        if instances > 1:
            read_events.sort(key=lambda event: event["sequence"])
        checked += len(wanted)
        if len(wanted) != len(read_events):
            differences.append((customer, f"{len(read_events)} events, not {len(wanted)}"))
        for number, (event, wanted_event) in enumerate(zip(read_events, wanted)):
            wrong = event_differences(event, renamed(wanted_event, topics))
            if wrong:
                differences.append((customer, number, wrong))
                break
    raise_if(differences, checked)
    return checked


def renamed(event, topics):
    """The reference's event with the real name of its topic, also in its id."""
    if event["order"] is None:
        return event
    told, real = event["order"]["topic"], topics[event["order"]["topic"]]
    assert event["event_id"].startswith(f"order/{told}/")
    return {**event, "event_id": event["event_id"].replace(told, real, 1), "order": {**event["order"], "topic": real}}


EXACT = ("customer_id", "scheme", "from_segment", "to_segment", "cause", "sequence", "model", "order", "runner_up", "next_segment",
         "campaigns", "eligible", "holdout")
INSTANTS = ("previous_since", "next_change_at")


def event_differences(got, want):
    """{field: (got, wanted)}, empty when the events are the same."""
    if is_same(got, want):
        return {}
    if got.keys() != want.keys() | {"published_at"}:
        return {"fields": (sorted(got), sorted(want))}
    at, wanted_at = instant(got["occurred_at"]), instant(want["occurred_at"])
    timed = want["cause"] == "TIME"
    event_id = f"time/{quote(want['customer_id'], safe='')}/{at}/{want['scheme']}" if timed else want["event_id"]
    same = {
        **{name: got[name] == want[name] for name in EXACT},
        **{name: near(instant(got[name]), instant(want[name])) for name in INSTANTS},
        "occurred_at": near(at, wanted_at) if timed else at == wanted_at, "event_id": got["event_id"] == event_id,
        "features": features_are_near(got["features"], want["features"], abs(at - wanted_at)),
        "margin": margin_is_near(got["margin"], want["margin"], abs(at - wanted_at)),
        "published_at": instant(got["published_at"]) > 1_700_000_000_000,
    }
    return {name: (got[name], want.get(name)) for name, is_same in same.items() if not is_same}


def is_same(got, want):
    """To the last bit, as nearly all are."""
    whole = {**want, "published_at": got.get("published_at")}
    if not isinstance(got.get("occurred_at"), str):
        for name in ("occurred_at", *INSTANTS):
            whole[name] = whole[name] and (datetime.fromisoformat(whole[name]) - EPOCH) // MILLISECOND
    return whole == got and instant(got["published_at"]) > 1_700_000_000_000


def features_are_near(got, want, shift_ms):
    """The same doubles (they are sums of integers and one division), unless they move and the instants differ, or are estimates."""
    return got.keys() == want.keys() and all(
        abs(value - want[name]) <= (ESTIMATE * abs(want[name]) + shift_ms * 1e-6 if name in ESTIMATES else shift_ms * 1.001 / DAY_MS)
        for name, value in got.items())


def margin_is_near(got, want, shift_ms=0):
    return got is want is None or None not in (got, want) and abs(got - want) <= MARGIN + shift_ms * 1e-7


def hold_chains(messages, read, states):
    """Whatever the order in which sources were read: sequences without a gap, each event from where the one before led to, the
    last one to where the state is, ids distinct. How many events."""
    got, checked, ids = by_customer(messages), 0, set()
    for customer, state in states.items():
        segments = {}
        events = [read(value) for value in got.pop(customer, ())]
        assert [event["sequence"] for event in events] == list(range(1, state["sequence"] + 1)), customer
        for event in events:
            assert segments.get(event["scheme"]) == event["from_segment"] != event["to_segment"], event
            segments[event["scheme"]] = event["to_segment"]
            ids.add(event["event_id"])
        assert all(segments.get(scheme) == segment for scheme, segment in state["segments"].items()), customer
        checked += len(events)
    assert not got, f"events of customers without a state: {sorted(got)[:5]}"
    assert len(ids) == checked
    return checked


# ---- states ---------------------------------------------------------------------------------------------------------

def shown_states(program):
    """`obek show --all -o json` by customer, in the reference's words; `shown` is what was printed."""
    lines = program.call("show", "--all", "-o", "json", limit_s=120).stdout.splitlines()
    states = {}
    for shown in map(json.loads, lines):
        assert shown["customer_id"] not in states
        states[shown["customer_id"]] = as_state(shown)
    return states


def minor(text):
    return int(Decimal(text) * MINOR)


def as_state(shown):
    segments, ledger = shown["segments"], shown["ledger"]
    return {
        "orders_online": shown["orders_online"], "orders_offline": shown["orders_offline"],
        "value_online_minor": minor(shown["value_online"]), "value_offline_minor": minor(shown["value_offline"]),
        **{name: instant(shown[f"{name.replace('_', '_order_')}"]) for name in ("first_online", "last_online", "first_offline", "last_offline")},
        "segments": {name: of["segment"] for name, of in segments.items()},
        "since": {name: instant(of["since"]) for name, of in segments.items()},
        "margins": {name: of["margin"] for name, of in segments.items()},
        "next_changes": {name: instant(of["next_change_at"]) for name, of in segments.items()},
        "sequence": shown["sequence"], "as_of": instant(shown["as_of"]), "due": instant(shown["due"]),
        "ring": len(ledger["orders"]), "waiting": len(ledger["waiting"]), "fallen": ledger["base"]["fallen"] > 0, "shown": shown,
    }


MOVE = ("scheme", "from_segment", "to_segment", "cause")
LEDGER = ("orders_online", "orders_offline", "value_online_minor", "value_offline_minor", "first_online", "last_online",
          "first_offline", "last_offline", "ring", "waiting", "fallen")


def hold_ledgers(states, expected):
    """Counts, values and dates of all customers equal the reference's. How many."""
    assert states.keys() == expected.keys()
    hold_each(expected, lambda customer: ledger_differences(states[customer], expected[customer]))
    return len(expected)


def hold_states(states, expected):
    """The ledgers, and everything else that a state says, too. How many."""
    hold_each(expected, lambda customer: state_differences(states[customer], expected[customer]))
    return hold_ledgers(states, expected)


def hold_segments_at(states, model_json, at):
    """An offline evaluation of the ledgers at one instant, without a past: what all segments are once time has come to there, where
    no scheme has hysteresis. How many customers."""
    schemes = Model(model_json).schemes
    raise_if([(customer, state["segments"], wanted) for customer, state in states.items()
              if state["segments"] != (wanted := segments_at(state, schemes, at))], len(states))
    return len(states)


def segments_at(state, schemes, at):
    totals = totals_of(state)
    return {scheme.name: scheme.ids[scheme.assign(totals, at, None)] if totals.n else None for scheme in schemes}


def totals_of(state):
    return Totals(*(state[name] for name in LEDGER[:8]))


def hold_each(customers, differences_of):
    raise_if([(customer, wrong) for customer in customers if (wrong := differences_of(customer))], len(customers))


def ledger_differences(got, want):
    return {name: (got[name], want[name]) for name in LEDGER if got[name] != want[name]}


def state_differences(got, want):
    due = min((at for at in want["next_changes"].values() if at is not None), default=None)
    wrong = {name: (got[name], want[name]) for name in ("segments", "sequence", "as_of") if got[name] != want[name]}
    wrong |= {} if near(got["due"], due) else {"due": (got["due"], due)}
    for scheme, segment in want["segments"].items():
        same = {"next_changes": near(got["next_changes"][scheme], want["next_changes"][scheme]),
                "margins": margin_is_near(got["margins"][scheme], want["margins"][scheme]),
                "since": segment is None or near(got["since"][scheme], want["since"][scheme])}
        wrong |= {(name, scheme): (got[name][scheme], want[name][scheme]) for name, is_same in same.items() if not is_same}
    return wrong | shown_differences(got["shown"], want)


def shown_differences(shown, want):
    """What `obek show` adds up for people."""
    totals = totals_of(want)
    got = {"orders": shown["orders"], "value": minor(shown["value"]), "first_order": instant(shown["first_order"]),
           "last_order": instant(shown["last_order"]), "features": shown["features"]}
    wanted = {"orders": totals.n, "value": totals.value, "first_order": totals.first, "last_order": totals.last,
              "features": features_at(totals, want["as_of"]) if totals.n else None}
    return {name: (value, wanted[name]) for name, value in got.items() if value != wanted[name]}


def features_at(totals, at):
    values = {name: feature(name, totals, at, float(MINOR)) for name in FEATURES}
    return {name: None if value == float("inf") else value for name, value in values.items()}


def hold_histories(states, expected):
    """The last transitions that a state remembers are the last events of the reference, and the present segments are those they
    led to, since then."""
    hold_each(states, lambda customer: history_differences(states[customer], [as_event(text) for text in expected.get(customer, ())[-8:]]))


def history_differences(state, events):
    remembered = state["shown"]["transitions"]
    latest = {transition["scheme"]: transition for transition in remembered}
    for scheme, transition in latest.items():
        led_to = (transition["to_segment"], instant(transition["occurred_at"]))
        if led_to != (state["segments"].get(scheme), state["since"].get(scheme, led_to[1])):
            return led_to, state["segments"], state["since"]
    if len(events) == len(remembered) and all(
            near(instant(a["occurred_at"]), instant(b["occurred_at"])) and all(a[name] == b[name] for name in MOVE)
            for a, b in zip(remembered, events)):
        return None
    return remembered, events

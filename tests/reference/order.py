"""A decoded JSON order record -> Order, or Bad with a reason (contract, "An order"; design, section 7).

Money becomes an integer number of minor units of the base currency; no float is ever involved.
"""
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from fractions import Fraction

AMOUNT_LIMIT = 10 ** 18            # decimal(18, 2): 18 digits of minor units
AHEAD_OF_KAFKA_MS = 5 * 60 * 1000  # design, section 7
MINOR_DIGITS = {"BIF": 0, "CLP": 0, "JPY": 0, "KRW": 0, "VND": 0, "XAF": 0, "XOF": 0,
                "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3}
EARLIEST_MS = -62_135_596_800_000  # 0001-01-01: before that there is no RFC 3339
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?")
KINDS = ("ORDER", "CANCELLATION", "RETURN")


class Bad(Exception):
    """The record goes to the dead letters; the text says why."""


@dataclass(frozen=True)
class Order:
    order_id: str
    customer_id: str
    kind: str
    return_key: object        # tells returns of one order apart; None unless a RETURN
    occurred_at: int          # ms UTC
    offline: bool
    amount: int | None        # minor units of the base currency; None: a return of all of it
    categories: tuple


@dataclass(frozen=True)
class Money:
    """The base currency and the decimal rates (text) into it."""
    base: str = "TRY"
    rates: tuple = ()         # (("EUR", "35.2104"), ...): 1 unit of it in base units

    def minor_digits(self, currency=None):
        return MINOR_DIGITS.get(currency or self.base, 2)

    def to_base_minor(self, amount, currency):
        """Decimal major units -> base minor units: in integers, half to even, once."""
        minor = amount.scaleb(self.minor_digits(currency))
        if minor != minor.to_integral_value():
            raise Bad("more decimals than the currency has")
        if minor >= AMOUNT_LIMIT:
            raise Bad("amount out of range")
        if currency == self.base:
            return int(minor)
        rate = dict(self.rates).get(currency)
        if rate is None:
            raise Bad("unknown currency")
        scale = Fraction(10) ** (self.minor_digits() - self.minor_digits(currency))
        converted = round(Fraction(int(minor)) * Fraction(rate) * scale)   # Fraction: half to even
        if converted >= AMOUNT_LIMIT:
            raise Bad("amount out of range")
        return converted


def parse_json(data):
    """JSON bytes -> dict; numbers with a fraction or exponent stay exact (Decimal)."""
    return json.loads(data, parse_float=Decimal)


def parse_time(value):
    """RFC 3339 text (a date alone is its midnight) or epoch milliseconds -> ms UTC; without a zone: UTC; what is
    below a millisecond is cut off."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise Bad("occurred_at: not a time")
    if isinstance(value, int):
        return value
    if re.fullmatch(r"-?[0-9]+", value):
        return int(value)
    try:
        if not RFC3339.fullmatch(value.upper()):
            raise ValueError(value)
        at = datetime.fromisoformat(value.upper())
    except ValueError:
        raise Bad("occurred_at: not a time") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    since = at - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since.days * 86400 + since.seconds) * 1000 + since.microseconds // 1000


def format_time(ms):
    """ms UTC -> RFC 3339 with milliseconds and Z."""
    if ms is None:
        return None
    seconds, rest = divmod(ms, 1000)
    at = datetime.fromtimestamp(seconds, timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:03d}Z"


def parse_amount(value):
    """Exact text, integer or Decimal -> Decimal >= 0. A float has lost its text: the caller's mistake."""
    if isinstance(value, float):
        raise TypeError("amount as float: decode with order.parse_json")
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise Bad("amount: not a number")
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", value):
        raise Bad("amount: not a number")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise Bad("amount: not a number") from None
    if not amount.is_finite():
        raise Bad("amount: not a number")
    if amount < 0:
        raise Bad("amount: negative")
    if amount.adjusted() > 30 or amount.as_tuple().exponent < -30:
        raise Bad("amount out of range")
    return amount


def text_id(value, name):
    if not isinstance(value, str) or not 1 <= len(value.encode(errors="surrogatepass")) <= 255 \
            or any("\ud800" <= c <= "\udfff" for c in value):
        raise Bad(f"{name}: not a string of 1 to 255 bytes")
    return value


def decode(value, kafka_ms, *, money=Money(), offline=frozenset({"Offline", "Store"}), channel=None):
    """One record's JSON value -> Order; raises Bad. `channel` is the feed's default."""
    if not isinstance(value, dict):
        raise Bad("not an object")
    customer_id = text_id(value.get("customer_id"), "customer_id")
    order_id = text_id(value.get("order_id"), "order_id")
    kind = value.get("kind") or "ORDER"
    if kind not in KINDS:
        raise Bad("kind: unknown")
    occurred_at = kafka_ms if value.get("occurred_at") is None else parse_time(value["occurred_at"])
    if occurred_at < EARLIEST_MS:
        raise Bad("occurred_at: out of range")
    if occurred_at > kafka_ms + AHEAD_OF_KAFKA_MS:
        raise Bad("occurred_at: more than 5 min after the record's timestamp")

    amount = None
    if kind != "CANCELLATION" and value.get("amount") is not None:
        amount = money.to_base_minor(parse_amount(value["amount"]), value.get("currency") or money.base)
    if kind == "ORDER" and amount is None:
        raise Bad("amount: missing")

    channel = value.get("channel") or channel
    categories = value.get("categories") or ()
    if not isinstance(channel, str | None):
        raise Bad("channel: not a string")
    if not isinstance(categories, (list, tuple)) or not all(isinstance(c, str) for c in categories):
        raise Bad("categories: not an array of strings")

    return_key = None
    if kind == "RETURN":
        given = value.get("return_id")
        return_key = ("default", occurred_at, amount) if given is None else ("id", text_id(given, "return_id"))
    return Order(order_id, customer_id, kind, return_key, occurred_at,
                 channel in offline, amount, tuple(categories))

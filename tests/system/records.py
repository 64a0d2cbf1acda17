"""Records of feeds and segment changes as plain values, written and read without any help of obek's."""
import io
import json
import struct
from decimal import Decimal

import fastavro


class Reader:
    """Decodes values of messages: JSON (real numbers exactly, as Decimal), or Confluent Avro by the writer's schema from the
    registry (instants stay numbers)."""

    def __init__(self, registry=None, parse_float=Decimal):
        self._registry, self._parse_float, self._schemas = registry, parse_float, {}

    def __call__(self, data):
        if data[:1] != b"\0":
            return json.loads(data, parse_float=self._parse_float)
        number = struct.unpack(">I", data[1:5])[0]
        if number not in self._schemas:
            status, answer = self._registry.request("GET", f"/schemas/ids/{number}")
            assert status == 200, answer
            self._schemas[number] = fastavro.parse_schema(without_instants(json.loads(answer["schema"])))
        rest = io.BytesIO(data[5:])
        value = fastavro.schemaless_reader(rest, self._schemas[number])
        assert rest.read() == b""
        return value


def without_instants(schema):
    """The schema with its instants as bare longs."""
    if isinstance(schema, list):
        return [without_instants(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("logicalType") in ("timestamp-millis", "timestamp-micros"):
        return "long"
    return {key: without_instants(value) if key in ("type", "items", "values", "fields") else value for key, value in schema.items()}


class AvroWriter:
    """Values -> Confluent Avro, the schema registered under the topic's subject; instants are numbers."""

    def __init__(self, registry, topic, schema):
        self._frame = struct.pack(">bI", 0, registry.register(f"{topic}-value", schema))
        self._schema = fastavro.parse_schema(without_instants(schema))

    def __call__(self, value):
        out = io.BytesIO(self._frame)
        out.seek(0, io.SEEK_END)
        fastavro.schemaless_writer(out, self._schema, value)
        return out.getvalue()


def json_bytes(value):
    return json.dumps(value, ensure_ascii=False).encode()


def as_order(value):
    """A decoded record in the shape of obek.v1.Order -> the reference's: amounts are texts, absent is absent."""
    order = {name: field for name, field in value.items() if field is not None}
    if "amount" in order:
        order["amount"] = str(order["amount"])
    return order


def partitions_of(messages, read, name, shape=as_order):
    """What a topic holds, in the form that the reference takes, under `name` instead of the topic's."""
    found = {}
    for message in messages:
        found.setdefault((name, message.partition()), []).append(
            {"offset": message.offset(), "timestamp": message.timestamp()[1], "value": shape(read(message.value()))})
    return found

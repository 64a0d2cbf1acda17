"""Medians with their extremes, as a table of text."""
from statistics import median


class Table:
    def __init__(self, *columns):
        self._rows = [("", *columns)]

    def row(self, name, *cells):
        self._rows.append((name, *cells, *[""] * (len(self._rows[0]) - 1 - len(cells))))

    def __str__(self):
        widths = [max(len(row[column]) for row in self._rows) for column in range(len(self._rows[0]))]
        return "\n".join("  ".join(cell.rjust(width) if column else cell.ljust(width)
                                   for column, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in self._rows)


def spread(values, unit="", digits=0):
    """median (min..max) unit"""
    middle, low, high = (f"{value:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return f"{middle} ({low}..{high}){' ' + unit if unit else ''}"


def cost_table(names, what, left, right):
    """Costs as watch_drain() tells them, of two programs or kinds of work that were measured in turn. what: "an order", say."""
    made = Table(*names, " / ".join(reversed(names)))
    for name, key, unit, scale, digits in (
            ("rate", "rate", "/s", 1, 0), ("start to exit", "wall_s", "s", 1, 2),
            (f"own CPU {what}", "cpu_us", "us", 1, 2), (f"Redis's CPU {what}", "redis_cpu_us", "us", 1, 2),
            (f"Kafka's CPU {what}", "kafka_cpu_us", "us", 1, 2), ("peak memory", "peak_bytes", "MB", 1e-6, 0)):
        a, b = ([one[key] * scale for one in costs] for costs in (left, right))
        made.row(name, spread(a, unit, digits), spread(b, unit, digits), spread([y / x for x, y in zip(a, b)], "", 2))
    return made

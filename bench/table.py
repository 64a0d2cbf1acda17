"""Medians with their extremes, as a table of text."""
from statistics import median


class Table:
    def __init__(self, *columns):
        self._rows = [("", *columns)]

    def row(self, name, *cells):
        self._rows.append((name, *cells))

    def __str__(self):
        widths = [max(len(row[column]) for row in self._rows) for column in range(len(self._rows[0]))]
        return "\n".join("  ".join(cell.rjust(width) if column else cell.ljust(width)
                                   for column, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in self._rows)


def spread(values, unit="", digits=0):
    """median (min..max) unit"""
    middle, low, high = (f"{value:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return f"{middle} ({low}..{high}){' ' + unit if unit else ''}"

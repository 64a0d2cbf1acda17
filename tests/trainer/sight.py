"""How far two colours are apart, for people with normal sight and for the colour-blind."""
import math

# Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation of Color Vision Deficiency, IEEE TVCG 15(6), 2009:
# severity 1, for linear RGB.
SIGHTS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)


def times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector)) for row in matrix]


def linear(colour):
    """Of "#rrggbb" or "rgb(r, g, b)"."""
    parts = [int(colour[i:i + 2], 16) for i in (1, 3, 5)] if colour.startswith("#") else [float(p) for p in colour.strip("rgba()").split(",")[:3]]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (p / 255 for p in parts)]


def lab(colour, sight="normal"):
    seen = [min(1.0, max(0.0, c)) for c in times(SIGHTS[sight], linear(colour))]
    fx, fy, fz = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (c / w for c, w in zip(times(XYZ, seen), WHITE)))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(one, two):
    """CIEDE2000 of two CIELAB colours (Sharma, Wu and Dalal 2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    c7 = ((math.hypot(a1, b1) + math.hypot(a2, b2)) / 2) ** 7
    g = 1 + 0.5 * (1 - math.sqrt(c7 / (c7 + 25 ** 7)))
    c1, c2 = math.hypot(a1 * g, b1), math.hypot(a2 * g, b2)
    h1, h2 = (math.degrees(math.atan2(b, a * g)) % 360 for a, b in ((a1, b1), (a2, b2)))
    dh = 0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    mean_h = h1 + h2 if c1 * c2 == 0 else (h1 + h2) / 2 if abs(h1 - h2) <= 180 else ((h1 + h2 + 360) / 2) % 360
    big_h, mean_l, mean_c = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(dh / 2)), (l1 + l2) / 2, (c1 + c2) / 2
    cos = lambda degrees: math.cos(math.radians(degrees))  # noqa: E731
    t = 1 - 0.17 * cos(mean_h - 30) + 0.24 * cos(2 * mean_h) + 0.32 * cos(3 * mean_h + 6) - 0.2 * cos(4 * mean_h - 63)
    turn = -math.sin(math.radians(60 * math.exp(-(((mean_h - 275) / 25) ** 2)))) * 2 * math.sqrt(mean_c ** 7 / (mean_c ** 7 + 25 ** 7))
    dl, dc, dH = ((l2 - l1) / (1 + 0.015 * (mean_l - 50) ** 2 / math.sqrt(20 + (mean_l - 50) ** 2)), (c2 - c1) / (1 + 0.045 * mean_c), big_h / (1 + 0.015 * mean_c * t))
    return math.sqrt(dl * dl + dc * dc + dH * dH + turn * dc * dH)


def contrast(one, two):
    """WCAG 2's contrast ratio."""
    low, high = sorted(times(XYZ, linear(c))[1] for c in (one, two))
    return (high + 0.05) / (low + 0.05)


def least(colours, sight):
    seen = [lab(colour, sight) for colour in sorted(colours)]
    return min(difference(a, b) for i, a in enumerate(seen) for b in seen[i + 1:])

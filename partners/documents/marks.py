"""Marks on a page that are not print: bar codes and QR codes, red seals, and how sharp and bright the picture is.

All of it is found in the upright picture; boxes are (left, top, right, bottom) in its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]

MOST_CODES = 16
"""Codes taken from a page."""
MOST_CODE_TEXT = 2_000
"""Characters taken from a code."""
SMALLEST_SEAL = 0.03
"""Of the page's shorter side: smaller red things are print or dirt."""
_FULLEST = 0.85
"""A seal is a ring with signs in it: what is filled more than that is a red area."""
_RED = ((0, 70, 70), (12, 255, 255)), ((165, 70, 70), (180, 255, 255))
"""Hue, saturation and value of a seal's ink, from and to; red lies at both ends of the circle of hues."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar code or QR code: its symbology as zxing names it (`QRCode`, `Code128`), and what it says."""

    kind: str
    text: str
    box: Box


def codes(pixels: Pixels) -> tuple[Mark, ...]:
    """The codes on the page whose own check sums are right."""
    found: list[Any] = zxingcpp.read_barcodes(pixels, text_mode=zxingcpp.TextMode.Plain)
    return tuple(
        Mark(one.format.name, one.text[:MOST_CODE_TEXT], _around(one.position))
        for one in found[:MOST_CODES]
        if one.text
    )


def seals(pixels: Pixels) -> tuple[Box, ...]:
    """The boxes of the red seals on the page, the largest first."""
    colours = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV)
    low, high = (cv2.inRange(colours, np.array(start), np.array(end)) for start, end in _RED)
    red = cv2.bitwise_or(low, high)
    shorter = min(pixels.shape[:2])
    reach = max(3, shorter // 100)
    joined = cv2.dilate(red, np.ones((reach, reach), dtype=np.uint8))
    _, labelled, stats, _ = cv2.connectedComponentsWithStats(joined)
    found = []
    for label, (left, top, width, height, _) in enumerate(stats[1:].tolist(), start=1):
        if min(width, height) < SMALLEST_SEAL * shorter or not 0.4 <= width / height <= 2.5:
            continue
        inside = labelled[top : top + height, left : left + width] == label
        ink = red[top : top + height, left : left + width][inside]
        if 0.02 * width * height <= np.count_nonzero(ink) <= _FULLEST * width * height:
            found.append((float(left), float(top), float(left + width), float(top + height)))
    return tuple(sorted(found, key=lambda box: -(box[2] - box[0]) * (box[3] - box[1])))


def sharpness(pixels: Pixels) -> float:
    """The variance of the picture's Laplacian: below about 20 no edge is sharp."""
    return float(cv2.Laplacian(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var())


def brightness(pixels: Pixels) -> float:
    """How light the lightest tenth of the picture is, 0 to 1: paper is light even where it is full of print."""
    return float(np.percentile(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), 90)) / 255


def _around(position: Any) -> Box:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    across, down = [corner.x for corner in corners], [corner.y for corner in corners]
    return float(min(across)), float(min(down)), float(max(across)), float(max(down))

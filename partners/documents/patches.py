"""Print that stands on paper taken from elsewhere in the picture: empty paper was put over a line, then typed on.

Such paper has a grain, so nothing is missing; but it is the grain of another place. The print is a little sharper than
the rest, less than would be a sign by itself. Lines like that are taken, and the paper between their signs is looked
for all over the picture: two places have the same grain only where one was copied from the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Box = tuple[float, float, float, float]
Steep = Sequence[tuple[float, Box]]
"""How steep the edges of each piece of print are, and its box in pixels."""

SHARPER = 1.05
"""How much steeper than nearly all print's the edges of a piece are that may have been typed in."""
FEWEST = 4
"""Pieces of a line; fewer are chance."""
MOST_LINES = 4
"""Lines that are looked for, the steepest first."""
REACH = 10
"""Heights of a piece of print within which another one belongs to its line."""
INK = 14.0
"""Levels by which print is darker than the paper around it, when both are softened."""
FINE, COARSE = 0.8, 3.0
"""Radii in pixels between which lies the grain that outlasts JPEG."""
MOST_GRAIN = 6.0
"""Levels; what is more is the edge of something."""
BESIDE = 2
"""Pixels around a line that belong to it."""
NEAR = 8
"""Pixels by which a copy lies away at the least."""
SURE = 6.8
"""Standard deviations by which one place fits better than places do: of lines left alone nearly all stay below 6.5
(where a paper bears one fine pattern twice, as two identity cards do, up to 8), of patched ones mostly more than 8."""


def patched(grey: Grey, steep: Steep) -> list[Box]:
    """The boxes (in pixels) of lines whose paper is the copy of other paper of the picture."""
    lines = _sharper_lines(steep)
    if not lines:
        return []
    grain = _grain(grey)
    return [line for line in lines if any(_best_fit(grain, part) >= SURE for part in _parts(line))]


def _sharper_lines(steep: Steep) -> list[Box]:
    """The lines that may have been typed in, the sharpest first."""
    if len(steep) < 20:
        return []
    usual = float(np.percentile([each for each, _ in steep], 75))
    sharper = [(each, box) for each, box in steep if each > usual * SHARPER]
    lines: dict[Box, float] = {}
    for _, box in sharper:
        line = [(each, other) for each, other in sharper if _in_line(box, other)]
        if len(line) >= FEWEST:
            around = np.array([other for _, other in line])
            (left, top), (right, bottom) = around[:, :2].min(axis=0), around[:, 2:].max(axis=0)
            lines[float(left), float(top), float(right), float(bottom)] = sorted(each for each, _ in line)[-FEWEST]
    return sorted(lines, key=lambda line: -lines[line])[:MOST_LINES]


def _in_line(box: Box, other: Box) -> bool:
    height = box[3] - box[1]
    apart = abs(other[1] + other[3] - box[1] - box[3]) / 2
    return apart <= height / 2 and abs(other[0] - box[0]) <= REACH * height


def _grain(grey: Grey) -> Grey:
    """The grain of the paper; 0 where there is print."""
    soft = cv2.GaussianBlur(grey, (0, 0), 1.0)
    ink = soft < cv2.dilate(soft, np.ones((15, 15), dtype=np.uint8)) - INK
    paper = 1 - cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), dtype=np.uint8)).astype(np.float32)
    fine, coarse = (
        cv2.GaussianBlur(grey * paper, (0, 0), radius) / np.maximum(cv2.GaussianBlur(paper, (0, 0), radius), 1e-3)
        for radius in (FINE, COARSE)
    )
    return np.asarray(np.clip((fine - coarse) * paper, -MOST_GRAIN, MOST_GRAIN), dtype=np.float32)


def _parts(line: Box) -> Iterator[Box]:
    """The line, and two thirds of it from either end: what was typed may be longer than what was covered."""
    left, top, right, bottom = line
    third = (right - left) / 3
    yield line
    yield left, top, right - third, bottom
    yield left + third, top, right, bottom


def _best_fit(grain: Grey, part: Box) -> float:
    """How well the best other place fits, in standard deviations of how places do."""
    left, top, right, bottom = (round(edge) for edge in part)
    left, top = max(0, left - BESIDE), max(0, top - BESIDE)
    paper = grain[top : bottom + BESIDE, left : right + BESIDE]
    fits = cv2.matchTemplate(grain, paper, cv2.TM_CCORR)
    spread = float(fits.std())
    fits[max(0, top - NEAR) : top + NEAR + 1, max(0, left - NEAR) : left + NEAR + 1] = 0
    return float(fits.max()) / spread if spread > 0 else 0.0

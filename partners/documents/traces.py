"""Traces of an edit in a picture: grain that is missing, print sharper than the rest, and print that occurs twice.

A photograph has the grain of its sensor everywhere and the softness of its lens on all print. What is painted over or
wiped away has no grain; what is typed into the picture is sharper than what went through the lens; what is copied
within it brings its grain along (`copies`, and `patches` for empty paper); what is saved again shows it
(`compression`). A picture without grain (drawn by a program, or worn by compression) tells nothing either way.

Boxes are (left, top, right, bottom) in shares of the picture that was looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from partners.documents import compression, copies, patches
from partners.documents.compression import Saved

Pixels = NDArray[np.uint8]
Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]
Kind = Literal["smooth", "sharp", "twice", "compression", "again", "stripped"]

MOST_FLAT = 0.20
"""Share of the paper that may be without grain; where it is more, the picture tells nothing."""
FLAT = 1.0
"""Levels of 256 by which the nine pixels around a point differ where there is no grain."""
EDGE = 30.0
"""Levels by which neighbouring pixels differ at the edge of print."""
INK = 30.0
"""Levels by which print is darker than what is around it."""
SHARPER = 1.14
"""How much steeper than nearly all other print's the edges are of what was typed into the picture."""
WEAK_GRAIN = 0.3
"""Variance, as a share of the page's, of what has been wiped."""
EDGES = 16
"""Steps between neighbouring pixels by which a sign's steepness is judged."""
FEWEST_SHARP = 6
"""Fewer pieces of sharp print are chance: what is typed in has several."""
TILE = 7
"""Pixels of a square that is looked for a second time."""
EDGE_OF_PICTURE = 2
"""Pixels."""
MOST_SUSPECTS = 20
"""Places that are answered; a person needs no more to know where to look."""
MOST_SIGNS = 3000
"""Pieces of print that are looked at."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A place that does not fit the rest: `smooth` (without grain), `sharp` (typed in), `twice` (copied) or
    `compression` (saved another number of times); or the whole picture, saved `again` by a program, or `stripped` of
    the camera's data."""

    kind: Kind
    box: Box


@dataclass(frozen=True, slots=True)
class Traces:
    """Whether the picture has grain that would tell of edits, and the places that look edited."""

    telling: bool = True
    suspects: tuple[Suspect, ...] = ()


def look(pixels: Pixels, saved: Saved) -> Traces:
    """The traces in a picture (BGR) as it was sent."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    around = np.ones((3, 3), dtype=np.uint8)
    spread = cv2.dilate(grey, around) - cv2.erode(grey, around)
    paper = cv2.dilate(spread, np.ones((5, 5), dtype=np.uint8)) < EDGE
    if np.count_nonzero(paper) < paper.size // 10:
        return Traces(telling=False)
    share = float(np.mean(spread[paper] <= FLAT))
    if share > MOST_FLAT or saved.too_coarse:
        return Traces(telling=False)
    steep = _steepness(grey)
    history = compression.history(pixels, saved)
    found: list[tuple[Kind, Box]] = [
        *(("smooth", box) for box in (*_flat(spread, share), *_wiped(grey, paper, share))),
        *(("sharp", box) for box in _sharper(steep)),
        *(("twice", box) for box in (*_twice(grey, spread), *copies.copied(grey), *patches.patched(grey, steep))),
        *(("compression", box) for box in history.foreign),
    ]
    all_of_it = (0.0, 0.0, float(grey.shape[1]), float(grey.shape[0]))
    found = found[: MOST_SUSPECTS - 2]
    if history.again:
        found.append(("again", all_of_it))
    if saved.stripped:
        found.append(("stripped", all_of_it))
    return Traces(True, tuple(Suspect(kind, _shares(box, grey)) for kind, box in found))


def _flat(spread: Grey, share: float) -> list[Box]:
    """Places wholly without grain that are larger than compression makes them."""
    return _areas((spread <= FLAT).astype(np.uint8), 80 + 5000 * share)


def _wiped(grey: Grey, paper: Mask, share: float) -> list[Box]:
    """Places whose grain is much weaker than the page's."""
    grain = (grey - cv2.GaussianBlur(grey, (0, 0), 1.5)) ** 2
    here = paper.astype(np.float32)
    count = cv2.boxFilter(here, -1, (11, 11), normalize=False)
    strength = cv2.boxFilter(grain * here, -1, (11, 11), normalize=False) / np.maximum(count, 1)
    known = count >= 50
    usual = float(np.median(strength[::2, ::2][known[::2, ::2]]))
    return _areas((known & (strength < WEAK_GRAIN * usual)).astype(np.uint8), 60 + 12_000 * share)


def _areas(mask: NDArray[np.uint8], smallest: float) -> list[Box]:
    """The boxes of the larger areas; what reaches the picture's edge is what the paper lay on, or a scanner's fill."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    height, width = mask.shape
    return [
        _box(each)
        for each in stats[1:].tolist()
        if each[4] > smallest
        and min(each[0], each[1]) > EDGE_OF_PICTURE
        and each[0] + each[2] < width - EDGE_OF_PICTURE
        and each[1] + each[3] < height - EDGE_OF_PICTURE
    ]


def _signs(grey: Grey) -> list[list[int]]:
    """The pieces of print on the page: left, top, width, height and area of each."""
    dark = (grey < cv2.blur(grey, (41, 41)) - INK).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    print_like = (stats[:, 2] >= 4) & (stats[:, 3] >= 8) & (stats[:, 4] >= 25) & (stats[:, 2:4].max(axis=1) <= 120)
    chosen: list[list[int]] = stats[print_like][:MOST_SIGNS].tolist()
    return chosen


def _steepness(grey: Grey) -> list[tuple[float, Box]]:
    """How steep the steepest edges of each piece of print are, as a share of its contrast."""
    steep: list[tuple[float, Box]] = []
    for sign in _signs(grey):
        left, top, width, height = sign[:4]
        part = grey[max(0, top - 2) : top + height + 2, max(0, left - 2) : left + width + 2]
        levels = np.sort(part, axis=None)
        ends = len(levels) * 3 // 100
        contrast = float(levels[-1 - ends] - levels[ends])
        if contrast >= 60:
            steps = np.concatenate([np.abs(np.diff(part, axis=1)).ravel(), np.abs(np.diff(part, axis=0)).ravel()])
            steps.sort()
            middle = EDGES // 2  # of the steepest
            steep.append((float(steps[-middle - 1] + steps[-middle]) / 2 / contrast, _box(sign)))
    return steep


def _sharper(steep: list[tuple[float, Box]]) -> list[Box]:
    """Print whose steepest edges are steeper than those of nearly all other print of the page."""
    if len(steep) < 20:
        return []
    usual = float(np.percentile([each for each, _ in steep], 75))
    sharper = [box for each, box in steep if each > usual * SHARPER]
    return sharper if len(sharper) >= FEWEST_SHARP else []


def _twice(grey: Grey, spread: Grey) -> list[Box]:
    """Places that occur a second time on the page, equal to the last level of every pixel."""
    weights = np.random.default_rng(1).integers(1, 2**36, (TILE, TILE)).astype(np.float64)
    sums = cv2.filter2D(grey.astype(np.float64), cv2.CV_64F, weights, borderType=cv2.BORDER_REPLICATE)
    inside = np.ascontiguousarray(sums[TILE:-TILE, TILE:-TILE])
    ranked = np.sort(inside, axis=None)
    repeated = ranked[1:][ranked[1:] == ranked[:-1]]  # values sort faster than their places
    whole = np.zeros(grey.shape, dtype=np.uint8)
    if len(repeated):
        where = np.minimum(np.searchsorted(repeated, inside), len(repeated) - 1)
        whole[TILE:-TILE, TILE:-TILE] = repeated[where] == inside
    empty = cv2.boxFilter((spread <= FLAT).astype(np.float32), -1, (TILE, TILE)) > 0.05
    return _areas(whole * ~empty, 8)


def _shares(box: Box, grey: Grey) -> Box:
    height, width = grey.shape
    return box[0] / width, box[1] / height, min(1.0, box[2] / width), min(1.0, box[3] / height)


def _box(stats: list[int]) -> Box:
    left, top, width, height = stats[:4]
    return float(left), float(top), float(left + width), float(top + height)

"""What JPEG left in a picture: whether it was saved again after it was taken, and places that were not saved as often.

JPEG rounds the frequencies of each square of 8 by 8 pixels to multiples of a step. A picture that was a JPEG keeps
these steps when it is saved again without loss, and where it is saved as a finer JPEG some multiples become rarer than
others. What was pasted or typed in meanwhile does not have the steps. Tables: ITU-T T.81 annex K, scaled as the IJG's
library does for its qualities; the steps of a JPEG file itself are those that stand in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Box = tuple[float, float, float, float]

EARLIEST, LATEST = 50, 98
"""Qualities of an earlier compression that are looked for."""
SAMPLED = 4000
"""Squares from which the steps are guessed."""
ROUNDED = 0.33
"""Standard deviation of what opening a JPEG adds to each frequency, as every pixel becomes a whole number."""
OTHERWISE = 0.03
"""Share of frequencies that may be anything although the picture was a JPEG (edited, clipped)."""
SURE = 0.5
"""How much likelier, as a logarithm per frequency, steps must be than none: 1 where there are some, -0.1 at the most
where there are none."""
SURE_BEFORE = 0.2
"""The same for the steps before a finer compression, as a share of what they would make it."""
FEWEST = 1000
LEAST_BEFORE = 40.0
"""Frequencies that tell of steps before, and how much likelier they make them altogether."""
TELLING = 0.05
COUNTED = 40
"""Multiples of a step that are counted one by one."""
FOREIGN = 14.0
"""Standard deviations by which three by three squares break the steps more often than the page does."""
COARSEST = 3.3
"""Mean of the steps of the lowest frequencies beyond which the grain that tells copies is gone (quality 89)."""
SETTLED = 1e-6
"""How little the curve through the counts changes, as a logarithm, when it is found."""
ALLOWED = 300
_LOWEST = tuple((row, column) for row in range(5) for column in range(5) if 0 < row + column < 5)
_LOW = tuple((row, column) for row in range(6) for column in range(6) if 0 < row + column < 6)
_ALL = tuple((row, column) for row in range(8) for column in range(8) if row + column)
_LUMINANCE = np.array(
    (
        (16, 11, 10, 16, 24, 40, 51, 61),
        (12, 12, 14, 19, 26, 58, 60, 55),
        (14, 13, 16, 24, 40, 57, 69, 56),
        (14, 17, 22, 29, 51, 87, 80, 62),
        (18, 22, 37, 56, 68, 109, 103, 77),
        (24, 35, 55, 64, 81, 104, 113, 92),
        (49, 64, 78, 87, 103, 121, 120, 101),
        (72, 92, 95, 98, 112, 100, 103, 99),
    )
)


@dataclass(frozen=True, slots=True)
class Saved:
    """How the file holds the picture: without loss, or by these steps of luminance (row by row), or neither is known
    (a page of a PDF, a picture that was reduced). `stripped`: a JPEG that bears no word of a camera, as a camera's
    does: a program wrote it."""

    lossless: bool = False
    steps: tuple[int, ...] | None = None
    stripped: bool = False

    @property
    def too_coarse(self) -> bool:
        """Whether so much was rounded away that copies cannot be told any more."""
        if self.steps is None:
            return False
        steps = np.array(self.steps).reshape(8, 8)
        return float(np.mean([steps[place] for place in _LOWEST])) > COARSEST


@dataclass(frozen=True, slots=True)
class History:
    """Whether the picture was saved again by a program, and the boxes of what was not saved as often as the rest."""

    again: bool = False
    foreign: tuple[Box, ...] = ()


def history(pixels: NDArray[np.uint8], saved: Saved) -> History:
    """What JPEG tells of a picture (BGR) that was not reduced or turned since it was opened."""
    squares = _frequencies(pixels)
    whole = ~_clipped(pixels)
    sample = squares[whole]
    sample = sample[:: max(1, len(sample) // SAMPLED)]
    if not len(sample):
        return History()
    last = _steps_of(sample) if saved.steps is None else np.array(saved.steps, dtype=np.float32).reshape(8, 8)
    if last is None:
        return History()
    squares = squares * whole[..., None, None]
    before = _steps_before(sample, last)
    found = _clusters(*_broken(squares, last))
    if before is not None:
        found += _clusters(*_broken_before(squares, before, last))
    return History(again=saved.lossless or before is not None, foreign=tuple(found))


def _frequencies(pixels: NDArray[np.uint8]) -> Grey:
    """The frequencies of each square of the picture's luminance."""
    rows, columns = pixels.shape[0] // 8, pixels.shape[1] // 8
    part = pixels[: rows * 8, : columns * 8].astype(np.float32)
    light = cv2.transform(part, np.array([[0.114, 0.587, 0.299, -128]], dtype=np.float32))
    wave = _waves()
    down = wave @ light.reshape(rows, 8, columns * 8)
    across = down.reshape(-1, 8) @ wave.T
    return np.ascontiguousarray(across.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3), dtype=np.float32)


def _clipped(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The squares in which a colour reaches its end: there the steps are lost when the picture is opened."""
    between = cv2.inRange(pixels, (1, 1, 1), (254, 254, 254))
    rows, columns = between.shape[0] // 8, between.shape[1] // 8
    return np.asarray(between[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8).min(axis=(1, 3)) == 0)


@cache
def _waves() -> Grey:
    places = np.arange(8)
    waves = np.sqrt(2 / 8) * np.cos((2 * places[None, :] + 1) * places[:, None] * np.pi / 16)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves, dtype=np.float32)


@cache
def _table(quality: int) -> Grey:
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    return np.clip(np.floor((_LUMINANCE * scale + 50) / 100), 1, 255).astype(np.float32)


def _steps_of(sample: Grey) -> Grey | None:
    """The steps of the quality that the frequencies keep to, if there is one."""
    best: tuple[float, int] | None = None
    for quality in range(EARLIEST, LATEST + 1):
        table = _table(quality)
        likelier, count = 0.0, 0
        for row, column in _ALL:
            step = float(table[row, column])
            values = sample[:, row, column]
            values = values[np.abs(values) > step * 0.6]
            if step < 2 or not len(values):
                continue
            off = values - step * np.rint(values / step)
            kept = np.exp(-((off / ROUNDED) ** 2) / 2) / (ROUNDED * math.sqrt(2 * math.pi))
            likelier += float(np.log((1 - OTHERWISE) * kept * step + OTHERWISE).sum())
            count += len(values)
        if count >= FEWEST and (best is None or likelier / count > best[0]):
            best = likelier / count, quality
    return _table(best[1]) if best and best[0] >= SURE else None


def _steps_before(sample: Grey, last: Grey) -> Grey | None:
    """The steps of a coarser compression before the last one, if it left some multiples rarer than others."""
    counted = {}
    for row, column in _ALL:
        multiples = np.abs(np.rint(sample[:, row, column] / last[row, column])).astype(np.int64)
        multiples = multiples[(multiples > 0) & (multiples <= COUNTED)]
        if len(multiples) >= 200:
            drawn = np.bincount(multiples, minlength=COUNTED + 1)[1:].astype(np.float64)
            if (even := _evened(drawn)) is not None:
                counted[row, column] = drawn, even
    best: tuple[float, int] | None = None
    for quality in range(EARLIEST, LATEST):
        likelier = told = count = 0.0
        for place, (drawn, even) in counted.items():
            before, step = float(_table(quality)[place]), float(last[place])
            if before == step or before < 2:
                continue
            rarer = _rarer(before, step)
            ratio = np.log(rarer * even.sum() / (even * rarer).sum())
            would = float((even * rarer * ratio).sum() / (even * rarer).sum())
            if would >= TELLING:
                likelier += float((drawn * ratio).sum())
                told += would * float(drawn.sum())
                count += float(drawn.sum())
        if count >= FEWEST and likelier >= LEAST_BEFORE and (best is None or likelier / told > best[0]):
            best = likelier / told, quality
    return _table(best[1]) if best and best[0] >= SURE_BEFORE else None


def _evened(drawn: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """How often each multiple would be drawn where none is preferred: a smooth curve through the counts (Poisson
    regression on powers of the multiple's logarithm); None where there are too few kinds to say."""
    kinds = int(np.flatnonzero(drawn)[-1]) + 1
    if kinds < 6:
        return None
    multiples = np.arange(1, kinds + 1)
    size = np.log(multiples)
    curve = np.stack([np.ones(kinds), size, size**2, size**3, multiples / 10], axis=1)
    weights = np.zeros(5)
    weights[0] = math.log(drawn[:kinds].mean())
    for _ in range(25):
        mean = np.exp(np.clip(curve @ weights, -20, 20))
        step = np.linalg.solve(curve.T @ (mean[:, None] * curve) + 1e-3 * np.eye(5), curve.T @ (drawn[:kinds] - mean))
        most = float(np.abs(curve @ step).max())
        weights += step * min(1.0, 2 / max(1e-9, most))
        if most < SETTLED:
            break
    even = np.zeros_like(drawn)
    even[:kinds] = np.exp(np.clip(curve @ weights, -20, 20))
    return even


@cache
def _rarer(before: float, step: float) -> NDArray[np.float64]:
    """How often each multiple of the last step occurs after a rounding to the step before, beside how often without."""
    edges = (np.arange(1, COUNTED + 2) - 0.5) * step
    values = np.arange(-2, math.ceil((COUNTED + 2) * step / before) + 3) * before
    below = np.array([[_normal((edge - value) / (ROUNDED * 1.2)) for value in values] for edge in edges]).sum(axis=1)
    return np.asarray(np.maximum(np.diff(below) * before / step, 0.02), dtype=np.float64)


def _normal(value: float) -> float:
    return (1 + math.erf(value / math.sqrt(2))) / 2


def _reachable(ratio: float) -> NDArray[np.bool_]:
    """Which multiples of the last step a value can have that was a multiple of the step before."""
    allowed = np.zeros(ALLOWED, dtype=np.bool_)
    reached = np.rint(np.arange(ALLOWED * 2) * ratio).astype(np.int64)
    allowed[reached[reached < ALLOWED]] = True
    return allowed


def _broken(squares: Grey, last: Grey) -> tuple[Grey, Grey]:
    """For each square how many frequencies could break the steps, and how many do."""
    asked = np.zeros(squares.shape[:2], dtype=np.float32)
    broken = np.zeros_like(asked)
    for place in _LOW:
        step = float(last[place])
        values = squares[:, :, place[0], place[1]]
        counted = (np.abs(values) > step * 0.3) & (step >= 4)
        asked += counted
        broken += counted & (np.abs(values - step * np.rint(values / step)) >= 1.2)
    return asked, broken


def _broken_before(squares: Grey, before: Grey, last: Grey) -> tuple[Grey, Grey]:
    asked = np.zeros(squares.shape[:2], dtype=np.float32)
    broken = np.zeros_like(asked)
    for place in _LOW:
        first, step = float(before[place]), float(last[place])
        if first < step * 1.2:
            continue
        counts = np.abs(np.rint(squares[:, :, place[0], place[1]] / step)).astype(np.int64)
        counted = (counts > 0) & (counts < ALLOWED)
        asked += counted
        broken += counted & ~_reachable(first / step)[np.minimum(counts, ALLOWED - 1)]
    return asked, broken


def _clusters(asked: Grey, broken: Grey) -> list[Box]:
    usual = max(0.01, float(broken.sum() / max(1.0, asked.sum())))
    tried = cv2.boxFilter(asked, -1, (3, 3), normalize=False)
    failed = cv2.boxFilter(broken, -1, (3, 3), normalize=False)
    beyond = (failed - usual * tried) / np.sqrt(np.maximum(usual * (1 - usual) * tried, 1.0))
    mask = ((beyond > FOREIGN) & (tried >= 12)).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return [
        (left * 8.0, top * 8.0, (left + width) * 8.0, (top + height) * 8.0)
        for left, top, width, height, _ in stats[1:].tolist()
    ]

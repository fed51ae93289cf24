"""Places of a picture that were compressed another number of times than the rest of it.

JPEG rounds the frequencies of each square of 8 by 8 pixels to multiples of a step. A picture that was a JPEG keeps
these steps when it is saved again; what was pasted or typed in since does not have them. Tables: ITU-T T.81 annex K,
scaled as the IJG's library does for its qualities.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Box = tuple[float, float, float, float]

LOW = 6
"""Frequencies looked at in either direction: the higher ones are mostly nil."""
QUALITIES = range(50, 99)
SURE = 0.35
"""How far above chance the frequencies must fit the steps of a quality."""
SURE_BEFORE = 0.85
"""The same for an earlier compression, whose gaps chance imitates more easily."""
FOREIGN = 14.0
"""Standard deviations by which three by three squares break the steps more often than the page does."""
SAMPLED = 3000
"""Squares from which the steps are guessed."""
COARSER = 1.2
"""How much larger a step before must have been than the last one to leave gaps."""
ALLOWED = 300
_CHOSEN = tuple((row, column) for row in range(LOW) for column in range(LOW) if 0 < row + column < LOW)
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40),
    (12, 12, 14, 19, 26, 58),
    (14, 13, 16, 24, 40, 57),
    (14, 17, 22, 29, 51, 87),
    (18, 22, 37, 56, 68, 109),
    (24, 35, 55, 64, 81, 104),
)


def foreign(pixels: NDArray[np.uint8]) -> list[Box]:
    """The boxes of what does not have the steps of an earlier compression; none when no such steps are found."""
    squares = _frequencies(pixels)
    sample = squares.reshape(-1, LOW, LOW)
    sample = sample[:: max(1, len(sample) // SAMPLED)]
    last = _steps_of(sample)
    if last is None:
        return []
    whole = ~_clipped(pixels)
    before = _steps_before(sample, last)
    found = _clusters(*_broken(squares * whole[..., None, None], last))
    if before is None:
        return found
    return [*found, *_clusters(*_broken_before(squares * whole[..., None, None], before, last))]


def _frequencies(pixels: NDArray[np.uint8]) -> Grey:
    """The low frequencies of each square of the picture's luminance."""
    light = np.dot(pixels.astype(np.float32), np.array([0.114, 0.587, 0.299], dtype=np.float32)) - 128
    rows, columns = light.shape[0] // 8, light.shape[1] // 8
    squares = light[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3)
    wave = _waves()
    return np.asarray(wave @ squares @ wave.T, dtype=np.float32)


def _clipped(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The squares in which a colour reaches its end: there the steps are lost when the picture is opened."""
    ends = ((pixels == 0) | (pixels == 255)).any(axis=2)
    rows, columns = ends.shape[0] // 8, ends.shape[1] // 8
    return np.asarray(ends[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8).any(axis=(1, 3)))


@cache
def _waves() -> Grey:
    places = np.arange(8)
    waves = np.sqrt(2 / 8) * np.cos((2 * places[None, :] + 1) * places[:LOW, None] * np.pi / 16)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves, dtype=np.float32)


@cache
def _table(quality: int) -> Grey:
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    return np.clip(np.floor((np.array(_LUMINANCE) * scale + 50) / 100), 1, 255).astype(np.float32)


def _steps_of(sample: Grey) -> int | None:
    """The quality whose steps the frequencies keep to, if there is one."""
    best: tuple[float, int] | None = None
    for quality in QUALITIES:
        above_chance = []
        for row, column in _CHOSEN:
            step = float(_table(quality)[row, column])
            values = sample[:, row, column]
            values = values[np.abs(values) > step * 0.6]
            if step >= 4 and len(values) >= 150:
                fits = float(np.mean(np.abs(values - step * np.rint(values / step)) < 1.0))
                above_chance.append((fits - 2 / step) / (1 - 2 / step))
        if len(above_chance) >= 3 and (best is None or np.mean(above_chance) > best[0]):
            best = float(np.mean(above_chance)), quality
    return best[1] if best and best[0] >= SURE else None


def _steps_before(sample: Grey, last: int) -> int | None:
    """The quality of a compression before the last one, if it was coarser and left gaps among the multiples."""
    best: tuple[float, int] | None = None
    for quality in QUALITIES:
        above_chance = []
        for row, column in _CHOSEN:
            before, step = float(_table(quality)[row, column]), float(_table(last)[row, column])
            if before < step * COARSER:
                continue
            counts = np.abs(np.rint(sample[:, row, column] / step)).astype(np.int64)
            counts = counts[(counts > 0) & (counts < 40)]
            if len(counts) < 200:
                continue
            allowed = _reachable(before / step)[:60]
            drawn = np.bincount(counts, minlength=60)
            even = np.convolve(drawn, np.ones(5) / 5, "same")
            chance = float((even * allowed).sum() / even.sum())
            if chance < 0.8:
                above_chance.append((float((drawn * allowed).sum() / drawn.sum()) - chance) / (1 - chance))
        if len(above_chance) >= 2 and (best is None or np.mean(above_chance) > best[0]):
            best = float(np.mean(above_chance)), quality
    return best[1] if best and best[0] >= SURE_BEFORE else None


def _reachable(ratio: float) -> NDArray[np.bool_]:
    """Which multiples of the last step a value can have that was a multiple of the step before."""
    allowed = np.zeros(ALLOWED, dtype=np.bool_)
    reached = np.rint(np.arange(ALLOWED * 2) * ratio).astype(np.int64)
    allowed[reached[reached < ALLOWED]] = True
    return allowed


def _broken(squares: Grey, last: int) -> tuple[Grey, Grey]:
    """For each square how many frequencies could break the steps, and how many do."""
    asked = np.zeros(squares.shape[:2], dtype=np.float32)
    broken = np.zeros_like(asked)
    for row, column in _CHOSEN:
        step = float(_table(last)[row, column])
        values = squares[:, :, row, column]
        counted = (np.abs(values) > step * 0.3) & (step >= 4)
        asked += counted
        broken += counted & (np.abs(values - step * np.rint(values / step)) >= 1.2)
    return asked, broken


def _broken_before(squares: Grey, before: int, last: int) -> tuple[Grey, Grey]:
    asked = np.zeros(squares.shape[:2], dtype=np.float32)
    broken = np.zeros_like(asked)
    for row, column in _CHOSEN:
        first, step = float(_table(before)[row, column]), float(_table(last)[row, column])
        if first < step * COARSER:
            continue
        counts = np.abs(np.rint(squares[:, :, row, column] / step)).astype(np.int64)
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

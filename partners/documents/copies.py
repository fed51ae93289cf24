"""Places of a picture that are copies of other places in it, also after the picture was saved as JPEG again.

The same sign printed twice is photographed twice: each time with a grain of its own. What was copied within the picture
took its grain along. JPEG changes the fine part of the grain and keeps most of the coarse, so two places are compared
softened: copies differ by far less than two grains do.

Where to compare is found by the turning points of print: those that look alike are laid over one another, and the
rectangle around them is sought in which being a copy is likelier than being printed alike.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Places = NDArray[np.intp]
Box = tuple[float, float, float, float]

SOFTENED = 0.8
"""Radius in pixels of what is taken away as too fine to outlast JPEG."""
COARSE = 3.0
"""Radius in pixels of what is no grain any more."""
GRAINY = 8.0
"""Levels beyond which a place is print and not grain."""
FLAT = 1.0
"""Levels by which the nine pixels around a point differ where there is no grain."""
MOST_FLAT = 0.2
MOST_POINTS = 8000
MOST_PAIRS = 1500
"""Pairs of turning points that are compared, the most alike first."""
ALIKE = 0.4
"""How much of what two grains differ by the surroundings of two points may differ to be compared at all."""
COPIED = 0.25
"""How much of it copies differ by, at the worst that JPEG makes of them."""
REACH = 20
"""Pixels to each side in which the copied rectangle is sought."""
APART = 8
"""Pixels that a copy lies away at the least."""
SURE = 50.0
"""How much likelier, as a logarithm over all pixels, a rectangle must be a copy: of pictures left alone the most seen
is 33, of copied strips as small as a digit mostly more than 70."""
MOST_FOUND = 5
_AROUND = tuple((down, across) for down in range(-4, 5, 2) for across in range(-4, 5, 2))


def copied(grey: Grey) -> list[Box]:
    """The boxes (in pixels) of print that is the copy of other print of the picture."""
    if min(grey.shape) < 4 * REACH:
        return []
    soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), SOFTENED), dtype=np.float32)
    detail = np.asarray(soft - cv2.GaussianBlur(grey, (0, 0), COARSE), dtype=np.float32)
    grain = _grain(detail)
    if grain <= 0:
        return []
    points = _turning_points(np.where(_without_grain(grey), np.float32(0), detail))
    found: list[Box] = []
    for here, there in _alike(soft, points, 2 * grain):
        if (box := _copy(soft, points[here], points[there], 2 * grain)) is not None:
            found.append(box)
        if len(found) >= MOST_FOUND:
            break
    return found


def _grain(detail: Grey) -> float:
    """The variance of the grain where there is no print."""
    paper = cv2.dilate(np.abs(detail), np.ones((9, 9), dtype=np.uint8)) < GRAINY
    strength = cv2.boxFilter(detail * detail, -1, (9, 9))[paper]
    return float(np.median(strength)) if strength.size else 0.0


def _without_grain(grey: Grey) -> NDArray[np.bool_]:
    """Where a good part of the surroundings has no grain to tell a copy by: a scanner's fill around an askew page."""
    around = np.ones((3, 3), dtype=np.uint8)
    flat = (cv2.dilate(grey, around) - cv2.erode(grey, around) <= FLAT).astype(np.float32)
    return np.asarray(cv2.boxFilter(flat, -1, (2 * REACH, 2 * REACH)) > MOST_FLAT)


def _turning_points(detail: Grey) -> Places:
    """Where print is lightest or darkest within five by five pixels: row and column of each, the strongest first."""
    around = np.ones((5, 5), dtype=np.uint8)
    turning = (detail >= cv2.dilate(detail, around)) | (detail <= cv2.erode(detail, around))
    turning &= np.abs(detail) >= GRAINY
    turning[:REACH] = turning[-REACH:] = False
    turning[:, :REACH] = turning[:, -REACH:] = False
    rows, columns = np.nonzero(turning)
    order = np.argsort(-np.abs(detail[rows, columns]), kind="stable")[:MOST_POINTS]
    return np.stack([rows[order], columns[order]], axis=1)


def _alike(soft: Grey, points: Places, two_grains: float) -> list[tuple[int, int]]:
    """Pairs of points whose surroundings differ by less than two grains do, the most alike first."""
    if len(points) < 2:
        return []
    around = np.stack([soft[points[:, 0] + down, points[:, 1] + across] for down, across in _AROUND], axis=1)
    around = np.ascontiguousarray(around - around.mean(), dtype=np.float32)
    squares = (around * around).sum(axis=1)
    most = ALIKE * two_grains * len(_AROUND)
    pairs, differences = [], []
    for start in range(0, len(points), 1000):
        part = around[start : start + 1000]
        differ = squares[start : start + 1000, None] + squares[None, start:] - 2 * part @ around[start:].T
        here, there = np.divmod(np.flatnonzero(differ < most), differ.shape[1])
        later = here < there
        pairs.append(np.stack([here[later], there[later]], axis=1) + start)
        differences.append(differ[here[later], there[later]])
    found = np.concatenate(pairs)
    apart = np.abs(points[found[:, 0]] - points[found[:, 1]]).max(axis=1) >= APART
    order = np.argsort(np.concatenate(differences)[apart], kind="stable")[:MOST_PAIRS]
    return [(here, there) for here, there in found[apart][order].tolist()]


def _copy(soft: Grey, here: Places, there: Places, two_grains: float) -> Box | None:
    """The rectangle around the place `here` that is a copy of the one around `there`, where there is one."""
    row, column = (int(value) for value in here)
    differ = _part(soft, here) - _part(soft, there)
    likelier = (-np.log(COPIED) - (1 / COPIED - 1) * differ * differ / two_grains) / 2
    sums = np.zeros((2 * REACH + 1, 2 * REACH + 1))
    sums[1:, 1:] = np.maximum(likelier, -6).cumsum(axis=0).cumsum(axis=1)
    rows = sums[None, REACH + 1 :] - sums[: REACH + 1, None]  # [top, bottom, columns up to]
    lefts, rights = rows[:, :, : REACH + 1], rows[:, :, REACH + 1 :]
    total = rights.max(axis=2) - lefts.min(axis=2)
    top, bottom = np.unravel_index(int(total.argmax()), total.shape)
    if total[top, bottom] < SURE:
        return None
    left, right = int(lefts[top, bottom].argmin()), int(rights[top, bottom].argmax()) + REACH + 1
    return (
        float(column - REACH + left),
        float(row - REACH + int(top)),
        float(column - REACH + right),
        float(row + 1 + int(bottom)),
    )


def _part(soft: Grey, point: Places) -> Grey:
    row, column = (int(value) for value in point)
    return soft[row - REACH : row + REACH, column - REACH : column + REACH]

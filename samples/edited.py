"""Pictures edited in place, as forgers do it: a digit, a date, a name, an amount, a region, a stamp.

Each edit takes a picture (a photograph of a paper) and changes it where a line of its print stands; the box of the line
is given as (left, top, right, bottom) in pixels. What the paper says elsewhere stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from random import Random

import numpy as np
from PIL import Image, ImageDraw

from samples.sheet import INK, font

Box = tuple[int, int, int, int]
Edit = Callable[[Image.Image, Box, Random], Image.Image]


def pasted_digit(picture: Image.Image, box: Box, rng: Random) -> Image.Image:
    """One digit cut out of the line and put over another one of it."""
    left, top, right, bottom = box
    width = max(8, round((bottom - top) * 0.45))
    places = [left + step * width for step in range(max(2, (right - left) // width))]
    source, target = rng.sample(places, 2)
    shift = rng.choice((-1, 0, 0, 1))
    return _moved(picture, (source, top, source + width, bottom), (target, top + shift))


def overprinted(text: str) -> Edit:
    """The line painted over with the colour of the paper around it and printed anew as `text`."""

    def edit(picture: Image.Image, box: Box, rng: Random) -> Image.Image:
        done = picture.copy()
        done.paste(_paper(picture, box), box)
        return _printed(done, text, box, rng)

    return edit


def patched(text: str) -> Edit:
    """The line covered with empty paper taken from below it, grain and all, and printed anew as `text`."""

    def edit(picture: Image.Image, box: Box, rng: Random) -> Image.Image:
        left, top, right, bottom = box
        empty = _emptiest(picture, (right - left, bottom - top))
        return _printed(_moved(picture, empty, (left, top)), text, box, rng)

    return edit


def smeared(text: str) -> Edit:
    """The line wiped away by averaging what is around it, then printed anew as `text` with soft edges."""

    def edit(picture: Image.Image, box: Box, rng: Random) -> Image.Image:
        pixels = np.asarray(picture, dtype=np.float32).copy()
        left, top, right, bottom = box
        above, below = pixels[max(0, top - 3), left:right], pixels[min(len(pixels) - 1, bottom + 3), left:right]
        share = np.linspace(0, 1, bottom - top, dtype=np.float32)[:, None, None]
        pixels[top:bottom, left:right] = above * (1 - share) + below * share
        return _printed(Image.fromarray(pixels.astype(np.uint8)), text, box, rng)

    return edit


def copied_region(picture: Image.Image, box: Box, rng: Random) -> Image.Image:
    """The line put a second time on empty paper, as if it were another row."""
    left, top, right, bottom = box
    empty = _emptiest(picture, (right - left, bottom - top))
    return _moved(picture, box, (empty[0], empty[1] + rng.randrange(2)))


def cloned_stamp(picture: Image.Image, box: Box, rng: Random) -> Image.Image:
    """The part of the picture in the box (a stamp) put a second time elsewhere."""
    return copied_region(picture, box, rng)


def stamp_in(picture: Image.Image) -> Box | None:
    """The box around all red ink; None where there is none to speak of."""
    pixels = np.asarray(picture, dtype=np.int16)
    rows, columns = np.nonzero((pixels[..., 0] > pixels[..., 1] + 60) & (pixels[..., 0] > pixels[..., 2] + 60))
    if len(rows) < 500:
        return None
    return int(columns.min()) - 3, int(rows.min()) - 3, int(columns.max()) + 4, int(rows.max()) + 4


def saved_again(picture: Image.Image, form: str, quality: int = 92) -> bytes:
    """The picture as the bytes of a new file: `png`, or `jpeg` of that quality."""
    out = BytesIO()
    picture.save(out, "PNG" if form == "png" else "JPEG", quality=quality)
    return out.getvalue()


def _moved(picture: Image.Image, source: Box, target: tuple[int, int]) -> Image.Image:
    done = picture.copy()
    done.paste(picture.crop(source), target)
    return done


def _paper(picture: Image.Image, box: Box) -> tuple[int, int, int]:
    pixels = np.asarray(picture.crop(box)).reshape(-1, 3)
    light = pixels[pixels.sum(axis=1) >= np.median(pixels.sum(axis=1))]
    red, green, blue = (int(level) for level in np.median(light, axis=0))
    return red, green, blue


def _printed(picture: Image.Image, text: str, box: Box, rng: Random) -> Image.Image:
    left, top, right, bottom = box
    size = max(10, round((bottom - top) * rng.uniform(1.05, 1.25)))
    while size > 10 and font(size).getlength(text) > right - left + 2 * size:
        size -= 1
    draw = ImageDraw.Draw(picture)
    draw.text((left + 2, (top + bottom) // 2 + rng.choice((-1, 0, 1))), text, font=font(size), fill=INK, anchor="lm")
    return picture


def _emptiest(picture: Image.Image, size: tuple[int, int]) -> Box:
    """A place of this size with the least print on it."""
    grey = np.asarray(picture.convert("L"), dtype=np.float64)
    squares = np.zeros((grey.shape[0] + 1, grey.shape[1] + 1, 2))
    squares[1:, 1:, 0], squares[1:, 1:, 1] = grey.cumsum(0).cumsum(1), (grey**2).cumsum(0).cumsum(1)
    width, height = size
    sums = squares[height:, width:] - squares[:-height, width:] - squares[height:, :-width] + squares[:-height, :-width]
    variance = sums[..., 1] / (width * height) - (sums[..., 0] / (width * height)) ** 2
    top, left = np.unravel_index(int(variance.argmin()), variance.shape)
    return int(left), int(top), int(left) + width, int(top) + height

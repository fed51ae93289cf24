"""A sheet as a camera sees it: paper that is not pure white, uneven light, a soft lens, and the grain of a sensor.

A rendered sheet is flat, which no photograph of a paper is; what looks for edits in pictures needs the grain.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from random import Random

import numpy as np
from PIL import ExifTags, Image, ImageFilter

PAPER = 0.95
"""How bright white paper comes out, as a share of the brightest value."""
LENS = 0.55
"""Radius of the lens' blur in pixels."""


TABLE = (96, 90, 84)
"""The colour of what the paper lies on."""


@dataclass(frozen=True, slots=True)
class Shot:
    """How the picture is taken: degrees clockwise it is turned (a multiple of 90) and askew, radius of the blur in
    pixels, light (1 is enough), and the grain's standard deviation in levels of 256."""

    turn: int = 0
    skew: float = 0.0
    blur: float = 0.0
    light: float = 1.0
    grain: float = 2.4


def photographed(sheet: Image.Image, seed: str, shot: Shot | None = None) -> Image.Image:
    """The sheet as a photograph; of the same size if it is neither turned nor askew. The same seed, the same grain."""
    shot = shot or Shot()
    rng = Random(f"camera:{seed}")  # noqa: S311 - test data wants to be repeatable, not secret
    numbers = np.random.default_rng(rng.getrandbits(64))
    lying = sheet.convert("RGB")
    if shot.turn:
        lying = lying.rotate(-shot.turn, expand=True)
    if shot.skew:
        lying = lying.rotate(-shot.skew, expand=True, fillcolor=TABLE, resample=Image.Resampling.BICUBIC)
    pixels = np.asarray(lying.filter(ImageFilter.GaussianBlur(LENS + shot.blur)), dtype=np.float32)
    height, width = pixels.shape[:2]
    across = np.linspace(-1, 1, width, dtype=np.float32) * rng.uniform(-0.015, 0.015)
    down = np.linspace(-1, 1, height, dtype=np.float32) * rng.uniform(-0.015, 0.015)
    light = PAPER * shot.light * (1 + across[None, :] + down[:, None])
    noise = numbers.standard_normal((height, width), dtype=np.float32) * shot.grain
    seen = pixels * light[:, :, None] + noise[:, :, None]
    return Image.fromarray(np.clip(np.rint(seen), 0, 255).astype(np.uint8))


def as_taken(picture: Image.Image, quality: int, *, dpi: int = 72) -> bytes:
    """The photograph as the JPEG file that the camera writes, with its own name and the time in it."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Thaw Samples", "Invented 1"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:05 10:30:00"
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, exif=exif, dpi=(dpi, dpi))
    return out.getvalue()

"""What a photograph's file says about where and when it was taken (EXIF), and how the picture looks, in 64 bits."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import cv2
import numpy as np
from PIL import ExifTags, Image

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a picture is turned upright, by what its camera noted of how it was held (EXIF's orientation)."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Taken:
    """Degrees north and east, and the camera's own time, which has no zone; None for what the file does not say."""

    latitude: float | None = None
    longitude: float | None = None
    at: datetime | None = None


def taken(data: bytes) -> Taken:
    """Where and when the photograph in the file was taken; nothing for a file without such data."""
    with suppress(OSError, ValueError, SyntaxError, ZeroDivisionError, TypeError), Image.open(BytesIO(data)) as picture:
        exif = picture.getexif()
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
        north = _degrees(place.get(ExifTags.GPS.GPSLatitude), place.get(ExifTags.GPS.GPSLatitudeRef) == "S")
        east = _degrees(place.get(ExifTags.GPS.GPSLongitude), place.get(ExifTags.GPS.GPSLongitudeRef) == "W")
        if north is None or east is None or not (-90 <= north <= 90 and -180 <= east <= 180):
            north = east = None
        said = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        return Taken(north, east, _moment(said))
    return Taken()


def names_a_camera(picture: Image.Image) -> bool:
    """Whether the file names a camera or the time the photograph was taken. Both can be written by anybody: their want
    says more than their presence."""
    with suppress(OSError, ValueError, SyntaxError, ZeroDivisionError, TypeError):
        exif = picture.getexif()
        named = ExifTags.Base.Make, ExifTags.Base.Model
        return any(tag in exif for tag in named) or (ExifTags.Base.DateTimeOriginal in exif.get_ifd(ExifTags.IFD.Exif))
    return False


def turned(box: Box, orientation: int) -> Box:
    """The box (left, top, right, bottom in shares of the picture) in the picture turned upright."""
    left, top, right, bottom = box
    if orientation in (5, 6, 7, 8):
        left, top, right, bottom = top, left, bottom, right
    if orientation in (2, 3, 6, 7):
        left, right = 1 - right, 1 - left
    if orientation in (3, 4, 7, 8):
        top, bottom = 1 - bottom, 1 - top
    return left, top, right, bottom


def look_of(picture: Image.Image) -> int:
    """64 bits that stay about the same when the picture is scaled, saved again or lit differently: the signs of its
    lowest frequencies against their median."""
    grey = np.asarray(picture.convert("L").resize((32, 32), Image.Resampling.BOX), dtype=np.float32)
    low = cv2.dct(grey)[:8, :8].ravel()
    bits = low > np.median(low[1:])
    return int("".join("1" if bit else "0" for bit in bits), 2)


def _degrees(parts: object, negative: bool) -> float | None:
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if negative else value


def _moment(said: object) -> datetime | None:
    if not isinstance(said, str):
        return None
    with suppress(ValueError):
        return datetime.strptime(said, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - a camera's clock has no zone
    return None

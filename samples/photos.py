"""Photographs of a shop front with the merchant's sign (D12), with the place and time a camera writes into its file."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from random import Random

from PIL import ExifTags, Image, ImageDraw

from samples.camera import photographed
from samples.facts import PaperFacts
from samples.sheet import font


def shop_front(
    facts: PaperFacts, *, place: tuple[float, float] | None, taken: datetime | None, angle: int = 0, quality: int = 92
) -> bytes:
    """A JPEG of the merchant's shop. `angle`: another one is another photograph of the same shop."""
    scene = _scene(facts)
    rng = Random(f"angle:{angle}")  # noqa: S311 - test data wants to be repeatable, not secret
    if angle:
        left, top = rng.randrange(4, 16), rng.randrange(4, 12)
        scene = scene.crop((left, top, scene.width - 16, scene.height - 12)).resize(scene.size)
    picture = photographed(scene, f"{facts.merchant_no}:{angle}")
    exif = Image.Exif()
    if taken is not None:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
    if place is not None:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", _parts(place[0])
        gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", _parts(place[1])
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


def _scene(facts: PaperFacts) -> Image.Image:
    rng = Random(f"shop:{facts.merchant_no}")  # noqa: S311 - as above
    wall = tuple(rng.randrange(120, 220) for _ in range(3))
    picture = Image.new("RGB", (1280, 960), (190, 205, 220))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 700, 1280, 960), fill=(120, 118, 112))
    draw.rectangle((80, 180, 1200, 800), fill=wall)
    draw.rectangle((100, 210, 1180, 340), fill=(150, 30, 30))
    size = min(80, 1000 // max(1, len(facts.merchant_name)))
    draw.text((640, 275), facts.merchant_name, font=font(size), fill=(250, 240, 200), anchor="mm")
    for _ in range(rng.randrange(3, 6)):
        left, width = rng.randrange(120, 900), rng.randrange(120, 260)
        draw.rectangle((left, 400, left + width, 700), fill=tuple(rng.randrange(40, 250) for _ in range(3)))
    door = rng.randrange(200, 900)
    draw.rectangle((door, 420, door + 160, 800), fill=(60, 50, 45))
    return picture


def _parts(degrees: float) -> tuple[float, float, float]:
    minutes = (degrees % 1) * 60
    return float(int(degrees)), float(int(minutes)), round(minutes % 1 * 60, 4)

"""What happens to a paper between the desk and the upload: turned, askew, worn by JPEG, blurred, under a password."""

from __future__ import annotations

import random
from io import BytesIO

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from pypdf import PdfReader, PdfWriter

from samples.camera import as_taken
from samples.sheet import font

TABLE = (96, 90, 84)
"""The colour of what the paper lies on."""


def scanned(
    picture: bytes,
    *,
    turn: int = 0,
    skew: float = 0.0,
    quality: int = 85,
    blur: float = 0.0,
    grain: int = 0,
    light: float = 1.0,
) -> bytes:
    """A picture of the picture, as JPEG.

    `turn`: degrees clockwise, a multiple of 90. `skew`: degrees clockwise. `blur`: radius in pixels.
    `grain`: strength of noise, 0 to 255; the same at every call. `light`: how light it was, 1 being enough.
    """
    with Image.open(BytesIO(picture)) as opened:
        image = opened.convert("RGB")
    if turn:
        image = image.rotate(-turn, expand=True)
    if skew:
        image = image.rotate(-skew, expand=True, fillcolor=TABLE, resample=Image.Resampling.BICUBIC)
    if blur:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    if light != 1.0:
        image = ImageEnhance.Brightness(image).enhance(light)
    if grain:
        noise = random.Random(0).randbytes(image.width * image.height)  # noqa: S311 - grain, not a secret
        layer = Image.frombytes("L", image.size, noise).convert("RGB")
        image = Image.blend(image, layer, grain / 255)
    return as_taken(image, quality)


def watermarked(picture: bytes, text: str) -> bytes:
    """The picture with grey writing slanting across it, as merchants put on copies of their papers; a PNG."""
    with Image.open(BytesIO(picture)) as opened:
        image = opened.convert("RGBA")
    layer = Image.new("RGBA", image.size)
    draw = ImageDraw.Draw(layer)
    for y in range(0, image.height, 260):
        for x in range(0, image.width, 460):
            draw.text((x, y), text, font=font(36), fill=(170, 170, 170, 110))
    out = BytesIO()
    Image.alpha_composite(image, layer.rotate(22)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def under_password(pdf: bytes, password: str = "secret") -> bytes:  # noqa: S107 - a sample's password opens nothing
    """The PDF encrypted, so that it cannot be opened without the password."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    writer.encrypt(password, algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()

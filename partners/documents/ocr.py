"""Reads pages: turns them upright and gives every line of text with its box and the confidence of each character.

Offline: the models of PP-OCR (detection, angle classifier, recognition) come in the wheel `rapidocr`.
A page is read twice when it lies on its side or upside down, because single characters cannot be told on a turned
page. A page that is askew is read once and its boxes are turned back.

Memory: about 0.7 GB with the models, 1.2 GB at the most while a page of WORKING_SIDE pixels is read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image, ImageOps

WORKING_SIDE = 1800
"""Pixels of a page's longer side when it is read; larger pages are reduced to it."""
SMALLEST_SIDE = 1000
"""Smaller pictures are enlarged to it: the detector overlooks very small print."""
PAGES_READ = 4
THREADS = 2
MOST_ENLARGED = 3.0

_CLEAR_TURN = 0.9
"""From this confidence on the angle classifier's word counts when the page's direction is voted on."""
_TELLING_SHAPE = 2.0
"""How much longer than high a line must be to have a say in it."""

Pixels = NDArray[np.uint8]
Quad = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text in the upright page; the box is (left, top, right, bottom) in pixels of the upright page.

    `gaps` holds the positions in `text` that a space stood before; `text` itself has none.
    """

    text: str
    confidences: tuple[float, ...]
    box: tuple[float, float, float, float]
    gaps: frozenset[int] = frozenset()

    @property
    def height(self) -> float:
        """Height of the box in pixels."""
        return self.box[3] - self.box[1]


@dataclass(frozen=True, slots=True)
class Page:
    """A page as read: size in pixels when upright, and its lines.

    `turned`: by how many degrees clockwise it was turned to be upright; `skew`: the slope in radians that its lines
    still had.
    """

    number: int
    width: int
    height: int
    turned: int = 0
    skew: float = 0.0
    lines: tuple[Line, ...] = field(default_factory=tuple)


class Reader:
    """The OCR engine with its models loaded and warm. Not for use by two threads at once."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR  # noqa: PLC0415 - takes a second and 300 MB; only the slot's process pays for it

        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.max_side_len": WORKING_SIDE,
                "Global.return_word_box": True,
                "Global.use_cls": True,
                "Det.limit_type": "max",
                "Det.limit_side_len": 1280,
                "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        self._read(np.full((200, 400, 3), 255, np.uint8))

    def read(self, data: bytes, media_type: str) -> tuple[Page, ...]:
        """The first PAGES_READ pages of an inspected file; ValueError or OSError when a page cannot be opened."""
        return tuple(self._page(number, picture) for number, picture in enumerate(pictures(data, media_type), start=1))

    def _page(self, number: int, picture: Image.Image) -> Page:
        pixels = _pixels(picture)
        quads, texts, turns = self._read(pixels)
        if turned := _turn_needed(quads, turns):
            pixels = np.ascontiguousarray(np.rot90(pixels, -turned // 90))
            quads, texts, turns = self._read(pixels)
        height, width = pixels.shape[:2]
        skew = _skew(quads)
        quads = _straightened(quads, skew, (width / 2, height / 2))
        lines = tuple(
            _line(text, scores, quad) for (text, scores), quad in zip(texts, quads, strict=True) if text.strip()
        )
        return Page(number, width, height, turned, skew, lines)

    def _read(self, pixels: Pixels) -> tuple[list[Quad], list[tuple[str, Sequence[float]]], list[tuple[str, float]]]:
        """Quads, texts with a confidence for each character, and the angle classifier's word on each line."""
        from rapidocr.utils.process_img import map_boxes_to_original  # noqa: PLC0415 - as above

        prepared, record = self._engine.preprocess_img(pixels)
        found, angles, read, _ = self._engine.run_ocr_steps(prepared, record)
        if found.boxes is None or read.txts is None:
            return [], [], []
        boxes = map_boxes_to_original(np.array(found.boxes), record, *pixels.shape[:2])
        texts = [(text, words.confs) for text, words in zip(read.txts, read.word_results, strict=True)]
        return list(boxes), texts, list(angles.cls_res)


def pictures(data: bytes, media_type: str) -> Iterator[Image.Image]:
    """The pages of a file as RGB pictures of working size, one at a time."""
    if media_type != "application/pdf":
        with Image.open(BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as picture:
            picture.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
            yield _working_size(_on_white(ImageOps.exif_transpose(picture)))
        return
    document = pypdfium2.PdfDocument(data)
    try:
        for number in range(min(len(document), PAGES_READ)):
            page = document[number]
            scale = WORKING_SIDE / max(*page.get_size(), 1.0)
            yield page.render(scale=min(scale, 8.0)).to_pil().convert("RGB")
            page.close()
    finally:
        document.close()


def _on_white(picture: Image.Image) -> Image.Image:
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    white = Image.new("RGBA", layer.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, layer).convert("RGB")


def _working_size(picture: Image.Image) -> Image.Image:
    longer = max(picture.size)
    if longer > WORKING_SIDE:
        scale = WORKING_SIDE / longer
    elif longer < SMALLEST_SIDE:
        scale = min(SMALLEST_SIDE / longer, MOST_ENLARGED)
    else:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _pixels(picture: Image.Image) -> Pixels:
    return np.ascontiguousarray(np.asarray(picture, dtype=np.uint8)[:, :, ::-1])  # the models were trained on BGR


def _turn_needed(quads: Sequence[Quad], turns: Sequence[tuple[str, float]]) -> int:
    """Degrees clockwise (0, 90, 180, 270) that make the page upright, by a vote of its longer lines."""
    votes = {0: 0.0, 90: 0.0, 180: 0.0, 270: 0.0}
    for quad, (label, confidence) in zip(quads, turns, strict=True):
        across, down = _extent(quad)
        if max(across, down) < _TELLING_SHAPE * min(across, down) or confidence < _CLEAR_TURN:
            continue
        flipped = label == "180"
        turn = (180 if flipped else 0) if across >= down else (90 if flipped else 270)
        votes[turn] += max(across, down)
    return max(votes, key=lambda turn: votes[turn])


def _skew(quads: Sequence[Quad]) -> float:
    """The angle in radians that the page's lines slope downwards, the longer ones deciding."""
    slopes: list[tuple[float, float]] = []
    for quad in quads:
        across, down = _extent(quad)
        if across >= _TELLING_SHAPE * down:
            side = quad[1] - quad[0] + quad[2] - quad[3]
            slopes.append((math.atan2(float(side[1]), float(side[0])), across))
    slopes.sort()
    half, passed = sum(weight for _, weight in slopes) / 2, 0.0
    for slope, weight in slopes:
        passed += weight
        if passed >= half:
            return slope
    return 0.0


def _extent(quad: Quad) -> tuple[float, float]:
    across = (np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    down = (np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    return float(across), float(down)


def _straightened(quads: Sequence[Quad], angle: float, centre: tuple[float, float]) -> list[Quad]:
    cosine, sine = math.cos(-angle), math.sin(-angle)
    turn = np.array([[cosine, -sine], [sine, cosine]], dtype=np.float32)
    middle = np.array(centre, dtype=np.float32)
    return [((quad - middle) @ turn.T + middle).astype(np.float32) for quad in quads]


def _line(text: str, confidences: Sequence[float], quad: Quad) -> Line:
    kept = [(char, score) for char, score in zip(text, confidences, strict=False) if not char.isspace()]
    gaps, position = set(), 0
    for char in text:
        if char.isspace():
            gaps.add(position)
        else:
            position += 1
    left, top = quad.min(axis=0)
    right, bottom = quad.max(axis=0)
    return Line(
        text="".join(char for char, _ in kept),
        confidences=tuple(float(score) for _, score in kept),
        box=(float(left), float(top), float(right), float(bottom)),
        gaps=frozenset(gaps - {0}),
    )

"""Reads pages: turns them upright and gives every line of text with its box and the confidence of each character.

Offline: the models of PP-OCR (detection, angle classifier, recognition) come in the wheel `rapidocr`.
On a page that lies on its side or upside down lines are looked for twice, because single characters cannot be told on
a turned page; it is read once, upright. A page that is askew is read as it lies and its boxes are turned back.

Memory: 0.2 GB with the models, 0.6 GB while a licence is read, 1.1 GB was the most seen on a page full of print.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from statistics import fmean
from typing import Any

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageDraw

from partners.documents import camera_data, marks, traces
from partners.documents.camera_data import Taken
from partners.documents.compression import Saved
from partners.documents.marks import Box, Mark
from partners.documents.traces import Traces

WORKING_SIDE = 1800
"""Pixels of a page's longer side when it is read; larger pages are reduced to it."""
SMALLEST_SIDE = 1000
"""Smaller pictures are enlarged to it: the detector overlooks very small print."""
PAGES_READ = 4
THREADS = 2
MOST_PRINT = 12_000.0
"""How much of a page is read: the sum over its lines of length squared, in line heights, for that is what reading costs
(about 0.4 ms of CPU each). A licence has 2,000 to 7,000, a page full of print 50,000: it would hold up what waits."""
LONGEST_LINE = 60.0
"""In line heights. What is asked for is never that long."""
MOST_ENLARGED = 3.0
MOST_SEARCHED = 8_000_000
"""Pixels of a picture that is searched for traces of edits as it was sent."""
MOST_SCANNED = 40_000_000
"""Pixels of a scan in a PDF that is taken out as it is; a larger one is read as the page shows it."""
MOST_SLANTED = math.radians(7)
"""Lines that slope more than this against the page's other lines are watermarks and are left out."""

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
    still had. `codes` and `seals` stand where they are on the upright page, with the skew it has; `sharpness` and
    `brightness` are those of `marks`. The boxes of `traces` are in shares of the page as it was sent.
    `taken` is what a photograph's file says of its place and time, `look` the picture's 64 bits of `camera_data`.
    """

    number: int
    width: int
    height: int
    turned: int = 0
    skew: float = 0.0
    lines: tuple[Line, ...] = field(default_factory=tuple)
    codes: tuple[Mark, ...] = ()
    seals: tuple[Box, ...] = ()
    sharpness: float = 1000.0
    brightness: float = 1.0
    traces: Traces = field(default_factory=Traces)
    taken: Taken = field(default_factory=Taken)
    look: int | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """A line as the engine finds it: corners clockwise from the upper left one, the angle classifier's word, the
    picture of it as it stands and as it is read."""

    quad: Quad
    flipped: bool
    angle_confidence: float
    crop: Pixels
    upright: Pixels

    @property
    def across(self) -> float:
        """Length of the upper and lower edges in pixels."""
        quad = self.quad
        return float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2

    @property
    def down(self) -> float:
        """Length of the left and right edges in pixels."""
        quad = self.quad
        return float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2

    @property
    def slope(self) -> float:
        """The angle in radians by which it slopes downwards."""
        side = self.quad[1] - self.quad[0] + self.quad[2] - self.quad[3]
        return math.atan2(float(side[1]), float(side[0]))

    @property
    def telling(self) -> bool:
        """Whether it is long enough to say which way the page lies."""
        return max(self.across, self.down) >= _TELLING_SHAPE * min(self.across, self.down)


@dataclass(frozen=True, slots=True)
class _Seen(_Found):
    """A line with what it says."""

    text: str
    confidences: tuple[float, ...]


class Reader:
    """The OCR engine with its models loaded and warm. Not for use by two threads at once."""

    def __init__(self, threads: int = THREADS) -> None:
        from rapidocr import RapidOCR  # noqa: PLC0415 - takes a second and 300 MB; only the slot's process pays for it

        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.max_side_len": WORKING_SIDE,
                "Global.return_word_box": True,
                "Global.use_cls": True,
                "Det.limit_type": "max",
                "Det.limit_side_len": 1280,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        self._read(self._find(pixels_of(_something_to_read())))

    def read(self, data: bytes, media_type: str) -> tuple[Page, ...]:
        """The first PAGES_READ pages of an inspected file; ValueError or OSError when a page cannot be opened."""
        found = []
        for number, sent in enumerate(pictures(data, media_type), start=1):
            found.append(replace(self.page(number, sent.working_size()), traces=sent.traces()))
        if media_type == "application/pdf":
            return tuple(found)
        taken = camera_data.taken(data)
        return tuple(replace(page, taken=taken) for page in found)

    def page(self, number: int, picture: Image.Image) -> Page:
        """What stands on one page; whether it was edited, and what its file says of it, is not looked at."""
        pixels = pixels_of(picture)
        found = self._find(pixels)
        if turned := _turn_needed(found):
            pixels = np.ascontiguousarray(np.rot90(pixels, -turned // 90))
            found = self._find(pixels)
        seen = self._unflipped(self._read(found))
        height, width = pixels.shape[:2]
        skew = _skew(seen)
        seen = [one for one in seen if not one.telling or abs(one.slope - skew) <= MOST_SLANTED]
        straight = _straightened([one.quad for one in seen], skew, (width / 2, height / 2))
        lines = [_line(one, quad) for one, quad in zip(seen, straight, strict=True) if one.text.strip()]
        return Page(
            number,
            width,
            height,
            turned,
            skew,
            tuple(lines),
            codes=marks.codes(pixels),
            seals=marks.seals(pixels),
            sharpness=marks.sharpness(pixels),
            brightness=marks.brightness(pixels),
            look=camera_data.look_of(picture),
        )

    def _find(self, pixels: Pixels) -> list[_Found]:
        """Where the lines of the picture are and how each of them stands, up to MOST_PRINT of them."""
        from rapidocr.main import RapidOCRError  # noqa: PLC0415 - as above
        from rapidocr.utils.process_img import map_boxes_to_original  # noqa: PLC0415

        prepared, record = self._engine.preprocess_img(pixels)
        try:
            crops, found = self._engine.detect_and_crop(prepared, record)
        except RapidOCRError:
            return []  # there is no print on it
        quads = map_boxes_to_original(np.array(found.boxes), record, *pixels.shape[:2])
        chosen = _within_limit(crops)
        if not chosen:
            return []
        upright, angles = self._engine.cls_and_rotate([crops[at] for at in chosen])
        return [
            _Found(quads[at], label == "180", score, crops[at], turned)
            for at, turned, (label, score) in zip(chosen, upright, angles.cls_res, strict=True)
        ]

    def _read(self, found: Sequence[_Found]) -> list[_Seen]:
        """What the lines say."""
        if not found:
            return []
        read = self._engine.recognize_txt([one.upright for one in found])
        return [
            _Seen(one.quad, one.flipped, one.angle_confidence, one.crop, one.upright, text, tuple(words.confs))
            for one, text, words in zip(found, read.txts, read.word_results, strict=True)
        ]

    def _unflipped(self, seen: Sequence[_Seen]) -> list[_Seen]:
        """Lines of an upright page that the angle classifier took to be upside down, read again as they stand."""
        flipped = [at for at, one in enumerate(seen) if one.flipped and one.across >= one.down]
        result = list(seen)
        if flipped:
            again = self._engine.recognize_txt([seen[at].crop for at in flipped])
            for at, text, words in zip(flipped, again.txts, again.word_results, strict=True):
                if fmean(words.confs) > fmean(seen[at].confidences):
                    result[at] = replace(seen[at], text=text, confidences=tuple(words.confs))
        return result


@dataclass(frozen=True, slots=True)
class Sent:
    """A page as it was sent, how the file holds it, and how the camera says it is to be turned (EXIF 1 to 8)."""

    picture: Image.Image
    saved: Saved = field(default_factory=Saved)
    orientation: int = 1

    def working_size(self) -> Image.Image:
        """The page upright, as far as its file says, and as it is read."""
        turn = camera_data.TURNS.get(self.orientation)
        return _working_size(self.picture if turn is None else self.picture.transpose(turn))

    def traces(self) -> Traces:
        """The traces of edits on the page, searched along the squares that JPEG saved it in."""
        found = traces.look(pixels_of(self.picture), self.saved)
        suspects = (replace(each, box=camera_data.turned(each.box, self.orientation)) for each in found.suspects)
        return replace(found, suspects=tuple(suspects))


def pictures(data: bytes, media_type: str) -> Iterator[Sent]:
    """The pages of a file as RGB pictures, one at a time."""
    if media_type != "application/pdf":
        with Image.open(BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as picture:
            yield _sent(picture)
        return
    document = pypdfium2.PdfDocument(data)
    try:
        for number in range(min(len(document), PAGES_READ)):
            page = document[number]
            scan = _scan(page)
            if scan is None:
                scale = WORKING_SIDE / max(*page.get_size(), 1.0)
                scan = page.render(scale=min(scale, 8.0)).to_pil().convert("RGB")
            yield Sent(scan)
            page.close()
    finally:
        document.close()


def _sent(picture: Image.Image) -> Sent:
    """A picture not larger than traces are looked for in; a larger one is reduced and does not show them all."""
    stripped = picture.format == "JPEG" and not camera_data.names_a_camera(picture)
    saved = Saved(lossless=picture.format == "PNG", steps=_steps(picture), stripped=stripped)
    orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    if picture.width * picture.height > MOST_SEARCHED:
        picture.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
        return Sent(_working_size(_on_white(picture)), Saved(stripped=stripped), orientation)
    return Sent(_on_white(picture), saved, orientation)


def _steps(picture: Image.Image) -> tuple[int, ...] | None:
    """The steps of luminance in a JPEG file, row by row."""
    tables: dict[int, Sequence[int]] = getattr(picture, "quantization", {})
    return tuple(tables[0]) if 0 in tables and len(tables[0]) == 64 else None


def _scan(page: pypdfium2.PdfPage) -> Image.Image | None:
    """The one picture that a scanner made the page of, as it was scanned; None for a page of anything else."""
    objects = list(page.get_objects())
    if len(objects) != 1 or objects[0].type != pypdfium2.raw.FPDF_PAGEOBJ_IMAGE or page.get_rotation():
        return None
    width, height = page.get_size()
    left, bottom, right, top = objects[0].get_bounds()
    if (right - left) * (top - bottom) < 0.9 * width * height:
        return None
    across, _, _, down, *_ = objects[0].get_matrix().get()
    picture: Image.Image = objects[0].get_bitmap().to_pil().convert("RGB")
    return picture if across > 0 and down > 0 and picture.width * picture.height <= MOST_SCANNED else None


def _within_limit(crops: Sequence[Pixels]) -> list[int]:
    """Which lines to read, in their order: the shortest first, as labels and what they ask for are short."""
    lengths = [max(crop.shape[:2]) / max(1, min(crop.shape[:2])) for crop in crops]
    left = MOST_PRINT
    chosen: list[int] = []
    for at in sorted(range(len(crops)), key=lambda at: lengths[at]):
        left -= lengths[at] ** 2
        if left < 0 or lengths[at] > LONGEST_LINE:
            break
        chosen.append(at)
    return sorted(chosen)


def _something_to_read() -> Image.Image:
    """A picture with print on it: the engine loads each of its models when it first needs it."""
    picture = Image.new("RGB", (600, 200), "white")
    ImageDraw.Draw(picture).text((40, 60), "2019.05.01-2039.05.01", font_size=40, fill="black")
    return picture


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


def pixels_of(picture: Image.Image) -> Pixels:
    """The picture as the models and the search for edits take it: rows of blue, green, red."""
    return np.ascontiguousarray(np.asarray(picture, dtype=np.uint8)[:, :, ::-1])  # the models were trained on BGR


def _turn_needed(seen: Sequence[_Found]) -> int:
    """Degrees clockwise (0, 90, 180, 270) that make the page upright, by a vote of its longer lines."""
    votes = {0: 0.0, 90: 0.0, 180: 0.0, 270: 0.0}
    for one in seen:
        if not one.telling or one.angle_confidence < _CLEAR_TURN:
            continue
        lying = one.down > one.across
        turn = (90 if one.flipped else 270) if lying else (180 if one.flipped else 0)
        votes[turn] += max(one.across, one.down)
    return max(votes, key=lambda turn: votes[turn])


def _skew(seen: Sequence[_Seen]) -> float:
    """The angle in radians that the page's lines slope downwards, the longer ones deciding."""
    slopes = sorted((one.slope, one.across) for one in seen if one.telling and one.across > one.down)
    half, passed = sum(weight for _, weight in slopes) / 2, 0.0
    for slope, weight in slopes:
        passed += weight
        if passed >= half:
            return slope
    return 0.0


def _straightened(quads: Sequence[Quad], angle: float, centre: tuple[float, float]) -> list[Quad]:
    cosine, sine = math.cos(-angle), math.sin(-angle)
    turn = np.array([[cosine, -sine], [sine, cosine]], dtype=np.float32)
    middle = np.array(centre, dtype=np.float32)
    return [((quad - middle) @ turn.T + middle).astype(np.float32) for quad in quads]


def _line(seen: _Seen, quad: Quad) -> Line:
    kept = [(char, score) for char, score in zip(seen.text, seen.confidences, strict=False) if not char.isspace()]
    gaps, position = set(), 0
    for char in seen.text:
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

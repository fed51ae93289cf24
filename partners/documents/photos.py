"""Judges photographs of shop front, interior and till (D12): where and when taken, and whether the shop's name is seen.

What a file says about place and time can be written by anybody, so it only ever supports a photograph; a photograph
whose file says nothing is a doubt, never a failure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from partners.documents.camera_data import Taken
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.fields import lines_of
from partners.documents.layout import plain
from partners.documents.ocr import Page

NEAR_METRES = 500.0
"""How far from the registered place a photograph may have been taken (documents.csv)."""
RECENT = timedelta(days=90)
SHORTEST_NAME = 4
"""Characters of the merchant's name that a sign must show in a row."""
_EARTH_METRES = 6_371_000.0


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """The checks of place, time and sign. A file of several pages is no photograph and says nothing of a camera."""
    taken = pages[0].taken if pages else Taken()
    return Reading((), (_judge_place(taken, on_file), _judge_time(taken, on_file), _judge_sign(pages, on_file)))


def _judge_place(taken: Taken, on_file: OnFile) -> Check:
    code = "taken_there"
    if taken.latitude is None or taken.longitude is None:
        return Check(
            code, "unsure", "照片没有拍摄地点信息，需人工查看", "The photograph does not say where it was taken"
        )
    place = on_file.terminal.place if on_file.terminal else None
    if place is None:
        return Check(
            code, "unsure", "登记地址没有坐标可供核对", "The registered address has no coordinates to compare with"
        )
    metres = _metres((taken.latitude, taken.longitude), place)
    if metres <= NEAR_METRES:
        return Check(code, "pass", "拍摄地点在登记地址附近", "It was taken near the registered address")
    kilometres = f"{metres / 1000:.1f}"
    return Check(
        code,
        "fail",
        f"拍摄地点距登记地址{kilometres}公里",
        f"It was taken {kilometres} km from the registered address",
    )


def _judge_time(taken: Taken, on_file: OnFile) -> Check:
    code = "taken_recently"
    if taken.at is None:
        return Check(
            code, "unsure", "照片没有拍摄时间信息，需人工查看", "The photograph does not say when it was taken"
        )
    day = taken.at.date()
    if day > on_file.today + timedelta(days=1):
        return Check(code, "unsure", f"拍摄日期{day}在未来", f"It says that it was taken in the future, on {day}")
    if on_file.today - day > RECENT:
        return Check(
            code,
            "fail",
            f"照片拍摄于{day}，已超过{RECENT.days}天",
            f"It was taken on {day}, over {RECENT.days} days ago",
        )
    return Check(code, "pass", f"拍摄于{day}", f"It was taken on {day}")


def _judge_sign(pages: Sequence[Page], on_file: OnFile) -> Check:
    """Some line of print on it must be part of the merchant's name."""
    name = plain(on_file.name or "")
    if any(len(text) >= SHORTEST_NAME and text in name for text in map(plain, lines_of(pages))):
        return Check("shows_name", "pass", "照片中可见商户名称", "The merchant's name is seen on it")
    return Check(
        "shows_name",
        "unsure",
        "照片中未见商户名称，需人工查看",
        "The merchant's name was not seen on it; a person must look",
    )


def _metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great-circle distance of two places in degrees (haversine)."""
    north, other_north = math.radians(one[0]), math.radians(other[0])
    across = math.radians(other[1] - one[1])
    half = (
        math.sin((other_north - north) / 2) ** 2 + math.cos(north) * math.cos(other_north) * math.sin(across / 2) ** 2
    )
    return 2 * _EARTH_METRES * math.asin(math.sqrt(half))

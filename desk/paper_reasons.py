"""Why a paper is refused or asked for anew: codes that reviewers choose, in words a merchant may read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from domain.text import Text

PaperReason = Literal[
    "unreadable", "incomplete", "expired", "other_party", "mismatch", "wrong_paper", "unsigned", "altered", "unclear"
]

PAPER_REASONS: Mapping[PaperReason, Text] = {
    "unreadable": Text("照片或扫描件不清晰，请重新拍摄。", "The picture is not clear; please take it again."),
    "incomplete": Text("缺页或只拍到一部分，请提供完整材料。", "Pages or parts are missing; please send all of it."),
    "expired": Text("材料已过有效期，请提供有效的材料。", "It has expired; please send one that is valid."),
    "other_party": Text("材料不是贵商户的，请提供本商户的材料。", "It is not yours; please send your own."),
    "mismatch": Text(
        "内容与登记信息不一致，请核对后重新提供。", "It does not agree with what is registered; please check."
    ),
    "wrong_paper": Text("不是所要求的材料，请按清单提供。", "It is not the paper we asked for; please see the list."),
    "unsigned": Text("缺少签字或公章，请补全后提供。", "A signature or seal is missing; please add it."),
    "altered": Text(
        "材料有涂改或编辑痕迹，请提供原件照片。", "It seems to be altered; please photograph the original."
    ),
    "unclear": Text("说明不够具体，请补充事实经过。", "It does not say enough; please tell what happened in detail."),
}

assert set(PAPER_REASONS) == set(get_args(PaperReason))

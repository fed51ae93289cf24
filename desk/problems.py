"""Errors as the desk tells them: `application/problem+json`, in the caller's language, naming fields and remedies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from desk.language import language_of
from domain.refusals import Refused
from domain.text import Text

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request, in words that say what to do."""

    field: str
    text: Text


class Problem(Exception):  # noqa: N818 — it is what the caller is told, not a bug of ours
    """A request that ends here: its status, its type's name, and the words for it."""

    def __init__(
        self,
        status: int,
        kind: str,
        title: Text,
        detail: Text | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {kind}: {(detail or title).en}")
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail or title
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    def response(self, request: Request) -> JSONResponse:
        """The answer to `request`."""
        language = language_of(request.headers.get("accept-language"))
        body: dict[str, Any] = {
            "type": f"urn:thaw:{self.kind}",
            "title": self.title.of(language),
            "status": self.status,
            "detail": self.detail.of(language),
            **self.more,
        }
        if self.errors:
            body["errors"] = [{"field": e.field, "detail": e.text.of(language)} for e in self.errors]
        headers = {"content-language": language, **self.headers}
        return JSONResponse(body, self.status, headers, media_type=MEDIA_TYPE)


def refused(refusal: Refused) -> Problem:
    """A business refusal (409), or one for want of a right (403)."""
    title = Text("请求被拒绝", "The request was refused")
    more = {"code": refusal.code, "facts": dict(refusal.facts)} if refusal.facts else {"code": refusal.code}
    return Problem(refusal.status, f"refused:{refusal.code}", title, refusal.text, more=more)


def invalid(errors: Iterable[FieldError]) -> Problem:
    """A request whose fields are wrong (422)."""
    found = tuple(errors)
    detail = Text(
        ";".join(f"{error.field}:{error.text.zh}" for error in found),
        "; ".join(f"{error.field}: {error.text.en}" for error in found),
    )
    return Problem(422, "invalid", Text("请求内容有误", "The request is not valid"), detail, errors=found)


def field_error(field: str, zh: str, en: str) -> Problem:
    """A request with one wrong field (422)."""
    return invalid([FieldError(field, Text(zh, en))])


def unauthenticated(zh: str, en: str) -> Problem:
    """Nobody we know (401)."""
    return Problem(
        401,
        "unauthenticated",
        Text("未认证", "Not authenticated"),
        Text(zh, en),
        headers={"www-authenticate": 'Bearer realm="thaw"'},
    )


def not_found(zh: str, en: str) -> Problem:
    """There is no such thing (404)."""
    return Problem(404, "not-found", Text("未找到", "Not found"), Text(zh, en))


def erased() -> Problem:
    """What was there was erased with the personal data it belonged to (410)."""
    return Problem(
        410,
        "erased",
        Text("已删除", "Erased"),
        Text(
            "该商户的个人信息已依法删除,此内容不再存在。",
            "This merchant's personal data was erased; this content no longer exists.",
        ),
    )


def no_case(case_id: str) -> Problem:
    return not_found(f"没有案件 {case_id}。", f"There is no case {case_id}.")


def too_large(most_bytes: int) -> Problem:
    """More than is taken (413)."""
    size = f"{most_bytes // 1024 // 1024} MB" if most_bytes >= 1024 * 1024 else f"{most_bytes // 1024} KB"
    return Problem(
        413,
        "too-large",
        Text("内容过大", "Too large"),
        Text(f"请求内容超过 {size} 上限。请压缩或分开提交。", f"The request is larger than {size}. Send less."),
    )


def rate_limited(seconds: int) -> Problem:
    """Too many tries (429)."""
    return Problem(
        429,
        "rate-limited",
        Text("请求过于频繁", "Too many requests"),
        Text(f"尝试次数过多,请在 {seconds} 秒后重试。", f"Too many tries. Wait {seconds} seconds."),
        headers={"retry-after": str(seconds)},
    )


def unavailable(
    zh: str = "系统暂时不可用,请稍后重试。", en: str = "The desk is not available now; try again.", *, seconds: int = 2
) -> Problem:
    """Something the desk cannot do without is away (503); a retry is worth while in so many seconds."""
    headers = {"retry-after": str(seconds)}
    return Problem(503, "unavailable", Text("暂时不可用", "Unavailable"), Text(zh, en), headers=headers)


def of_validation(found: Iterable[Any], broken: str | None = None) -> Problem:
    """The problem for what pydantic found wrong; `broken` says why the body is no JSON, when it is none."""
    if broken is not None:
        return field_error("body", f"不是有效的 JSON:{broken}", f"This is not JSON: {broken}")
    return invalid(FieldError(_field(error["loc"]), _words(error)) for error in found)


def _field(loc: Sequence[str | int]) -> str:
    inner = loc[1:] if loc and loc[0] in {"body", "query", "path", "header"} else loc
    return ".".join(str(part) for part in inner) or "body"


_ZH = {
    "missing": "缺少此字段,请填写",
    "extra_forbidden": "不认识的字段,请删除",
    "string_type": "须为文本",
    "int_type": "须为整数",
    "bool_type": "须为 true 或 false",
    "literal_error": "须为以下之一:{expected}",
    "string_too_short": "不能为空或过短",
    "string_too_long": "过长,最多 {max_length} 字",
    "string_pattern_mismatch": "格式不正确,须符合 {pattern}",
    "greater_than_equal": "不得小于 {ge}",
    "greater_than": "须大于 {gt}",
    "less_than_equal": "不得大于 {le}",
    "no_reason": "请选择原因代码,或写明原因",
    "bulk_confirms": "确认试算结果时,只需 bulk_id、dry_run: false 与原因",
    "bulk_choice": "请指定操作,并从 cases、filter、queue、of 中选一种范围",
    "bulk_reason": "请填写原因,它将留痕",
    "bulk_minutes": "请指定推迟多少分钟",
    "bulk_text": "请填写留言内容",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "empty": "不能为空",
    "unprintable": "含有控制字符,请删去",
    "datetime_from_date_parsing": "须为日期或时间,如 2026-11-28T09:00:00+08:00",
    "datetime_parsing": "须为日期或时间,如 2026-11-28T09:00:00+08:00",
    "list_type": "须为列表",
    "personal_number": "含有证件、电话或银行卡号码,而此文字将以明文长期留存。请删去号码,或写入加密保存的留言",
}
_EN = {
    "missing": "This field is missing; fill it in",
    "extra_forbidden": "This field is not known here; leave it out",
    "string_too_long": "It is too long: at most {max_length} characters",
}


def _words(error: Mapping[str, Any]) -> Text:
    kind, said = str(error["type"]), str(error["msg"])
    bounds = dict(error.get("ctx") or {})
    if kind in {"too_short", "too_long"} and bounds.get("field_type") == "Value":  # of a text that was looked at first
        kind = f"string_{kind}"
    if kind == "literal_error":
        bounds["expected"] = bounds["expected"].replace(" or ", ", ").replace(", ", "、")
    zh = _ZH[kind].format(**bounds) if kind in _ZH else f"取值不正确({said})"
    return Text(zh, _EN[kind].format(**bounds) if kind in _EN else said)

"""Someone at a browser without scripts: reads pages, fills in their forms and sends them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import httpx2

from tests.desk.house import USERS, House

_VOID = frozenset({"input", "img", "meta", "link", "br", "hr"})


@dataclass
class FoundForm:
    """A form on a page: where it goes, what stands in it, and which fields it has."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


class Markup(HTMLParser):
    """What tests ask of a page: its forms, its links, its text, and whether its tags close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[FoundForm] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.unlabelled: list[str] = []
        self.unbalanced: list[str] = []
        self.language = ""
        self._open: list[str] = []
        self._words: list[str] = []
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._area: str | None = None
        self.feed(text)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def form(self, action: str, **having: str) -> FoundForm:
        """The form that goes to an address which ends so, and has these values."""
        for form in self.forms:
            values = dict(form.values)
            if form.action.partition("?")[0].endswith(action) and all(values.get(k) == v for k, v in having.items()):
                return form
        raise AssertionError(f"no form to {action}; there are {[form.action for form in self.forms]}")

    def has_form(self, action: str) -> bool:
        return any(form.action.partition("?")[0].endswith(action) for form in self.forms)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag not in _VOID:
            self._open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        match tag:
            case "html":
                self.language = given.get("lang", "")
            case "form":
                self.forms.append(FoundForm(given["action"], given.get("method", "get")))
            case "a":
                self.links.append(given.get("href", ""))
            case "label":
                self.labelled.add(given.get("for", ""))
            case "input" | "select" | "textarea":
                self._take_field(tag, given)
            case "option" if self._select is not None:
                self._select[1].append((given.get("value", ""), "selected" in given))
        self.sources += [given[name] for name in ("src", "href") if name in given and tag in {"script", "link", "img"}]

    def _take_field(self, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if kind != "hidden" and "label" not in self._open:
            self.unlabelled.append(given.get("id") or name)
        if not self.forms:
            return
        form = self.forms[-1]
        form.names.add(name)
        if tag == "select":
            self._select = (name, [])
        elif tag == "textarea":
            self._area = name
        elif kind not in {"checkbox", "radio", "file", "submit"} or "checked" in given:
            form.values.append((name, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.unbalanced.append(f"{tag} closes {self._open[-1:]}")
        else:
            self._open.pop()
        if tag == "select" and self._select is not None:
            name, options = self._select
            chosen = [value for value, selected in options if selected] or [value for value, _ in options[:1]]
            self.forms[-1].values += [(name, value) for value in chosen]
            self._select = None
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None and self.forms:
            self.forms[-1].values.append((self._area, data.removeprefix("\n")))
        self._words.append(data)


@dataclass
class Surfer:
    """A browser without scripts, with its cookies."""

    house: House
    cookies: dict[str, str] = field(default_factory=dict)
    language: str = "en"
    url: str = ""

    async def log_in(self, name: str) -> httpx2.Response:
        body = {"name": name, "password": USERS[name]["password"], "next": "/"}
        answer = await self.post("/login", body)
        assert answer.status_code == 303, answer.text
        return answer

    async def get(self, path: str, *, follow: bool = True) -> httpx2.Response:
        return await self._send("GET", path, follow=follow)

    async def post(
        self, path: str, body: dict[str, str] | list[tuple[str, str]], *, follow: bool = False, **more: Any
    ) -> httpx2.Response:
        headers = {"content-type": "application/x-www-form-urlencoded", **more.pop("headers", {})}
        return await self._send("POST", path, content=urlencode(body), headers=headers, follow=follow)

    async def page(self, path: str, status: int = 200) -> Markup:
        """A page that must come, in one piece."""
        answer = await self.get(path)
        return self.read(answer, status)

    def read(self, answer: httpx2.Response, status: int = 200) -> Markup:
        assert answer.status_code == status, (answer.status_code, answer.text[:2000])
        assert answer.headers["content-type"].startswith("text/html")
        markup = Markup(answer.text)
        assert not markup.unbalanced, markup.unbalanced
        assert len(markup.ids) == len(set(markup.ids)), [one for one in markup.ids if markup.ids.count(one) > 1]
        assert set(markup.unlabelled) <= markup.labelled, set(markup.unlabelled) - markup.labelled
        return markup

    async def send(self, form: FoundForm, *, follow: bool = True, **typed: str | list[str]) -> httpx2.Response:
        """Sends a form with some fields typed anew. (`__` in a name stands for a dot.)"""
        given = {name.replace("__", "."): value for name, value in typed.items()}
        missing = set(given) - form.names
        assert not missing, f"the form has no {missing}; it has {form.names}"
        pairs = [(name, value) for name, value in form.values if name not in given]
        for name, value in given.items():
            pairs += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        return await self.post(form.action, pairs, follow=follow)

    async def upload(self, form: FoundForm, content: bytes, name: str, **typed: str) -> httpx2.Response:
        data = {**dict(form.values), **typed}
        return await self._send("POST", form.action, data=data, files={"file": (name, content)}, follow=True)

    async def _send(self, method: str, path: str, *, follow: bool, **more: Any) -> httpx2.Response:
        headers = {"accept-language": self.language, **more.pop("headers", {})}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self.house.client.request(method, path, headers=headers, timeout=60, **more)
        self.house.client.cookies.clear()
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if "Max-Age=0" not in line:
                self.cookies[name] = value
        self.url = path
        if follow and answer.status_code == 303:
            return await self._send("GET", answer.headers["location"], follow=True)
        return answer

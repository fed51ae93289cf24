"""The console's doors: who gets in, what each sees, in which language, and that nothing typed runs as a script."""

from __future__ import annotations

import re

import pytest

from tests.desk.house import CHEAP, MERCHANT_NO, House
from tests.desk.surfer import Markup, Surfer
from tests.desk.working import PNG

ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def surfer(house: House) -> Surfer:
    return Surfer(house)


async def as_(house: House, name: str, language: str = "en") -> Surfer:
    surfer = Surfer(house, language=language)
    await surfer.log_in(name)
    return surfer


# --- logging in and out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/console/queue", "/console/cases", "/console/register", "/portal", "/console/nowhere"]
)
async def test_who_is_not_logged_in_is_asked_to_and_then_led_on(surfer, path: str):
    answer = await surfer.get(path, follow=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next={path}"
    page = surfer.read(await surfer.get(answer.headers["location"]))
    assert page.has_form("/login")


async def test_a_log_in_leads_to_where_one_wanted_to_go(surfer):
    page = await surfer.page("/login?next=/console/cases%3Fq%3Dx")
    answer = await surfer.send(page.form("/login"), follow=False, name="officer1", password="password of officer1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/cases?q=x")


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
async def test_a_log_in_leads_nobody_to_another_site(surfer, elsewhere: str):
    body = {"name": "officer1", "password": "password of officer1", "next": elsewhere}
    answer = await surfer.post("/login", body)
    assert answer.headers["location"] == "/console/queue"


@pytest.mark.parametrize(
    ("name", "home"),
    [("officer1", "/console/queue"), ("reviewer1", "/console/queue"), ("auditor1", "/console/cases"),
     ("merchant1", "/portal"), ("agent1", "/portal")],
)  # fmt: skip
async def test_everyone_starts_at_their_own_page(surfer, name: str, home: str):
    answer = await surfer.log_in(name)
    assert answer.headers["location"] == home
    surfer.read(await surfer.get(home))


async def test_the_session_cookie_is_for_no_script_and_no_other_site(surfer):
    answer = await surfer.log_in("officer1")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # the desk under test is reached by http


async def test_a_wrong_password_says_so_and_keeps_the_name(surfer):
    answer = await surfer.post("/login", {"name": "officer1", "password": "guess"})
    page = surfer.read(answer, 401)
    assert "The name or the password is wrong." in page.text
    assert dict(page.form("/login").values)["name"] == "officer1"
    assert "thaw_session" not in surfer.cookies


async def test_guessing_passwords_is_slowed_down(surfer):
    for _ in range(5):
        await surfer.post("/login", {"name": "officer1", "password": "guess"})
    answer = await surfer.post("/login", {"name": "officer1", "password": "password of officer1"})
    assert "Too many tries" in surfer.read(answer, 429).text


async def test_logging_out_ends_the_session_itself(surfer):
    await surfer.log_in("officer1")
    stolen = surfer.cookies["thaw_session"]
    page = await surfer.page("/console/queue")
    answer = await surfer.send(page.form("/logout"), follow=False)
    assert answer.headers["location"] == "/login"
    assert "thaw_session" not in surfer.cookies
    surfer.cookies["thaw_session"] = stolen
    assert (await surfer.get("/console/queue", follow=False)).status_code == 303


# --- forged requests ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("csrf", ["", "guess"])
async def test_a_form_without_the_sessions_secret_does_nothing(house, case_id, csrf: str):
    officer = await as_(house, "officer1")
    before = await house.events()
    body = {"csrf": csrf, "reason_code": "R01", "version": "1"}
    answer = await officer.post(f"/console/cases/{case_id}/commands/confirm_reason", body)
    assert "out of date" in officer.read(answer, 403).text
    assert await house.events() == before


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
async def test_a_form_from_another_site_does_nothing(house, case_id, headers: dict[str, str]):
    officer = await as_(house, "officer1")
    page = await officer.page(f"/console/cases/{case_id}")
    form = page.form("/commands/confirm_reason")
    answer = await officer.post(form.action, form.values, headers=headers)
    assert answer.status_code == 403
    log_in = {"name": "officer1", "password": "password of officer1"}
    assert (await Surfer(house).post("/login", log_in, headers=headers)).status_code == 403


async def test_an_upload_needs_its_own_token(house, case_id):
    officer = await as_(house, "officer1")
    page = await officer.page(f"/console/cases/{case_id}")
    form = page.form(f"/console/cases/{case_id}/documents")
    form.action = re.sub("token=[0-9a-f]+", "token=00", form.action)
    answer = await officer.upload(form, PNG, "p.png", type="D24")
    assert answer.status_code == 403
    assert house.files() == []


# --- every page -----------------------------------------------------------------------------------------------------

STAFF_PAGES = [
    "/console/queue", "/console/partners", "/console/cases", "/console/access?user=reviewer1",
    "/console/cases?q=nothing&status=opened&tier=L2&reason=R01&open=yes",
    "/console/register", "/console/register?terminal_sn=SN-DEMO-0001", f"/console/merchants/{MERCHANT_NO}",
    "/console/terminals/SN-DEMO-0001", "/console/cases/{case_id}",
]  # fmt: skip
MERCHANT_PAGES = [
    "/portal", "/portal/enter", "/portal/access", "/portal/cases",
    f"/portal/merchants/{MERCHANT_NO}", "/portal/terminals/SN-DEMO-0001", "/portal/cases/{case_id}",
]  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("who", "paths"), [("officer1", STAFF_PAGES), ("compliance1", STAFF_PAGES), ("merchant1", MERCHANT_PAGES)]
)
async def test_every_page_comes_in_both_languages_and_refers_only_to_ourselves(
    house, case_id, who: str, paths: list[str], language: str
):
    surfer = await as_(house, who, language)
    for path in paths:
        answer = await surfer.get(path.format(case_id=case_id))
        page = surfer.read(answer)
        assert page.language == {"zh": "zh-CN", "en": "en"}[language]
        assert all(source.startswith("/") and not source.startswith("//") for source in page.sources), page.sources
        elsewhere = [link for link in page.links if not link.startswith(("/", "#"))]
        assert all(link.startswith("http://127.0.0.1:8233/") for link in elsewhere), elsewhere
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "private, no-store"
        assert not re.search(r"\son[a-z]+=|<style|style=|<script(?! src=)", answer.text)
        assert re.search("[一-鿿]", page.text.replace("中文", "")) or language == "en"


async def test_what_pages_refer_to_is_there_and_may_be_kept(house):
    surfer = await as_(house, "officer1")
    page = await surfer.page("/console/queue")
    for source in page.sources:
        answer = await surfer.get(source)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert "http" not in answer.text.replace("http://www.w3.org/2000/svg", "")
    assert (await surfer.get("/console/static/0/../../secrets")).status_code in {303, 404}


async def test_the_language_is_chosen_on_the_page_and_stays(house, case_id):
    surfer = await as_(house, "officer1", "zh")
    page = await surfer.page(f"/console/cases/{case_id}")
    assert "已立案" in page.text
    switch = next(link for link in page.links if link.startswith("/language/en"))
    page = surfer.read(await surfer.get(switch))
    assert "Opened" in page.text
    assert surfer.url == f"/console/cases/{case_id}"
    assert (await surfer.page("/console/queue")).language == "en"


async def test_refusals_are_pages_in_the_readers_language(house):
    surfer = await as_(house, "officer1", "zh")
    page = await surfer.page("/console/cases/FA-NONE", 404)
    assert "没有案件" in page.text
    assert "没有页面" in (await surfer.page("/console/nowhere", 404)).text
    assert (await surfer.page("/console/queue?cursor=nonsense", 422)).language == "zh-CN"


# --- who sees what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who", ["officer1", "reviewer1", "supervisor1", "compliance1", "auditor1", "engineer1", "merchant1", "agent1"]
)
async def test_the_forms_are_exactly_the_commands_one_may_give(house, case_id, who: str):
    surfer = await as_(house, who)
    allowed = (await getattr(house, who).get(f"/api/v1/cases/{case_id}")).json()["allowed_commands"]
    page = await surfer.page(
        f"/portal/cases/{case_id}" if "1" in who[-1] and who[0] in "ma" else f"/console/cases/{case_id}"
    )
    forms = {form.action.rpartition("/")[2] for form in page.forms if "/commands/" in form.action}
    assert forms == set(allowed) - {"judge_document"}


@pytest.mark.parametrize("who", ["auditor1", "engineer1"])
async def test_auditors_and_engineers_read_only_and_find_the_workflow(house, case_id, who: str):
    surfer = await as_(house, who)
    page = await surfer.page(f"/console/cases/{case_id}")
    assert {form.action for form in page.forms} == {"/console/find", "/logout"}
    assert f"http://127.0.0.1:8233/namespaces/default/workflows/{case_id}" in page.links
    assert "You may read only." in page.text
    assert not (await surfer.page("/console/queue")).has_form("/queue/next")


async def test_a_merchant_sees_its_case_in_its_own_words(house, case_id):
    await house.officer1.post(f"/api/v1/cases/{case_id}/messages", {"audience": "internal", "text": "looks odd to me"})
    surfer = await as_(house, "merchant1")
    page = await surfer.page(f"/portal/cases/{case_id}")
    assert "Your terminal took many large payments" in page.text
    assert "We are confirming the reason" in page.text
    for inside in ("velocity", "L2", "officer1", "looks odd", "risk desk", "Technical", "Temporal", "Internal"):
        assert inside not in page.text.replace(case_id, ""), inside
    assert not [link for link in page.links if link.startswith("/console")]


async def test_a_secret_reason_looks_to_a_merchant_like_a_routine_review(house, control):
    body = control | {"reason_code": "J02", "source": "AML", "external_ref": "aml-1", "detail": "suspicion"}
    case_id = (await house.compliance1.post("/api/v1/controls", body)).json()["case_id"]
    surfer = await as_(house, "merchant1")
    page = await surfer.page(f"/portal/cases/{case_id}")
    listing = await surfer.page("/portal/cases")
    for secret in ("J02", "AML", "suspicion", "laundering", "D25", "diligence"):
        assert secret not in page.text, secret
        assert secret not in listing.text, secret


async def test_a_merchant_sees_no_other_merchants_case_and_no_staff_page(house, case_id):
    await house.desk.people.add(await _other_user(house), "password of other")
    surfer = Surfer(house)
    await surfer.post("/login", {"name": "other", "password": "password of other"})
    assert (await surfer.get(f"/portal/cases/{case_id}")).status_code == 403
    assert (await surfer.get(f"/portal/merchants/{MERCHANT_NO}")).status_code == 403
    assert (await surfer.get("/portal/terminals/SN-DEMO-0001")).status_code == 403
    assert case_id not in (await surfer.page("/portal/cases")).text
    for path in ("/console/queue", "/console/register"):
        assert (await surfer.get(path)).status_code == 403
    found = await surfer.page(f"/portal/find?q={case_id}")
    assert "There are no cases." in found.text


async def _other_user(house: House):
    from journal.people import User  # noqa: PLC0415

    merchant = {
        "merchant_no": "898310058120077", "merchant_type": "individual", "name": "李雷",
        "resident_id": "310101198505120018", "contacts": [{"name": "李雷", "phone": "13800000002"}],
        "settlement_account": {"holder": "李雷", "number": "6222021001116245799", "bank": "工商银行"},
        "mcc": "5411", "address": "上海",
    }  # fmt: skip
    answer = await house.officer1.post("/api/v1/merchants", merchant)
    assert answer.status_code == 201, answer.text
    house.desk.people._hasher = CHEAP
    return User("other", "other", frozenset({"merchant"}), "898310058120077")


# --- what people typed ----------------------------------------------------------------------------------------------


async def test_nothing_that_people_typed_becomes_markup(house, control):
    placed = control | {"detail": ATTACK, "external_ref": ATTACK}
    case_id = (await house.officer1.post("/api/v1/controls", placed)).json()["case_id"]
    for audience in ("merchant", "internal"):
        answer = await house.officer1.post(f"/api/v1/cases/{case_id}/messages", {"audience": audience, "text": ATTACK})
        assert answer.status_code in {201, 202}
    for who, path in (
        ("officer1", f"/console/cases/{case_id}"),
        ("merchant1", f"/portal/cases/{case_id}"),
        ("officer1", f"/console/cases?q={ATTACK}"),
        ("officer1", "/console/terminals/SN-DEMO-0001"),
        ("officer1", f"/console/register?merchant_no={ATTACK[:39]}"),
    ):
        surfer = await as_(house, who)
        harmless(await surfer.get(path))
    surfer = await as_(house, "officer1")
    for path in (
        f"/console/{ATTACK}",
        f"/console/cases/{ATTACK}",
        f"/console/find?q={ATTACK}",
        f"/login?next={ATTACK}",
    ):
        harmless(await surfer.get(path))
    harmless(await Surfer(house).post("/login", {"name": ATTACK, "password": "x", "next": ATTACK}))


def harmless(answer) -> None:
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert not Markup(answer.text).unbalanced


async def test_a_file_name_is_never_shown_as_markup(house, case_id):
    surfer = await as_(house, "officer1")
    page = await surfer.page(f"/console/cases/{case_id}")
    answer = await surfer.upload(page.form(f"{case_id}/documents"), PNG, '"><script>alert(1)</script>.png', type="D24")
    assert answer.status_code == 200
    harmless(answer)


# --- without an engine ----------------------------------------------------------------------------------------------


async def test_with_the_engine_away_a_command_is_kept_and_the_page_says_so(house, case_id):
    officer = await as_(house, "officer1")
    page = await officer.page(f"/console/cases/{case_id}")
    answer = await officer.send(page.form("/commands/confirm_reason"), reason_code="R01", note="checked")
    page = officer.read(answer)
    assert "Confirm the reason: taken." in page.text
    assert "stored=cmd-" in officer.url
    assert await house.desk.inbox.has_pending(case_id)


async def test_the_unknown_get_no_session(house):
    answer = await Surfer(house).post("/login", {"name": "nobody", "password": ""})
    assert answer.status_code == 401
    assert "thaw_session" not in answer.headers.get("set-cookie", "")


async def test_a_merchant_shows_masked_until_someone_says_what_for(house):
    officer = await as_(house, "officer1")
    page = await officer.page(f"/console/merchants/{MERCHANT_NO}")
    assert "13800000001" not in page.text
    refused = officer.read(await officer.send(page.form("/unmask"), purpose="contact", note=" "), status=422)
    assert "13800000001" not in refused.text
    shown = officer.read(await officer.send(page.form("/unmask"), purpose="contact", note="回拨电话"))
    assert "13800000001" in shown.text
    assert "this look was recorded" in shown.text
    assert not shown.has_form("/unmask")
    (look,) = await house.desk.journal.read(f"looks:{MERCHANT_NO}")
    assert '"purpose":"contact"' in look.data
    engineer = await as_(house, "engineer1")
    assert not (await engineer.page(f"/console/merchants/{MERCHANT_NO}")).has_form("/unmask")

"""What the API tells from the asynchronous views: figures with how fresh they are, and cases by what they say."""

from tests.desk.house import House
from workers.views_process import ViewsProcess
from workers.vocabulary import vocabulary

FIGURES = {"statistics", "ageing", "workload", "outcomes", "held_money"}


async def test_figures_of_views_that_are_not_built_are_null_and_all_else_is_there(house: House):
    stats = (await house.auditor1.get("/api/v1/stats")).json()

    assert stats["figures"] == dict.fromkeys(FIGURES)
    assert {"tasks", "cases", "backlog", "breaches", "throughput"} <= set(stats)


async def test_figures_tell_what_happened_and_how_fresh_they_are(house: House, control):
    case_id = (await house.officer1.post("/api/v1/controls", control)).json()["case_id"]
    views = ViewsProcess(house.desk.pool, vocabulary())
    await views.make_outdated()

    figures = (await house.auditor1.get("/api/v1/stats?days=2")).json()["figures"]

    (aged,) = figures["ageing"]["items"]
    assert (aged["kind"], aged["status"], aged["open"], aged["under_1_day"]) == ("freeze_appeal", "opened", 1, 1)
    (reason,) = figures["outcomes"]["items"]
    assert (reason["reason_code"], reason["cases"], reason["open"], reason["hours_to_close"]) == ("R01", 1, 1, None)
    (day,) = figures["held_money"]["items"]
    assert (day["held_fen"], day["released_fen"], day["remaining_fen"]) == (
        control["held_amount_fen"], 0, control["held_amount_fen"],
    )  # fmt: skip
    assert {"person": "officer1", "act": "TerminalFrozen", "times": 1} in figures["workload"]["items"]
    assert [(row["type"], row["events"]) for row in figures["statistics"]["items"]] == [("TerminalFrozen", 1)]
    fresh = figures["ageing"]["as_of"]
    assert (fresh["behind"], fresh["position"] > 0, fresh["at"] is None) == (0, True, False)
    await _again(house, control)
    assert (await _as_of(house))["behind"] > 0
    await views.take_all()
    assert (await _as_of(house))["behind"] == 0
    assert case_id


async def _again(house: House, control):
    more = {**control, "external_ref": "another", "terminal_sn": control["terminal_sn"]}
    terminal = {
        "terminal_sn": "SN-77", "tusn": "T-77", "terminal_id": "00000077", "model": "X990",
        "merchant_no": "898310058120001", "deploy_address": "上海", "fee_plan": "MER299",
    }  # fmt: skip
    assert (await house.officer1.post("/api/v1/terminals", terminal)).status_code == 201
    assert (await house.officer1.post("/api/v1/controls", {**more, "terminal_sn": "SN-77"})).status_code == 201


async def _as_of(house: House):
    return (await house.auditor1.get("/api/v1/stats")).json()["figures"]["ageing"]["as_of"]


async def test_days_are_counted_within_reason(house: House):
    for days in ("0", "367", "many"):
        answer = await house.auditor1.get(f"/api/v1/stats?days={days}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "days")


async def test_staff_find_a_case_by_what_it_says_and_merchants_by_numbers_only(house: House, control):
    case_id = (await house.officer1.post("/api/v1/controls", control)).json()["case_id"]
    await ViewsProcess(house.desk.pool, vocabulary()).make_outdated()

    async def found(caller, q: str) -> list[str]:
        return [row["case_id"] for row in (await caller.get("/api/v1/cases", params={"q": q})).json()["items"]]

    for q in (case_id, case_id[3:-2].lower(), "频繁", "velocity", "已立案", control["terminal_sn"][2:]):
        assert await found(house.officer1, q) == [case_id], q
    assert await found(house.officer1, "反洗钱") == []
    assert await found(house.merchant1, case_id[3:-2].lower()) == [case_id]
    for q in ("R01", "频繁", "velocity", "8983"):
        assert await found(house.merchant1, q) == [], q

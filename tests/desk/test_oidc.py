"""Staff log in by the word of an identity provider: a real one, in a process of its own."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from desk.config import Oidc
from desk.oidc import NotProvenError, checked
from domain.business_time import local_date
from tests.desk.house import Config, House, opened
from tests.desk.provider import consent, enter, open_provider
from tests.desk.surfer import Surfer


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[str]:
    async with open_provider() as address:
        yield address


@pytest.fixture
async def house(config: Config, issuer: str) -> AsyncIterator[House]:
    """A desk whose staff may log in by the provider."""
    provider = Oidc(issuer, "thaw", "a secret", "preferred_username", "Institution ID")
    async with opened(replace(config, provider=provider)) as house:
        yield house


async def begin(surfer: Surfer, **form: str) -> str:
    answer = await surfer.post("/login/oidc", {"next": "/", **form})
    assert answer.status_code == 200, answer.text
    return answer.text


async def log_in(surfer: Surfer, subject: str, **form: str):
    path, query = await consent(await begin(surfer, **form), subject)
    return await surfer.get(f"{path}?{urlencode(query)}", follow=False)


async def reasons(house: House) -> list[str]:
    day = local_date(house.desk.clock()).isoformat()
    return [one.denial.why for one in await house.desk.denials.of_day(day)]


async def test_a_reviewer_logs_in_without_a_password_of_ours(house: House, issuer: str):
    await enter(issuer, "u-1", preferred_username="reviewer1")
    surfer = Surfer(house)
    assert "Log in with Institution ID" in (await surfer.page("/login")).text
    answer = await log_in(surfer, "u-1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/queue")
    assert "reviewer1" in (await surfer.page("/console/queue")).text
    (session,) = await house.desk.sessions.of("reviewer1")
    assert session.method == "oidc"


async def test_who_came_once_is_the_same_person_whatever_the_provider_calls_them_later(house: House, issuer: str):
    await enter(issuer, "u-2", preferred_username="reviewer1")
    assert (await log_in(Surfer(house), "u-2")).status_code == 303
    await enter(issuer, "u-2", preferred_username="supervisor1")
    surfer = Surfer(house)
    await log_in(surfer, "u-2")
    assert "reviewer1" in (await surfer.page("/console/queue")).text


async def test_a_second_person_does_not_become_someone_who_is_bound(house: House, issuer: str):
    await enter(issuer, "u-3", preferred_username="reviewer2")
    assert (await log_in(Surfer(house), "u-3")).status_code == 303
    await enter(issuer, "u-4", preferred_username="reviewer2")
    refused = await log_in(Surfer(house), "u-4")
    assert refused.status_code == 403
    assert "You have no staff account here" in refused.text
    assert await reasons(house) == ["identity-unknown"]


@pytest.mark.parametrize("claimed", ["nobody-here", "merchant1"])
async def test_strangers_and_merchants_do_not_come_in_this_way(house: House, issuer: str, claimed: str):
    await enter(issuer, f"x-{claimed}", preferred_username=claimed)
    assert (await log_in(Surfer(house), f"x-{claimed}")).status_code == 403


async def test_someone_disabled_here_stays_out(house: House, issuer: str):
    await enter(issuer, "u-5", preferred_username="officer1")
    assert (await log_in(Surfer(house), "u-5")).status_code == 303
    await house.desk.people.disable("officer1")
    assert (await log_in(Surfer(house), "u-5")).status_code == 403


async def test_an_answer_is_taken_once_and_only_in_the_browser_that_asked(house: House, issuer: str):
    await enter(issuer, "u-6", preferred_username="reviewer1")
    surfer, other = Surfer(house), Surfer(house)
    path, query = await consent(await begin(surfer), "u-6")
    back = f"{path}?{urlencode(query)}"
    assert (await other.get(back)).status_code == 403
    assert (await surfer.get(back, follow=False)).status_code == 303
    again = Surfer(house, {"thaw_oidc": query["state"]})
    assert (await again.get(back)).status_code == 403
    assert await reasons(house) == ["login-not-begun", "login-not-begun"]


async def test_a_made_up_code_or_none_lets_nobody_in(house: House):
    surfer = Surfer(house)
    path, query = await consent(await begin(surfer), "u-7", deny=True)
    query.setdefault("state", surfer.cookies["thaw_oidc"])  # which this provider leaves out, against the standard
    denied = await surfer.get(f"{path}?{urlencode(query)}")
    assert (denied.status_code, "did not let you log in" in denied.text) == (403, True)
    await begin(surfer)
    made_up = await surfer.get(f"/login/oidc/back?{urlencode({'state': surfer.cookies['thaw_oidc'], 'code': 'x'})}")
    assert made_up.status_code == 403
    assert await reasons(house) == ["provider-refused", "identity-not-proven"]


async def test_what_was_typed_before_the_session_ended_waits_and_is_kept_sealed(house: House, issuer: str, control):
    await enter(issuer, "u-8", preferred_username="officer1")
    kept = '{"text": ["a long and careful note"]}'
    surfer = Surfer(house)
    page = await begin(surfer, resume="/console/cases/FA-X/messages", kept=kept)
    async with house.desk.pool.connection() as connection:
        rows = await (await connection.execute("select p::text from journal.pending_logins p")).fetchall()
    assert b"careful".hex() not in str(rows)
    path, query = await consent(page, "u-8")
    resumed = await surfer.get(f"{path}?{urlencode(query)}")
    assert "a long and careful note" in resumed.text


async def test_without_the_provider_the_page_says_so_and_the_password_still_counts(config: Config):
    provider = Oidc("http://127.0.0.1:1", "thaw", "x", "preferred_username", "SSO")
    async with opened(replace(config, provider=provider)) as house:
        surfer = Surfer(house)
        away = await surfer.post("/login/oidc", {"next": "/"})
        assert away.status_code == 503
        assert "cannot be reached" in away.text
        await surfer.log_in("reviewer1")


async def test_where_staff_need_the_provider_a_password_is_not_enough(config: Config, issuer: str):
    provider = Oidc(issuer, "thaw", "x", "preferred_username", "SSO")
    async with opened(replace(config, provider=provider, staff_passwords=False)) as house:
        form = {"name": "reviewer1", "password": "password of reviewer1"}
        refused = await Surfer(house).post("/login", form)
        assert refused.status_code == 403
        assert await reasons(house) == ["password-not-enough"]
        await Surfer(house).log_in("merchant1")  # merchants have no account at the provider


KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = RSAKey.generate_key(2048, {"kid": "one"})
SETTINGS = Oidc("https://id.example", "thaw", "x", "preferred_username", "SSO")
NOW = time.time()
CLAIMS = {
    "iss": "https://id.example", "aud": "thaw", "sub": "u", "exp": int(NOW) + 300, "iat": int(NOW), "nonce": "n",
}  # fmt: skip


def token(key: RSAKey = KEY, alg: str = "RS256", **changed: object) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": "one"}, claims, key, algorithms=[alg])


def test_a_token_made_for_this_log_in_is_taken():
    assert checked(token(), KeySet([KEY]), SETTINGS, "n", NOW)["sub"] == "u"
    both = token(aud=["thaw", "other"], azp="thaw")
    assert checked(both, KeySet([KEY]), SETTINGS, "n", NOW)["sub"] == "u"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"}, {"aud": "other"}, {"aud": ["thaw", "other"]}, {"nonce": "m"},
        {"nonce": None}, {"exp": int(NOW) - 300}, {"exp": None}, {"sub": None}, {"iat": None}, {"key": OTHER},
    ],
    ids=[
        "another issuer", "another audience", "two audiences", "another nonce", "no nonce", "run out", "no end",
        "no subject", "no beginning", "another key",
    ],
)  # fmt: skip
def test_any_other_token_proves_nothing(changed: dict[str, object]):
    with pytest.raises(NotProvenError):
        checked(token(**changed), KeySet([KEY]), SETTINGS, "n", NOW)


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}])
def test_a_token_that_anyone_could_sign_proves_nothing(header: dict[str, str]):

    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, CLAIMS)]
    with pytest.raises(NotProvenError):
        checked(f"{parts[0]}.{parts[1]}.", KeySet([KEY]), SETTINGS, "n", NOW)

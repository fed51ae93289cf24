"""Users are who their password, token or session says, for as long as it says so."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from journal.parties import NoSuchMerchantError
from journal.people import NoSuchUserError, People, User, UserExistsError
from journal.sessions import Sessions

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
REVIEWER = User("reviewer1", "审核员一", frozenset({"reviewer"}))
ROBOT = User("robot1", "自动审核", frozenset({"robot"}))


@pytest.fixture
async def people(pool, clock):
    """The desk with one reviewer and one robot."""
    people = People(pool, hasher=CHEAP, clock=clock)
    await people.add(REVIEWER, "correct horse")
    await people.add(ROBOT, "battery staple")
    return people


@pytest.fixture
def sessions(pool, clock):
    return Sessions(pool, clock)


class TestUsers:
    async def test_a_user_is_found_by_name(self, people):
        assert await people.find("reviewer1") == REVIEWER
        assert await people.find("nobody") is None

    async def test_users_are_listed_by_role(self, people):
        assert await people.all() == (REVIEWER, ROBOT)
        assert await people.all("robot") == (ROBOT,)

    async def test_a_taken_name_is_refused_and_changes_nothing(self, people):
        with pytest.raises(UserExistsError, match="reviewer1"):
            await people.add(User("reviewer1", "impostor", frozenset({"supervisor"})), "mine")
        assert await people.find("reviewer1") == REVIEWER
        assert await people.log_in("reviewer1", "mine") is None

    async def test_a_merchants_user_needs_a_registered_merchant(self, people):
        with pytest.raises(NoSuchMerchantError, match="898310154110001"):
            await people.add(User("merchant1", "店主", frozenset({"merchant"}), "898310154110001"), "x")

    @pytest.mark.parametrize(
        ("roles", "merchant_no"),
        [
            (set(), None),
            ({"janitor"}, None),
            ({"merchant"}, None),
            ({"reviewer"}, "898310154110001"),
            ({"merchant", "reviewer"}, "898310154110001"),
        ],
        ids=["no role", "unknown role", "merchant of none", "staff of a merchant", "both sides at once"],
    )
    def test_roles_that_make_no_sense_are_refused(self, roles, merchant_no):
        with pytest.raises(ValueError, match=r"role|merchant"):
            User("x", "x", frozenset(roles), merchant_no)

    async def test_a_disabled_user_is_shut_out_everywhere(self, people, sessions):
        token = await people.issue_token("reviewer1")
        session_id, _ = await sessions.open("reviewer1")
        await people.disable("reviewer1")
        assert await people.log_in("reviewer1", "correct horse") is None
        assert await people.by_token(token) is None
        assert await sessions.find(session_id) is None
        assert await people.all() == (ROBOT,)

    async def test_nobody_cannot_be_disabled(self, people):
        with pytest.raises(NoSuchUserError):
            await people.disable("nobody")


class TestPasswords:
    async def test_the_right_password_logs_in(self, people):
        assert await people.log_in("reviewer1", "correct horse") == REVIEWER

    @pytest.mark.parametrize(("name", "password"), [("reviewer1", "Correct horse"), ("reviewer1", ""), ("nobody", "x")])
    async def test_anything_else_does_not(self, people, name, password):
        assert await people.log_in(name, password) is None

    async def test_it_is_kept_as_argon2id(self, people, pool):
        async with pool.connection() as connection:
            rows = await (await connection.execute("select password_hash from journal.users")).fetchall()
        assert len(rows) == 2
        assert all(hashed.startswith("$argon2id$") for (hashed,) in rows)

    async def test_a_changed_password_ends_the_old_one_and_its_sessions(self, people, sessions):
        session_id, _ = await sessions.open("reviewer1")
        await people.set_password("reviewer1", "new")
        assert await people.log_in("reviewer1", "correct horse") is None
        assert await people.log_in("reviewer1", "new") == REVIEWER
        assert await sessions.find(session_id) is None

    async def test_a_log_in_renews_a_hash_made_at_a_lower_cost(self, people, pool):
        dearer = People(pool, hasher=PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
        assert await dearer.log_in("reviewer1", "correct horse") == REVIEWER
        async with pool.connection() as connection:
            row = await (
                await connection.execute("select password_hash from journal.users where name = 'reviewer1'")
            ).fetchone()
        assert "t=2" in row[0]
        assert await dearer.log_in("reviewer1", "correct horse") == REVIEWER


class TestTokens:
    async def test_a_token_names_its_user(self, people):
        assert await people.by_token(await people.issue_token("robot1")) == ROBOT

    async def test_an_unknown_token_names_no_one(self, people):
        assert await people.by_token("thaw_x") is None

    async def test_the_table_does_not_hold_the_token(self, people, pool):
        token = await people.issue_token("robot1", label="nightly")
        async with pool.connection() as connection:
            row = await (await connection.execute("select t::text from journal.tokens t")).fetchone()
        assert token not in row[0]
        assert token.encode().hex() not in row[0]

    async def test_a_token_may_expire(self, people, clock):
        token = await people.issue_token("robot1", expires_at=clock() + timedelta(days=30))
        clock.pass_by(timedelta(days=30))
        assert await people.by_token(token) is None

    async def test_revoked_tokens_no_longer_count(self, people):
        tokens = [await people.issue_token("robot1") for _ in range(2)]
        await people.revoke_tokens("robot1")
        assert [await people.by_token(token) for token in tokens] == [None, None]

    async def test_a_token_handed_out_before_can_be_admitted_again(self, people):
        for _ in range(2):
            await people.issue_token("robot1", token="thaw_kept-in-stack-json")
        assert await people.by_token("thaw_kept-in-stack-json") == ROBOT

    async def test_nobody_gets_no_token(self, people):
        with pytest.raises(NoSuchUserError):
            await people.issue_token("nobody")

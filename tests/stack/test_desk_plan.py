"""What the desk on this machine consists of and what it writes down."""

import json
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.settings import load_settings
from workers.stack import ports, secrets
from workers.stack.child import Child
from workers.stack.desk import Desk
from workers.stack.place import Place
from workers.stack.supervisor import STOP_SECONDS


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / ".thaw")
    place.make()
    return place


@pytest.fixture
def desk(place: Place) -> Desk:
    return Desk.at(place)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_stack_json_is_for_its_owner_alone_and_says_what_the_contract_names(desk: Desk) -> None:
    desk.write_down()
    description = json.loads(desk.place.description.read_text())
    assert mode(desk.place.description) == mode(desk.place.secrets) == mode(desk.place.settings) == 0o600
    assert set(description) == {
        "desk", "portal", "temporal_address", "temporal_ui", "mailbox", "database", "partners", "users", "hook_secrets",
    }  # fmt: skip
    assert set(description["hook_secrets"]) == {
        "network", "terminals", "bank", "logistics", "notices", "contracts", "field",
    }  # fmt: skip
    assert set(description["partners"]) == {
        "ledger", "terminals", "bank", "risk", "status", "documents", "notices",
        "network", "contracts", "logistics", "field",
    }  # fmt: skip


def test_every_demo_user_has_roles_a_password_and_a_token(desk: Desk) -> None:
    users = desk.description()["users"]
    assert {name: user["roles"] for name, user in users.items()} == dict(secrets.ROLES)
    assert users["compliance1"]["roles"] == ("compliance_head",)
    assert all(user["password"] and user["token"] for user in users.values())
    assert [name for name, user in users.items() if "merchant_no" in user] == ["merchant1", "agent1"]


def test_a_restart_keeps_addresses_and_secrets(desk: Desk) -> None:
    again = Desk.at(desk.place)
    assert again.description() == desk.description()
    assert again.settings() == desk.settings()


def test_two_desks_share_no_secret(desk: Desk, tmp_path: Path) -> None:
    other = Place(tmp_path / "other")
    other.make()
    assert secrets.known_or_new(other.secrets).vault_key != desk.secrets.vault_key


def test_a_desk_that_was_made_before_there_was_a_signing_key_is_given_one_that_stays(desk: Desk) -> None:
    old = json.loads(desk.place.secrets.read_text())
    del old["signing_key"]
    desk.place.secrets.write_text(json.dumps(old))
    given = secrets.known_or_new(desk.place.secrets)
    assert secrets.known_or_new(desk.place.secrets) == given
    assert given.vault_key == desk.secrets.vault_key
    assert given.signing_key != desk.secrets.signing_key


def test_what_is_written_down_is_what_our_processes_are_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write_down()
    monkeypatch.setenv("THAW_DATA_DIR", str(desk.place.folder))
    settings = load_settings()
    assert settings.hook_secrets == desk.secrets.hook_secrets
    assert settings.database_url == desk.postgres.uri("thaw")
    assert settings.mailbox_url == desk.description()["mailbox"]


def test_partners_are_told_nothing_of_the_journal(desk: Desk) -> None:
    told = desk.partner_settings()
    assert set(told) == {"THAW_PARTNER_DATABASE_URL", "THAW_DESK_URL", "THAW_HOOK_SECRETS"}


def test_the_parts_come_up_in_the_order_in_which_they_need_each_other(desk: Desk) -> None:
    parts = [[part.name for part in stage.parts] for stage in desk.stages()]
    assert parts == [
        ["postgres"],
        ["migrate"],
        ["seed"],
        ["temporal"],
        ["ledger", "terminals", "bank", "risk", "status", "documents", "notices", "services"],
        ["samples"],
        ["worker-cases", "worker-hands"],
        ["relay", "views"],
        ["desk", "robot"],
    ]


def test_the_database_has_a_second_left_to_stop_when_all_others_take_as_long_as_they_may(desk: Desk) -> None:
    _, *others = desk.stages()
    slowest = (
        max((part.stop_seconds for part in stage.parts if isinstance(part, Child)), default=0) for stage in others
    )
    assert sum(slowest) + 1 < STOP_SECONDS < 10


def test_temporal_writes_ahead_and_knows_our_search_attributes(desk: Desk) -> None:
    (temporal,) = (part for stage in desk.stages() for part in stage.parts if part.name == "temporal")
    argv = temporal.command().argv
    assert "journal_mode=WAL" in argv
    assert "ThawDue=Datetime" in argv
    assert argv[argv.index("--ip") + 1] == "127.0.0.1"
    assert argv[argv.index("--ui-codec-endpoint") + 1] == desk.url("desk", "/codec")


def test_a_taken_port_is_replaced_by_a_free_one_which_is_kept(place: Place, taken: int) -> None:
    chosen = ports.choose(place.ports, {"desk": taken})
    assert chosen["desk"] != taken
    assert ports.choose(place.ports, {"desk": taken}) == chosen


def test_the_usual_port_is_used_when_it_is_free(place: Place) -> None:
    free = ports.any_free()
    assert ports.choose(place.ports, {"desk": free}) == {"desk": free}


def test_no_two_processes_get_the_same_port(place: Place, taken: int) -> None:
    chosen = ports.choose(place.ports, {"a": taken, "b": taken, "c": taken})
    assert len(set(chosen.values())) == 3


CHOOSES = """
import json, sys
from pathlib import Path
from workers.stack import ports

usual = {name: int(port) for name, port in json.loads(sys.argv[2]).items()}
sys.stdin.readline()
print(json.dumps(ports.choose(Path(sys.argv[1]), usual)), flush=True)
sys.stdin.readline()
"""
"""A stack that chooses its ports when told to, and listens on none of them before it is told to end."""


@pytest.fixture
def claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of its own, as far as claims on ports go."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def starting(folder: Path, usual: dict[str, int]) -> subprocess.Popen[str]:
    folder.mkdir()
    command = [sys.executable, "-c", CHOOSES, str(folder / "ports.json"), json.dumps(usual)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def told(stack: subprocess.Popen[str]) -> None:
    assert stack.stdin is not None
    stack.stdin.write("go\n")
    stack.stdin.flush()


def chosen_by(stack: subprocess.Popen[str]) -> dict[str, int]:
    assert stack.stdout is not None
    chosen: dict[str, int] = json.loads(stack.stdout.readline())
    return chosen


def test_stacks_that_start_in_the_same_moment_share_no_port(claims: Path) -> None:
    usual = {name: ports.any_free() for name in ("desk", "temporal", "postgres")}
    stacks = [starting(claims / f"stack-{n}", usual) for n in range(4)]
    for stack in stacks:
        told(stack)
    chosen = [port for stack in stacks for port in chosen_by(stack).values()]
    for stack in stacks:
        stack.communicate("end\n")
    assert len(set(chosen)) == len(chosen) == 12
    assert set(usual.values()) <= set(chosen), "nobody took the usual ports"


def test_the_ports_of_a_stack_that_was_killed_before_it_listened_are_free_again(claims: Path) -> None:
    usual = {"desk": ports.any_free()}
    killed = starting(claims / "killed", usual)
    told(killed)
    assert chosen_by(killed) == usual
    killed.kill()
    killed.communicate()
    after = starting(claims / "after", usual)
    told(after)
    assert chosen_by(after) == usual
    after.communicate("end\n")


def test_a_bucket_for_documents_is_kept_for_the_next_time(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = {
        "THAW_FILES_BUCKET": "s3://papers/desk", "THAW_FILES_ENDPOINT": "http://127.0.0.1:9000",
        "THAW_FILES_ACCESS_KEY_ID": "id", "THAW_FILES_SECRET_ACCESS_KEY": "secret with spaces",
    }  # fmt: skip
    for name, value in bucket.items():
        monkeypatch.setenv(name, value)
    Desk.at(place).write_down()
    for name in bucket:
        monkeypatch.delenv(name)
    again = Desk.at(place)
    assert {name: again.settings()[name] for name in bucket} == bucket
    again.write_down()
    assert {name: Desk.at(place).settings()[name] for name in bucket} == bucket
    assert "THAW_FILES_REGION" not in again.settings()
    assert not set(bucket) & set(again.partner_settings())

"""Where the processes' settings come from."""

from pathlib import Path

import pytest
from obstore.store import S3Store
from pydantic import ValidationError

from journal.keys import Kek
from workers.settings import Settings, data_dir, load_settings

NEEDED = {
    "THAW_DATABASE_URL": "postgresql://x/thaw",
    "THAW_HOOK_SECRETS": '{"bank": "s"}',
    "THAW_PAYLOAD_KEY": "0" * 64,
    "THAW_VAULT_KEY": "1" * 64,
    "THAW_SIGNING_KEY": "2" * 64,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("THAW_DATA_DIR", str(tmp_path))
    return tmp_path


def test_what_the_stack_kept_is_found_by_a_command_typed_by_hand(folder: Path) -> None:
    folder.joinpath("settings.env").write_text("".join(f"{name}='{value}'\n" for name, value in NEEDED.items()))
    assert load_settings().hook_secrets == {"bank": "s"}


def test_the_environment_overrides_what_the_stack_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.joinpath("settings.env").write_text("".join(f"{name}='{value}'\n" for name, value in NEEDED.items()))
    monkeypatch.setenv("THAW_DATABASE_URL", "postgresql://elsewhere/thaw")
    assert load_settings().database_url == "postgresql://elsewhere/thaw"


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(ValidationError, match="database_url"):
        load_settings()


def test_a_short_key_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**NEEDED, "THAW_VAULT_KEY": "secret"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match="vault_key") as refusal:
        load_settings()
    assert "secret'" not in str(refusal.value)


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    shown = repr(Settings())
    assert not any(value in shown for value in NEEDED.values())


def test_without_a_wish_the_folder_is_dot_thaw_where_we_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("THAW_DATA_DIR")
    monkeypatch.chdir(tmp_path)
    assert data_dir() == tmp_path / ".thaw"


def test_documents_are_in_the_folder_or_in_the_bucket_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**NEEDED, "THAW_FILES_DIR": "/somewhere", "THAW_FILES_BUCKET": ""}.items():
        monkeypatch.setenv(name, value)
    assert load_settings().file_store() == Path("/somewhere")
    monkeypatch.setenv("THAW_FILES_BUCKET", "s3://papers/desk")
    monkeypatch.setenv("THAW_FILES_SECRET_ACCESS_KEY", "very secret")
    with pytest.raises(ValidationError, match="go together") as refusal:
        load_settings()
    assert "very secret" not in str(refusal.value)
    monkeypatch.setenv("THAW_FILES_ACCESS_KEY_ID", "id")
    settings = load_settings()
    assert isinstance(settings.file_store(), S3Store)
    assert "very secret" not in repr(settings) + repr(settings.file_store())


@pytest.mark.parametrize("url", ["papers", "https://papers", "s3://", "s3://papers/desk?x=1", "file:///papers"])
def test_what_names_no_bucket_is_refused_with_what_would(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, value in {**NEEDED, "THAW_FILES_BUCKET": url}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match="s3://bucket/prefix"):
        load_settings()


def test_a_next_vault_key_is_accepted_beside_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**NEEDED, "THAW_VAULT_KEY_NEXT": "2" * 64}.items():
        monkeypatch.setenv(name, value)
    assert load_settings().vault_keys().ids == (Kek("1" * 64).id, Kek("2" * 64).id)
    monkeypatch.setenv("THAW_VAULT_KEY_NEXT", "")
    assert load_settings().vault_keys().ids == (Kek("1" * 64).id,)


def test_the_payload_key_before_is_known_beside_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**NEEDED, "THAW_PAYLOAD_KEY": "3" * 64, "THAW_PAYLOAD_KEY_OLD": "2" * 64}.items():
        monkeypatch.setenv(name, value)
    assert load_settings().payload_keys == ("3" * 64, "2" * 64)
    monkeypatch.setenv("THAW_PAYLOAD_KEY_OLD", "")
    assert load_settings().payload_keys == ("3" * 64,)

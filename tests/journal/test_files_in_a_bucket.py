"""Documents in a bucket of an S3 service: SeaweedFS, a real one, served on this machine by its own program."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from obstore.store import ObjectStore
from psycopg.errors import QueryCanceled

from journal.files import Files, StoreAwayError
from journal.keys import DamagedError
from journal.vault import ForgottenError
from workers.file_store import bucket
from workers.stack.ports import any_free

LICENCE = "营业执照 张三饮食店 91310115MA1K0XQ7HQ".encode() * 500
SUBJECT = "merchant:1"
WEED = Path(sys.executable).parent / "weed"
PARTS = ("master", "volume", "filer", "s3")
KEYS = {"thaw": ["Admin", "Read", "Write", "List"], "reader": ["Read", "List"]}


@dataclass
class Service:
    """The S3 service and where it listens."""

    folder: Path
    ports: dict[str, int]
    process: subprocess.Popen[bytes]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    def bucket(self, url: str = "s3://papers/desk-1", **more: Any) -> ObjectStore:
        key = {"endpoint": self.endpoint, "region": "eu-north-9", "key_id": "thaw", "secret": "secret of thaw"}
        return bucket(url, **(key | more))

    def holds(self) -> list[str]:
        """What lies in the whole bucket."""
        return [entry["path"] for page in self.bucket("s3://papers").list() for entry in page]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("s3")
    identities = [
        {"name": name, "credentials": [{"accessKey": name, "secretKey": f"secret of {name}"}], "actions": actions}
        for name, actions in KEYS.items()
    ]
    (folder / "keys.json").write_text(json.dumps({"identities": identities}))
    ports = {f"{part}{kind}": any_free() for part in PARTS for kind in ("", "_grpc")}
    listening = [f"-{part}.port={ports[part]}" for part in PARTS]
    listening += [f"-{part}.port.grpc={ports[f'{part}_grpc']}" for part in PARTS]
    command = [
        WEED, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=8",
        "-master.volumeSizeLimitMB=64", "-filer", "-s3", f"-s3.config={folder / 'keys.json'}",
        f"-s3.port.iceberg={any_free()}", f"-s3.port.lance={any_free()}", "-master.telemetry=false", *listening,
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    service = Service(folder, ports, process)
    try:
        _wait_for(service)
        yield service
    finally:
        process.kill()
        process.wait()


def _wait_for(service: Service) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert service.process.poll() is None, (service.folder / "log").read_text()[-2000:]
        try:
            if httpx2.get(f"{service.endpoint}/healthz", trust_env=False).status_code == 200:
                service.bucket("s3://papers").put("ready", b"")  # the volumes take a moment longer
                return
        except Exception:
            time.sleep(0.2)
    raise AssertionError((service.folder / "log").read_text()[-2000:])


@pytest.fixture
def files(service, pool, vault):
    return Files(service.bucket(), pool, vault)


async def test_a_document_comes_back_as_it_was_put_and_lies_sealed_under_the_prefix(files, service):
    stored = await files.put("D-1", SUBJECT, LICENCE)
    assert await files.get("D-1") == LICENCE
    assert f"desk-1/{stored.object_key}" in service.holds()
    sealed = bytes(service.bucket("s3://papers").get(f"desk-1/{stored.object_key}").bytes())
    assert "张三饮食店".encode() not in sealed
    assert await files.reachable()


async def test_a_large_document_fits(files):
    content = bytes(range(256)) * 40_000
    await files.put("D-1", SUBJECT, content)
    assert await files.get("D-1") == content


async def test_what_is_removed_leaves_the_bucket_and_stays_known(files, service):
    stored = await files.put("D-1", SUBJECT, LICENCE)
    assert await files.remove("D-1")
    assert not await files.remove("D-1")
    assert f"desk-1/{stored.object_key}" not in service.holds()
    assert (await files.find("D-1")).sha256 == stored.sha256
    with pytest.raises(ForgottenError):
        await files.get("D-1")


async def test_an_object_that_is_gone_is_named(files, service):
    stored = await files.put("D-1", SUBJECT, LICENCE)
    service.bucket().delete(stored.object_key)
    with pytest.raises(DamagedError, match=r"D-1.*missing"):
        await files.get("D-1")


async def test_a_document_whose_row_cannot_be_written_leaves_no_object(files, service, pool):
    before = service.holds()
    async with pool.connection() as connection:
        await connection.execute(
            "create function journal.full() returns trigger language plpgsql as "
            "$$ begin raise 'disk full' using errcode = 'query_canceled'; end $$"
        )
        await connection.execute(
            "create trigger full_disk before insert on journal.files execute function journal.full()"
        )
    with pytest.raises(QueryCanceled):
        await files.put("D-1", SUBJECT, LICENCE)
    assert service.holds() == before


@pytest.mark.parametrize(("key", "reads"), [
    ({"key_id": "reader", "secret": "secret of reader"}, True),
    ({"secret": "another"}, False),
    ({"key_id": "nobody"}, False),
])  # fmt: skip
async def test_a_key_that_may_not_write_keeps_nothing_and_says_why(files, service, pool, vault, key, reads):
    await files.put("D-1", SUBJECT, LICENCE)
    before = service.holds()
    limited = Files(service.bucket(**key), pool, vault)
    with pytest.raises(StoreAwayError) as refused:
        await limited.put("D-2", SUBJECT, LICENCE)
    assert refused.value.why == "denied"
    assert "secret of" not in str(refused.value)
    assert (service.holds(), [file.document_id for file in await files.of(SUBJECT)]) == (before, ["D-1"])
    assert await limited.reachable() is reads


async def test_a_service_that_is_away_is_said_to_be_away(service, pool, vault):
    nobody = Files(service.bucket(endpoint=f"http://127.0.0.1:{any_free()}"), pool, vault)
    with pytest.raises(StoreAwayError) as refused:
        await nobody.put("D-1", SUBJECT, LICENCE)
    assert refused.value.why == "away"
    assert not await nobody.reachable()
    assert await nobody.of(SUBJECT) == ()

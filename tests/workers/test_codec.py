"""What Temporal stores is encrypted, and comes back as it was."""

from __future__ import annotations

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from domain.actors import Actor
from workflows.codec import EncryptionCodec, UndecodableError
from workflows.converter import data_converter
from workflows.messages import CommandOrder

OLD_KEY, NEW_KEY = "0b" * 32, "a1" * 32
ORDER = CommandOrder("approve", '{"reason":"slips match"}', "c-1", Actor("reviewer1", ("reviewer",)), seen=7)


async def test_a_value_comes_back_as_it_was() -> None:
    converter = data_converter(NEW_KEY)
    [back] = await converter.decode(await converter.encode([ORDER]), [CommandOrder])
    assert back == ORDER


async def test_nothing_of_a_value_can_be_read_in_what_is_stored() -> None:
    [stored] = await data_converter(NEW_KEY).encode([ORDER])
    whole = stored.SerializeToString()
    assert stored.metadata["encoding"] == b"binary/encrypted"
    assert not any(word in whole for word in (b"approve", b"slips", b"reviewer1", b"json", bytes.fromhex(NEW_KEY)))


async def test_equal_values_are_stored_differently() -> None:
    first, second = await data_converter(NEW_KEY).encode([ORDER, ORDER])
    assert first.data != second.data


async def test_an_error_is_encrypted_with_its_message_and_details() -> None:
    converter, failure = data_converter(NEW_KEY), Failure()
    await converter.encode_failure(ApplicationError("held at bank", "detail", type="four-eyes"), failure)
    assert failure.message == "Encoded failure"
    assert b"held at bank" not in failure.SerializeToString()
    back = await converter.decode_failure(failure)
    assert (str(back.args[0]), back.details) == ("four-eyes: held at bank", ("detail",))  # type: ignore[attr-defined]


async def test_after_a_rotation_old_payloads_still_open() -> None:
    [stored] = await data_converter(OLD_KEY).encode([ORDER])
    assert await data_converter(NEW_KEY, OLD_KEY).decode([stored], [CommandOrder]) == [ORDER]


async def test_a_payload_of_an_unknown_key_is_refused() -> None:
    [stored] = await data_converter(OLD_KEY).encode([ORDER])
    with pytest.raises(UndecodableError, match="not among the keys"):
        await EncryptionCodec(NEW_KEY).decode([stored])


@pytest.mark.parametrize(
    "harm", [lambda data: data[:-1] + bytes([data[-1] ^ 1]), lambda data: data[:20], lambda _: b""]
)
async def test_an_altered_payload_is_refused(harm) -> None:
    [stored] = await data_converter(NEW_KEY).encode([ORDER])
    stored.data = harm(stored.data)
    with pytest.raises(UndecodableError, match="altered"):
        await EncryptionCodec(NEW_KEY).decode([stored])


async def test_a_payload_in_clear_is_left_as_it_is() -> None:
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b"1")
    assert await EncryptionCodec(NEW_KEY).decode([plain]) == [plain]


@pytest.mark.parametrize("key", ["", "zz" * 32, "a1" * 16])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="hex"):
        EncryptionCodec(key)


async def test_what_a_workflow_says_of_itself_can_be_read_by_temporals_own_tools() -> None:
    said = Payload(
        metadata={"encoding": b"json/protobuf", "messageType": b"temporal.api.sdk.v1.WorkflowMetadata"},
        data=b'{"currentDetails":"Waiting for a reviewer."}',
    )
    assert await EncryptionCodec("ab" * 32).encode([said]) == [said]

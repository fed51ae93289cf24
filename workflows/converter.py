"""How values become what Temporal stores: pydantic's JSON, encrypted, errors included."""

from __future__ import annotations

from typing import Self

from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, SerializationContext

from workflows.codec import EncryptionCodec

_PYDANTIC = PydanticPayloadConverter()


class OnePydanticConverter(PydanticPayloadConverter):
    """The engine makes a converter anew for every activation of a workflow. It has no state but its caches, so one
    serves all of them: that is a few per cent of all a case costs."""

    def __new__(cls) -> PydanticPayloadConverter:  # type: ignore[misc]  # always the same one, already made
        return _PYDANTIC


class ContextFreeConverter(DataConverter):
    """The engine asks for a converter that knows whose payload it is, for every single one. None of ours wants to."""

    def with_context(self, context: SerializationContext) -> Self:
        del context
        return self


def data_converter(*keys: str) -> DataConverter:
    """The converter of every client and worker. `keys` are payload keys (64 hex digits): the newest, then older ones
    still found in histories. Failure messages and stack traces are encrypted like any payload."""
    return ContextFreeConverter(
        payload_converter_class=OnePydanticConverter,
        payload_codec=EncryptionCodec(*keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )

"""How values become what Temporal stores: pydantic's JSON, encrypted, errors included."""

from __future__ import annotations

import dataclasses

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes

from workflows.codec import EncryptionCodec


def data_converter(*keys: str) -> DataConverter:
    """The converter of every client and worker. `keys` are payload keys (64 hex digits): the newest, then older ones
    still found in histories. Failure messages and stack traces are encrypted like any payload."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptionCodec(*keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )

"""Where documents are kept: a local folder, or a bucket of an S3 service by settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from obstore.store import ObjectStore, S3Store
from pydantic import AfterValidator

CONNECT = timedelta(seconds=3)
ANSWER = timedelta(seconds=20)
PATIENCE = timedelta(seconds=10)
"""How long a call to the bucket may be repeated; then whoever asked is told that the store is away."""


def _bucket(text: str) -> str:
    url = urlsplit(text)
    if url.scheme != "s3" or not url.netloc or url.query or url.fragment:
        raise ValueError("it must be s3://bucket or s3://bucket/prefix")
    return text


BucketUrl = Annotated[str, AfterValidator(_bucket)]


def bucket(url: str, *, endpoint: str | None, region: str, key_id: str | None, secret: str | None) -> ObjectStore:
    """The store in a bucket. Without `endpoint` it is Amazon's, without a key the machine's own role opens it.

    Nothing is asked of the service yet.
    """
    parts = urlsplit(url)
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config={
            "region": region,
            "virtual_hosted_style_request": False,
            **({"endpoint": endpoint} if endpoint else {}),
            **({"access_key_id": key_id} if key_id else {}),
            **({"secret_access_key": secret} if secret else {}),
        },
        client_options={
            "allow_http": bool(endpoint and endpoint.startswith("http://")),
            "connect_timeout": CONNECT,
            "timeout": ANSWER,
        },
        retry_config={
            "max_retries": 3,
            "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2},
            "retry_timeout": PATIENCE,
        },
    )

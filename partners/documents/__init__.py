"""Document verification (a stand-in): is a file sound, has another merchant sent it, and what does it say.

The papers in `readers.READERS` are read by OCR, offline, and their pictures searched for signs of edits; others go to a
person. What they say is compared with what is on file, with the sales the acquirer recorded, and with the public
registry as far as it was told of. Files are kept nowhere: only their SHA-256, that of what makes a paper the same
paper, the look of photographs, the merchant's number and, with the answer to a key, what was read.

Memory: this process opens one file at a time (about 0.3 GB at the most). The OCR process holds 0.2 to 0.6 GB, 1.1 GB
was the most seen, and it is not let beyond 2 GB of its own data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from partners.kit import Settings


def app(settings: Settings) -> FastAPI:
    """The document service as an app; its OCR process starts with it and is ready a few seconds later."""
    from partners.documents.calls import app as made  # noqa: PLC0415 - the OCR process has no use for a web server

    return made(settings)

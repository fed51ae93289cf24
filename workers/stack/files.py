"""Small files of the stack, written so that a reader never sees half of one."""

import os
import tempfile
from pathlib import Path

PRIVATE = 0o600


def write_text(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace the file's content in one step; it has the given mode from the first byte on."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(handle, mode)
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

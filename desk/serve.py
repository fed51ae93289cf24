"""Running the desk as a process of its own."""

from __future__ import annotations

import uvicorn

from desk.app import create_app
from desk.config import DeskConfig

STOP_SECONDS = 1
"""How long open requests may go on once the desk is told to stop."""


def serve(config: DeskConfig, host: str, port: int) -> None:
    """Serves the desk until told to stop. Logs are the caller's to set up."""
    uvicorn.run(
        create_app(config),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )

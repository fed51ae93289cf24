"""Running the desk as a process of its own."""

from __future__ import annotations

import uvicorn

from desk.app import create_app
from desk.config import DeskConfig

STOP_SECONDS = 1
"""How long open requests may go on once the desk is told to stop."""


def serve(config: DeskConfig, host: str, port: int, trusted_proxies: str | None = None) -> None:
    """Serves the desk until told to stop. `trusted_proxies` are believed about a caller's address and scheme. Logs are
    the caller's to set up."""
    uvicorn.run(
        create_app(config),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=trusted_proxies is not None,
        forwarded_allow_ips=trusted_proxies or "",
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )

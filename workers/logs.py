"""One form of log for all our processes: a JSON object per line on standard output.

Every line has `timestamp` (RFC 3339, UTC), `level`, `process` and `event`; whoever handles a case binds `case_id` with
`about_case`, and it is on every line until the block ends, also across awaits. Lines of libraries that use the
standard `logging` get the same form. Dropping lines while a workflow replays is the worker's business.

No personal data belongs in a log: name things by their id or vault reference.
"""

import logging
import logging.config
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

READY = "ready"
"""The event that tells the stack's supervisor that a process without an HTTP port has taken up its work."""

_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)  # locals hold keys and people's data
    ),
)


def configure_logs(process: str, level: str = "info") -> None:
    """Send all logs of this process to standard output as JSON lines that name the process.

    `level` is debug, info, warning or error. Calling it again replaces what stood before.
    """

    def name_process(_: Any, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        line.setdefault("process", process)
        return line

    shared = (*_SHARED, name_process)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    _quieten()


def logger(**about: object) -> structlog.stdlib.BoundLogger:
    """A logger whose lines carry `about`."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(**about)
    return bound


def announce_ready(**about: object) -> None:
    """Tell the supervisor (and whoever reads the log) that this process has taken up its work."""
    logger(**about).info(READY)


@contextmanager
def about_case(case_id: str, **more: object) -> Iterator[None]:
    """Put the case's id, and what else is given, on every line logged inside the block."""
    with structlog.contextvars.bound_contextvars(case_id=case_id, **more):
        yield


def _quieten() -> None:
    """Let uvicorn's loggers speak through ours, and keep libraries that log every request to their warnings."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in ("httpx", "httpx2", "httpcore", "httpcore2", "uvicorn.access", "mail.log", "asyncio", "rapidocr"):
        logging.getLogger(name).setLevel(logging.WARNING)

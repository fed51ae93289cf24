"""The console and the merchants' portal: pages for people, made of the same answers as the API.

What a page shows comes from the same functions as the API's answers; what a form does is a call of the API, made in
this process with the session's own rights. So the pages can show and do nothing that the API would refuse.
"""

from __future__ import annotations

from desk.console.routes import mount

__all__ = ["mount"]

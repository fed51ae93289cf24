"""Runs something in the background of the system, and lets whoever started it listen until it says it is ready."""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from workers.stack.opening import Message

LAST = frozenset({"ready", "failed", "running", "broken"})
"""The kinds of message after which nobody needs to listen any more."""


def in_background(run: Callable[[Callable[[Message], None]], int], output: Path) -> tuple[int, Iterator[Message]]:
    """Run `run(tell)` in a process of its own that no terminal and no parent can end.

    Gives its process id and its messages, up to one that is the last. What it prints goes to `output`. Must be called
    before this process has started threads.
    """
    from_child, to_parent = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    if (middle := os.fork()) == 0:
        os.close(from_child)
        os.setsid()
        if os.fork() != 0:
            os._exit(0)  # the grandchild leads no session, so it can never get a terminal again
        _become_background(run, to_parent, output)
    os.close(to_parent)
    os.waitpid(middle, 0)
    messages = _messages(from_child)
    return int(next(messages)["pid"]), messages


def _become_background(run: Callable[[Callable[[Message], None]], int], to_parent: int, output: Path) -> None:
    """The grandchild's whole life."""
    code = 1
    try:
        listening = True

        def tell(message: Message) -> None:
            nonlocal listening
            if listening:
                try:
                    os.write(to_parent, json.dumps(message, ensure_ascii=False).encode() + b"\n")
                except BrokenPipeError:
                    listening = False
                if message["kind"] in LAST:
                    listening = False
                    os.close(to_parent)

        _redirect(output)
        tell({"kind": "started", "pid": os.getpid()})
        try:
            code = run(tell)
        except BaseException as error:
            traceback.print_exc()
            tell({"kind": "broken", "why": f"{type(error).__name__}: {error}"})
    finally:
        sys.stderr.flush()
        os._exit(code)


def _redirect(output: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    into = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((nothing, 0), (into, 1), (into, 2)):
        os.dup2(source, target)


def _messages(source: int) -> Iterator[Message]:
    with os.fdopen(source, encoding="utf-8") as lines:
        for line in lines:
            message: Message = json.loads(line)
            yield message
            if message["kind"] in LAST:
                return
    yield {"kind": "broken", "why": "it ended without a word"}

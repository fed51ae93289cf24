"""The command `thaw`. Each module in `workers/commands/` adds its own commands by a function `register(app)`.

These modules are imported at every call, so they import what they need only inside their commands.
"""

import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence

import typer

from workers import commands

PROCESSES = {
    **dict.fromkeys(("worker", "partner", "desk", "relay", "migrate", "seed"), "processes"),
    "robot": "robot",
}
"""The commands that a stack runs a dozen of at once, and the module of each: they wait for no other's imports."""


def build(modules: Sequence[str] = ()) -> typer.Typer:
    """The command with all its subcommands, or only with those of some modules."""
    app = typer.Typer(
        name="thaw",
        help="Thaw: the case desk of a payment institution.",
        no_args_is_help=True,
        add_completion=False,
        # A traceback with local variables would print keys and people's data.
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def thaw() -> None:
        pass

    for module in modules or sorted(module.name for module in pkgutil.iter_modules(commands.__path__)):
        importlib.import_module(f"{commands.__name__}.{module}").register(app)
    return app


def main() -> None:
    """The entry point of the console script."""
    asked_for = PROCESSES.get(sys.argv[1]) if len(sys.argv) > 1 else None
    try:
        build([asked_for] if asked_for else ())()
    except SystemExit as end:
        if "temporalio.bridge" in sys.modules and (end.code is None or isinstance(end.code, int)):
            # The engine's library has threads that may trip over an interpreter taking itself apart, and abort it.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(end.code or 0)
        raise


if __name__ == "__main__":
    main()

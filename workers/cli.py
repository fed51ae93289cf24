"""The command `thaw`. Each module in `workers/commands/` adds its own commands by a function `register(app)`.

These modules are imported at every call, so they import what they need only inside their commands.
"""

import importlib
import pkgutil

import typer

from workers import commands


def build() -> typer.Typer:
    """The command with all its subcommands."""
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

    for module in sorted(module.name for module in pkgutil.iter_modules(commands.__path__)):
        importlib.import_module(f"{commands.__name__}.{module}").register(app)
    return app


def main() -> None:
    """The entry point of the console script."""
    build()()


if __name__ == "__main__":
    main()

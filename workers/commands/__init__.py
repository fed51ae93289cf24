"""The commands of `thaw`, one module per subject; each has a function `register(app: typer.Typer) -> None`."""

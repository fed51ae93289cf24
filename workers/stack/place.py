"""The stack's folder and where everything in it is kept."""

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """The paths in the stack's folder (`.thaw`)."""

    folder: Path

    def make(self) -> None:
        """Create the folder, closed to others."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for folder in (self.logs, self.files):
            folder.mkdir(exist_ok=True)

    def clear(self) -> None:
        """Remove everything in the folder but the lock, which the caller holds."""
        for path in self.folder.iterdir():
            if path == self.lock:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    @property
    def lock(self) -> Path:
        """Held by the supervisor."""
        return self.folder / "lock"

    @property
    def ports(self) -> Path:
        """Which ports were chosen."""
        return self.folder / "ports.json"

    @property
    def secrets(self) -> Path:
        """Keys, passwords and tokens."""
        return self.folder / "secrets.json"

    @property
    def settings(self) -> Path:
        """The settings of our processes, for commands typed by hand."""
        return self.folder / "settings.env"

    @property
    def description(self) -> Path:
        """`stack.json`: what a script needs to use the desk."""
        return self.folder / "stack.json"

    @property
    def states(self) -> Path:
        """Every process and its state."""
        return self.folder / "processes.json"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.folder / "postgres"

    @property
    def temporal(self) -> Path:
        """Temporal's data."""
        return self.folder / "temporal.db"

    @property
    def files(self) -> Path:
        """The documents, encrypted."""
        return self.folder / "files"

    @property
    def checkpoints(self) -> Path:
        """The journal's signed checkpoints, outside the database."""
        return self.folder / "checkpoints"

    @property
    def logs(self) -> Path:
        """All logs."""
        return self.folder / "logs"

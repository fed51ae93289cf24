"""The desk on this machine: which processes it consists of, where they listen, and what they are told."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dotenv import dotenv_values

from workers.settings import BUCKET_VARIABLES, DATA_DIR_VARIABLE
from workers.stack import ports as port_choice
from workers.stack.child import Asked, Child, Every, Http, Job, Stage
from workers.stack.command import Command
from workers.stack.files import PRIVATE, write_text
from workers.stack.place import Place
from workers.stack.ports import LOOPBACK
from workers.stack.postgres import Postgres
from workers.stack.secrets import Secrets, known_or_new
from workers.stack.temporal import temporal_command

PARTNERS = ("ledger", "terminals", "bank", "risk", "status", "documents", "notices")
TOGETHER = ("network", "contracts", "logistics", "field")
"""Partners that are called too seldom to need a process each: on this machine they share one."""
WORKERS = ("cases", "hands")
JOURNAL_DATABASE = "thaw"
PARTNER_DATABASE = "partners"


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk: its folder, ports, secrets and database server."""

    place: Place
    ports: Mapping[str, int]
    secrets: Secrets
    postgres: Postgres

    @classmethod
    def at(cls, place: Place) -> "Desk":
        """The desk of this folder, with the ports and secrets it had before or new ones. It must not be running."""
        ports = port_choice.choose(place.ports)
        secrets = known_or_new(place.secrets)
        return cls(
            place, ports, secrets, Postgres(place.postgres, ports["postgres"], password=secrets.database_password)
        )

    def url(self, name: str, path: str = "") -> str:
        """Where the process listens."""
        return f"http://{LOOPBACK}:{self.ports[name]}{path}"

    def settings(self) -> dict[str, str]:
        """What our own processes are told, as environment variables."""
        return {
            DATA_DIR_VARIABLE: str(self.place.folder),
            "THAW_FILES_DIR": str(self.place.files),
            "THAW_LOG_DIR": str(self.place.logs),
            "THAW_CHECKPOINTS_DIR": str(self.place.checkpoints),
            "THAW_DATABASE_URL": self.postgres.uri(JOURNAL_DATABASE),
            "THAW_TEMPORAL_ADDRESS": f"{LOOPBACK}:{self.ports['temporal']}",
            "THAW_TEMPORAL_UI_URL": self.url("temporal_ui"),
            "THAW_DESK_HOST": LOOPBACK,
            "THAW_DESK_PORT": str(self.ports["desk"]),
            **{f"THAW_{name.upper()}_URL": self.url(name) for name in (*PARTNERS, *TOGETHER)},
            "THAW_MAILBOX_URL": self.url("notices", "/mailbox"),
            "THAW_PAYLOAD_KEY": self.secrets.payload_key,
            **({"THAW_PAYLOAD_KEY_OLD": self.secrets.payload_key_old} if self.secrets.payload_key_old else {}),
            "THAW_VAULT_KEY": self.secrets.vault_key,
            **({"THAW_VAULT_KEY_NEXT": self.secrets.vault_key_next} if self.secrets.vault_key_next else {}),
            "THAW_SIGNING_KEY": self.secrets.signing_key,
            **self._bucket(),
            **self.partner_settings(),
        }

    def _bucket(self) -> dict[str, str]:
        """The bucket of the documents: what the environment says, else what it said when the desk was last opened; a
        desk that looked for its documents elsewhere would find none."""
        if any(os.environ.get(name) for name in BUCKET_VARIABLES):
            known: Mapping[str, str | None] = os.environ
        else:
            known = dotenv_values(self.place.settings, interpolate=False) if self.place.settings.exists() else {}
        return {name: value for name in BUCKET_VARIABLES if (value := known.get(name))}

    def partner_settings(self) -> dict[str, str]:
        """What a partner is told: nothing of the journal, nor of the keys to it."""
        return {
            "THAW_PARTNER_DATABASE_URL": self.postgres.uri(PARTNER_DATABASE),
            "THAW_DESK_URL": self.url("desk"),
            "THAW_HOOK_SECRETS": json.dumps(self.secrets.hook_secrets),
        }

    def description(self) -> dict[str, Any]:
        """What `stack.json` says: enough for a script to do what a person does."""
        return {
            "desk": self.url("desk"),
            "portal": self.url("desk", "/portal"),
            "temporal_address": f"{LOOPBACK}:{self.ports['temporal']}",
            "temporal_ui": self.url("temporal_ui"),
            "mailbox": self.url("notices", "/mailbox"),
            "database": self.postgres.uri(JOURNAL_DATABASE),
            "partners": {name: self.url(name) for name in (*PARTNERS, *TOGETHER)},
            "hook_secrets": dict(self.secrets.hook_secrets),
            "users": {name: user.model_dump(exclude_none=True) for name, user in self.secrets.users.items()},
        }

    def write_down(self) -> None:
        """Keep the settings and the description in the folder, readable by the owner alone."""
        lines = [f"{name}='{value}'\n" for name, value in self.settings().items()]
        write_text(self.place.settings, "".join(lines), PRIVATE)
        write_text(self.place.description, json.dumps(self.description(), indent=2, ensure_ascii=False), PRIVATE)

    def stages(self) -> tuple[Stage, ...]:
        """What runs, in the order in which it comes up."""
        return (
            Stage("database", (self._postgres(),)),
            Stage("tables", (self._job("migrate", "migrate", "--create"),)),
            Stage("users", (self._job("seed", "seed"),)),
            Stage("engine", (self._temporal(),)),
            Stage("partners", (*(self._partner(name) for name in PARTNERS), self._together())),
            Stage("samples", (self._job("samples", "seed", "--outside"),)),
            Stage("workers", tuple(self._ours(f"worker-{name}", "worker", name, stop_seconds=2.0) for name in WORKERS)),
            Stage(
                "relay",
                (self._ours("relay", "relay", stop_seconds=0.7), self._ours("views", "views", stop_seconds=0.7)),
            ),
            Stage("desk", (self._front(), self._ours("robot", "robot", stop_seconds=0.7))),
        )

    def _postgres(self) -> Child:
        return Child(
            name="postgres",
            command=self.postgres.prepare,
            probe=Asked(self.postgres.answers),
            url=f"{LOOPBACK}:{self.ports['postgres']}",
            stop_signal=Postgres.STOP_SIGNAL,
            stop_seconds=6.0,  # whatever the others left of the time: it writes everything down
        )

    def _temporal(self) -> Child:
        return Child(
            name="temporal",
            command=lambda: temporal_command(self.place.temporal, self.ports, self.url("desk", "/codec")),
            probe=Http(self.ports["temporal_http"], "/api/v1/namespaces/default"),
            url=self.url("temporal_ui"),
            stop_seconds=2.5,
        )

    def _partner(self, name: str) -> Child:
        port = self.ports[name]
        return Child(
            name=name,
            command=_thaw(self.partner_settings(), "partner", name, "--port", str(port)),
            probe=Http(port, "/healthz"),
            url=self.url(name),
            stop_seconds=0.8,
        )

    def _together(self) -> Child:
        ports = [str(self.ports[name]) for name in TOGETHER]
        options = [word for port in ports for word in ("--port", port)]
        return Child(
            name="services",
            command=_thaw(self.partner_settings(), "partner", *TOGETHER, *options),
            probe=Every(tuple(Http(self.ports[name], "/healthz") for name in TOGETHER)),
            url=self.url(TOGETHER[0]),
            stop_seconds=0.8,
        )

    def _front(self) -> Child:
        return Child(
            name="desk",
            command=_thaw(self.settings(), "desk"),
            probe=Http(self.ports["desk"], "/readyz"),
            url=self.url("desk"),
            stop_seconds=1.5,
        )

    def _ours(self, name: str, *arguments: str, stop_seconds: float) -> Child:
        return Child(name=name, command=_thaw(self.settings(), *arguments), stop_seconds=stop_seconds)

    def _job(self, name: str, *arguments: str) -> Job:
        return Job(name=name, command=_thaw(self.settings(), *arguments))


def _thaw(env: Mapping[str, str], *arguments: str) -> Callable[[], Command]:
    """One of our own commands, run by the Python that runs us; -P keeps the current folder off its import path."""
    argv = (sys.executable, "-P", "-m", "workers.cli", *arguments)
    return lambda: Command(argv=argv, env={**env, "PYTHONUNBUFFERED": "1"})

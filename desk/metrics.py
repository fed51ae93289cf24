"""What Prometheus reads: how requests went, and how the desk's queues stand."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from journal.queue import Stats


class Metrics:
    """The desk's measures, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "thaw_http_requests", "Requests by route and status", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "thaw_http_seconds", "Time to answer, by route", ["method", "route"], registry=self._registry
        )
        self._tasks = Gauge("thaw_tasks_open", "Open tasks", ["kind", "tier"], registry=self._registry)
        self._overdue = Gauge("thaw_tasks_overdue", "Open tasks past due", ["kind", "tier"], registry=self._registry)
        self._cases = Gauge("thaw_cases_open", "Open cases", ["kind", "status"], registry=self._registry)
        self._held = Gauge("thaw_held_fen", "Money held, in fen", ["kind", "status"], registry=self._registry)
        self._commands = Gauge("thaw_commands_pending", "Commands that wait", registry=self._registry)
        self._unstarted = Gauge("thaw_cases_unstarted", "Cases without workflow", registry=self._registry)
        self._stored = Counter("thaw_commands_stored", "Commands stored for later (202)", registry=self._registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def stored(self) -> None:
        self._stored.inc()

    def text(self, stats: Stats) -> bytes:
        """Prometheus' text form, with the queues as they stand."""
        for gauge in (self._tasks, self._overdue, self._cases, self._held):
            gauge.clear()
        for backlog in stats.tasks:
            self._tasks.labels(backlog.kind, backlog.level).set(backlog.waiting)
            self._overdue.labels(backlog.kind, backlog.level).set(backlog.overdue)
        for cases in stats.cases:
            self._cases.labels(cases.kind, cases.status).set(cases.open)
            self._held.labels(cases.kind, cases.status).set(cases.held_fen)
        self._commands.set(stats.throughput.commands_pending)
        self._unstarted.set(stats.throughput.cases_unstarted)
        return generate_latest(self._registry)

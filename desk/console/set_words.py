"""Templates whose words are set when they are compiled: `t("queue.title")` is then a text like any other on the page,
and no function is called for it hundreds of times a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer


class WordSettingEnvironment(Environment):
    """An environment in which calls of the functions in `settled` that are given literal texts only are replaced by
    what they answer; each of these functions must answer the same whenever it is asked."""

    settled: Mapping[str, Callable[..., str]] = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = super()._parse(source, name, filename)
        parsed: nodes.Template = _Setter(self.settled).visit(template)
        return parsed


class _Setter(NodeTransformer):
    def __init__(self, settled: Mapping[str, Callable[..., str]]) -> None:
        self._settled = settled

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802 — named by the library
        called = self._settled.get(node.node.name) if isinstance(node.node, nodes.Name) else None
        literal = all(isinstance(argument, nodes.Const) for argument in node.args)
        if called is None or not literal or node.kwargs or node.dyn_args or node.dyn_kwargs:
            self.generic_visit(node)
            return node
        return nodes.Const(called(*(argument.as_const() for argument in node.args)), lineno=node.lineno)

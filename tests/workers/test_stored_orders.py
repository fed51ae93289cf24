"""A command that waits is the same command when it is delivered."""

from __future__ import annotations

import json

from domain.actors import Actor
from workflows.messages import CommandOrder
from workflows.stored import order_of, stored


def test_an_order_that_was_stored_comes_back_with_the_log_ins_its_author_made():
    both = Actor("both1", ("officer", "reviewer"), also=("merchant-1",))
    order = CommandOrder("reject", '{"reason": "no"}', "c-1", both, 4)
    assert order_of("c-1", "reject", json.loads(json.dumps(stored(order)))) == order


def test_an_order_that_was_stored_before_makers_were_known_is_still_delivered():
    body = {"fields": {}, "by": {"name": "x", "roles": ["reviewer"], "merchant_no": None}, "seen": None}
    assert order_of("c-1", "reject", body).by == Actor("x", ("reviewer",))

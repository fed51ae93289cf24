"""Every leaf of a tree can be proved to be in it, and nothing else can."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.merkle import (
    EMPTY,
    beside,
    leaf_hash,
    node_hash,
    path_nodes,
    proven_root,
    renewed,
    root_node,
    root_of,
)

HEAD = "ab" * 32


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(f"FA-{number}", number + 1, HEAD) for number in range(size)]


def by_the_book(parts: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, over hashed leaves."""
    if len(parts) == 1:
        return parts[0]
    half = 1
    while half * 2 < len(parts):
        half *= 2
    return node_hash(by_the_book(parts[:half]), by_the_book(parts[half:]))


def nodes_of(all_leaves: list[bytes]) -> dict[tuple[int, int], bytes]:
    return renewed(len(all_leaves), dict(enumerate(all_leaves)), {})


def test_a_tree_without_leaves_has_the_hash_of_nothing():
    assert root_of([]) == EMPTY == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 71))
def test_every_leaf_of_a_tree_is_proved_and_no_altered_one_is(size: int):
    all_leaves = leaves(size)
    root, nodes = root_of(all_leaves), nodes_of(all_leaves)
    assert root == by_the_book(all_leaves)
    for index, leaf in enumerate(all_leaves):
        path = [nodes[node] for node in path_nodes(size, index)]
        assert proven_root(size, index, leaf, path) == root
        assert proven_root(size, index, leaf_hash(f"FA-{index}", index + 2, HEAD), path) != root
        assert proven_root(size, index + 1, leaf, path) != root
        assert proven_root(size, size, leaf, path) is None
        assert proven_root(size, index, leaf, [*path, leaf]) is None
        for at in range(len(path)):
            assert proven_root(size, index, leaf, path[:at] + path[at + 1 :]) != root
            assert proven_root(size, index, leaf, [*path[:at], bytes(32), *path[at + 1 :]]) != root


def test_a_node_cannot_be_passed_off_as_a_leaf():
    one, two = leaves(2)
    assert root_of([one, two]) != leaf_hash("FA-0", 1, (one + two).hex())
    assert node_hash(one, two) != hashlib.sha256(one + two).digest()


def test_no_two_streams_have_one_leaf_by_the_way_they_are_written():
    assert leaf_hash("FA-1", 11, HEAD) != leaf_hash("FA-11", 1, HEAD)


@given(st.data())
def test_a_grown_tree_is_computed_from_what_moved_and_what_stands_beside_it(data: st.DataObject):
    before = leaves(data.draw(st.integers(1, 70)))
    moved = data.draw(st.sets(st.integers(0, len(before) - 1)))
    added = data.draw(st.integers(0, 20))
    after = [leaf_hash("moved", number, HEAD) if number in moved else leaf for number, leaf in enumerate(before)]
    after += [leaf_hash("added", number, HEAD) for number in range(added)]
    touched = moved | ({len(before) - 1} if added else set())  # the old right edge has a new neighbour
    if not touched:
        return
    stored = nodes_of(before)
    size = len(after)
    changed = {index: after[index] for index in touched | set(range(len(before), size))}
    known = {node: stored[node] for node in beside(size, changed)}
    assert renewed(size, changed, known)[root_node(size)] == root_of(after)
    old = renewed(len(before), {index: before[index] for index in touched}, known)
    assert old[root_node(len(before))] == root_of(before), "the same neighbours prove the tree as it was"

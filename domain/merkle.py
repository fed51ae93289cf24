"""One hash over the heads of all streams: a Merkle tree whose leaves stay where they are.

A stream gets the next free leaf when it is first sealed and keeps it, so that a later tree differs from an earlier one
only along the paths of the heads that moved: about twenty hashes each in a tree of a million leaves.

Hashing as in RFC 6962, section 2.1: leaves and inner nodes have different prefixes, and the last node of a level that
has no neighbour rises as it is. Levels count from the leaves (0), indexes from the left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

Node = tuple[int, int]
"""A node by level and index."""

EMPTY = hashlib.sha256().digest()
"""The root of a tree without leaves."""


def leaf_hash(stream: str, position: int, head: str) -> bytes:
    """The leaf of a stream whose entry at `position` has the hash `head` (hex)."""
    text = json.dumps([stream, position, head], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(b"\x00" + text.encode()).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """An inner node over its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def widths(size: int) -> list[int]:
    """How many nodes each level has, from the leaves to the root."""
    found = [size]
    while found[-1] > 1:
        found.append((found[-1] + 1) // 2)
    return found


def beside(size: int, leaves: Iterable[int]) -> set[Node]:
    """The nodes that must be known besides these leaves to compute the root of a tree of `size` leaves."""
    needed: set[Node] = set()
    touched = set(leaves)
    for level, width in enumerate(widths(size)[:-1]):
        needed |= {(level, index ^ 1) for index in touched if index ^ 1 not in touched and index ^ 1 < width}
        touched = {index >> 1 for index in touched}
    return needed


def renewed(size: int, leaves: Mapping[int, bytes], known: Mapping[Node, bytes]) -> dict[Node, bytes]:
    """These leaves and every node above them, the root too, in a tree of `size` leaves; `known` has `beside`'s nodes.

    Raises KeyError for a node that is missing there.
    """
    nodes = {(0, index): leaf for index, leaf in leaves.items()}
    touched = set(leaves)
    for level, width in enumerate(widths(size)[:-1]):
        above = {index >> 1 for index in touched}
        for parent in above:
            left, right = (level, 2 * parent), (level, 2 * parent + 1)
            first = nodes[left] if left in nodes else known[left]
            if right[1] == width:
                nodes[level + 1, parent] = first
            else:
                nodes[level + 1, parent] = node_hash(first, nodes[right] if right in nodes else known[right])
        touched = above
    return nodes


def root_node(size: int) -> Node:
    """Where the root of a tree of `size` leaves stands."""
    return (len(widths(size)) - 1, 0)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over all leaves."""
    if not leaves:
        return EMPTY
    return renewed(len(leaves), dict(enumerate(leaves)), {})[root_node(len(leaves))]


def path_nodes(size: int, leaf: int) -> list[Node]:
    """The nodes whose hashes prove that a leaf is in a tree of `size` leaves, from the leaf upwards."""
    return sorted(beside(size, [leaf]))


def proven_root(size: int, leaf: int, start: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf's hash and its path lead to; None when the path does not fit the tree."""
    if not 0 <= leaf < size:
        return None
    at, rest = start, list(path)
    for width in widths(size)[:-1]:
        if leaf ^ 1 < width:
            if not rest:
                return None
            neighbour = rest.pop(0)
            at = node_hash(neighbour, at) if leaf & 1 else node_hash(at, neighbour)
        leaf >>= 1
    return None if rest else at

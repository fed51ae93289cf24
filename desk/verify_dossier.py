#!/usr/bin/env python3
"""Checks a case's dossier: nothing but this file, Python 3.9 or newer, and the dossier is needed. No network.

    python3 verify_dossier.py FA-20260302-ABCDEFGH.html [--public-key HEX] [--document FILE ...] [--json]

What is checked: the dossier's signature, the page people read, the chain of the case's entries, that the chain stands
under a checkpoint that the institution signed, that the keys follow each other, and the hashes of the documents. With
--public-key the keys are traced to one that you were given by other means: without it the dossier only proves that it
agrees with itself. With --document a file that you hold is looked for among the case's documents.

Exit code 0: everything fits; 1: something does not; 2: the file is no dossier.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

FORM, CHECKPOINT, KEY = "thaw-dossier/2", "thaw-checkpoint/1", "thaw-key/1"
GENESIS = "00" * 32
OPENING = '<script type="application/json" id="dossier">'
CLOSING = "</script>"


class DoesNotFitError(Exception):
    """Something in the dossier contradicts the rest; the message says what."""


class NoDossierError(Exception):
    """The file is no dossier."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--public-key", metavar="HEX", help="a key of the institution's that you know (64 hex digits)")
    parser.add_argument("--document", metavar="FILE", type=Path, action="append", default=[])
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    asked = parser.parse_args(arguments)
    said: list[str] = []
    try:
        dossier, page = read(asked.file)
        check(dossier, page, asked.public_key, said)
        for path in asked.document:
            check_document(dossier, path, said)
        result, problem = 0, None
    except (NoDossierError, OSError) as error:
        result, problem = 2, str(error)
    except DoesNotFitError as error:
        result, problem = 1, str(error)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        result, problem = 1, f"a part is missing or of another kind ({type(error).__name__}: {error})"
    if asked.json:
        print(json.dumps({"fits": result == 0, "checked": said, "problem": problem}, ensure_ascii=False))
    else:
        for line in said:
            print("ok   " + line)
        print("FITS" if result == 0 else f"{'NOT A DOSSIER' if result == 2 else 'DOES NOT FIT'}: {problem}")
    return result


def read(path: Path) -> tuple[dict[str, Any], str | None]:
    """The dossier in a file, and the page around it with the dossier cut out (None for plain JSON)."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise NoDossierError("this is no text") from None
    page = None
    if OPENING in text:
        before, _, rest = text.partition(OPENING)
        text, _, after = rest.partition(CLOSING)
        page = before + OPENING + CLOSING + after
    try:
        dossier = json.loads(text)
    except ValueError as error:
        raise NoDossierError(f"this holds no JSON: {error}") from None
    if not isinstance(dossier, dict) or dossier.get("form") != FORM:
        raise NoDossierError(f"this is not of the form {FORM}")
    return dossier, page


def check(dossier: dict[str, Any], page: str | None, public_key: str | None, said: list[str]) -> None:
    """All checks, in the order in which each rests on the one before. Raises DoesNotFitError."""
    keys = check_keys(dossier["keys"])
    said.append(f"{len(keys)} signing keys, each introduced by the one before it")
    if public_key is None:
        said.append(f"(no key was given to compare: ask the institution whether {keys[-1]} is its own)")
    elif public_key.lower() not in keys:
        raise DoesNotFitError(f"the key you gave, {public_key}, is none of those that signed: {', '.join(keys)}")
    else:
        said.append("the key you gave is among them")

    body = {name: value for name, value in dossier.items() if name != "signature"}
    if dossier["public_key"] not in keys:
        raise DoesNotFitError("the dossier is signed by a key that nobody introduced")
    if not signed_by(dossier["public_key"], canonical(body), dossier["signature"]["ed25519"]):
        raise DoesNotFitError("the dossier's signature is wrong: it was changed after it was made")
    said.append(f"the dossier was signed on {dossier['made_at']}")
    if page is not None:
        if hashlib.sha256(page.encode()).hexdigest() != dossier["page_sha256"]:
            raise DoesNotFitError("the page that people read was changed after it was made")
        said.append("the page that people read is as it was made")

    check_entries(dossier, said)
    check_documents(dossier, said)
    check_seal(dossier, keys, said)


def check_keys(rows: list[dict[str, Any]]) -> list[str]:
    """The public keys, oldest first."""
    keys: list[str] = []
    for number, row in enumerate(rows, 1):
        statement = row["statement"]
        by = keys[-1] if keys else statement["public_key"]
        if (statement["form"], statement["number"], statement["introduced_by"]) != (KEY, number, by):
            raise DoesNotFitError(f"key {number} is not introduced by the key before it")
        if not signed_by(by, canonical(statement), row["signature"]):
            raise DoesNotFitError(f"the statement that introduces key {number} is not signed by the key before it")
        keys.append(statement["public_key"])
    if not keys:
        raise DoesNotFitError("there are no keys")
    return keys


def check_entries(dossier: dict[str, Any], said: list[str]) -> None:
    """That the entries are one unbroken chain of this case, and end where the dossier says."""
    fields = ("stream", "position", "version", "type", "form", "occurred_at", "actor", "command_id", "data")
    previous, entries = GENESIS, dossier["entries"]
    for number, entry in enumerate(entries, 1):
        if entry["stream"] != dossier["stream"] or entry["position"] != number:
            raise DoesNotFitError(f"entry {number} is of another case or in another place")
        if entry["previous_hash"] != previous:
            raise DoesNotFitError(f"entry {number} does not continue the one before it")
        text = json.dumps([entry[name] for name in fields], ensure_ascii=False, separators=(",", ":"))
        if hashlib.sha256(bytes.fromhex(previous) + text.encode()).hexdigest() != entry["hash"]:
            raise DoesNotFitError(f"entry {number} ({entry['type']}): its content does not match its hash")
        previous = entry["hash"]
    if dossier["head"] != {"position": len(entries), "hash": previous}:
        raise DoesNotFitError("the entries do not end where the dossier says")
    said.append(f"{len(entries)} entries of {dossier['stream']}, one unbroken chain")


def check_documents(dossier: dict[str, Any], said: list[str]) -> None:
    """That the list of documents is what the entries say: filed in this case, or taken over from an earlier one."""
    named = {}
    for entry in dossier["entries"]:
        data = json.loads(entry["data"])
        if entry["type"] == "DocumentAdded":
            named[data["document"]["document_id"]] = data["document"]["sha256"]
        elif entry["type"] == "ReasonConfirmed":
            named.update({document["document_id"]: document["sha256"] for document in data["on_file"]})
    listed = {document["document_id"]: document["sha256"] for document in dossier["documents"]}
    if not listed.items() <= named.items():
        raise DoesNotFitError("the list of documents names one, or a hash, that no entry names")
    said.append(f"{len(listed)} documents, as the entries name them")


def check_document(dossier: dict[str, Any], path: Path, said: list[str]) -> None:
    """That a file is one of the case's documents."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    found = [document for document in dossier["documents"] if document["sha256"] == sha256]
    if not found:
        raise DoesNotFitError(f"{path.name} (SHA-256 {sha256}) is none of the case's documents")
    said.append(f"{path.name} is {found[0]['type']} {found[0]['document_id']}")


def check_seal(dossier: dict[str, Any], keys: list[str], said: list[str]) -> None:
    """That the chain stands under a signed checkpoint, as far as the dossier says."""
    seal, entries = dossier["seal"], dossier["entries"]
    covered = 0
    if seal is not None:
        covered, checkpoint = seal["position"], seal["checkpoint"]["statement"]
        if not 1 <= covered <= len(entries) or entries[covered - 1]["hash"] != seal["hash"]:
            raise DoesNotFitError("what the checkpoint sealed is not the entry that stands there")
        if checkpoint["form"] != CHECKPOINT or checkpoint["key"] not in keys:
            raise DoesNotFitError("the checkpoint is signed by a key that nobody introduced")
        if not signed_by(checkpoint["key"], canonical(checkpoint), seal["checkpoint"]["signature"]):
            raise DoesNotFitError("the checkpoint's signature is wrong")
        leaf = json.dumps([dossier["stream"], covered, seal["hash"]], ensure_ascii=False, separators=(",", ":"))
        root = root_from(hashlib.sha256(b"\x00" + leaf.encode()).digest(), seal["leaf"], checkpoint["streams"], seal)
        if root != checkpoint["root"]:
            raise DoesNotFitError("the path does not lead from this case to the checkpoint's root")
        name = f"checkpoint {checkpoint['number']} of {checkpoint['made_at']}"
        said.append(f"entries 1 to {covered} stand under {name}, signed by {checkpoint['key'][:16]}")
    rest = len(entries) - covered
    if rest != dossier["not_sealed"]["entries"]:
        raise DoesNotFitError("the dossier says otherwise how many entries no checkpoint covers")
    if rest:
        said.append(f"the last {rest} entries stand under no checkpoint: only the dossier's signature vouches for them")


def root_from(at: bytes, leaf: int, size: int, seal: dict[str, Any]) -> str | None:
    """The root that a leaf leads to in a tree of `size` leaves (RFC 6962, section 2.1); None if the path is too long or
    too short for its place."""
    path, width = [bytes.fromhex(step) for step in seal["path"]], size
    if not 0 <= leaf < size:
        return None
    while width > 1:
        if leaf ^ 1 < width:
            if not path:
                return None
            neighbour = path.pop(0)
            pair = neighbour + at if leaf & 1 else at + neighbour
            at = hashlib.sha256(b"\x01" + pair).digest()
        leaf, width = leaf >> 1, (width + 1) // 2
    return None if path else at.hex()


def canonical(body: dict[str, Any]) -> bytes:
    """The bytes that are signed: sorted keys, no spaces, no escaped characters."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


# Ed25519 (RFC 8032, section 5.1), verification only. Slow and simple: nothing here is secret.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def added(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar: int, point: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = added(total, point)
        point = added(point, point)
        scalar >>= 1
    return total


def decoded(text: bytes) -> tuple[int, int, int, int] | None:
    """The point of 32 bytes; None for bytes that are none."""
    number = int.from_bytes(text, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def encoded(point: tuple[int, int, int, int]) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def signed_by(public_key: str, text: bytes, signature: str) -> bool:
    """Whether `signature` is that of `public_key` (both hex) over `text`."""
    key, mark = bytes.fromhex(public_key), bytes.fromhex(signature)
    if len(key) != 32 or len(mark) != 64:
        return False
    point, scalar = decoded(key), int.from_bytes(mark[32:], "little")
    base = decoded((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    if point is None or base is None or scalar >= L:
        return False
    challenge = int.from_bytes(hashlib.sha512(mark[:32] + key + text).digest(), "little") % L
    minus = (P - point[0], point[1], point[2], P - point[3])
    return encoded(added(times(scalar, base), times(challenge, minus))) == mark[:32]


if __name__ == "__main__":
    sys.exit(main())

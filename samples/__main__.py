"""`python -m samples FOLDER [--seed N | --merchant NO]`: a folder of sample files about one invented merchant."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from samples.facts import PaperFacts, made_up
from samples.flawed import FLAWED
from samples.papers import DOC_TYPES, render
from samples.portfolio import merchants, sample_papers
from samples.scans import scanned, under_password


def write(folder: Path, facts: PaperFacts) -> list[Path]:
    """Write every paper as PNG, PDF or JPEG and some that are to be refused; answers the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    licence, card = render("D01", facts), render("D03", facts)
    contents = {f"{doc_type}.png": render(doc_type, facts) for doc_type in DOC_TYPES}
    contents |= {
        "D01.pdf": render("D01", facts, form="pdf"),
        "D03-two-pages.pdf": render("D03", facts, form="pdf"),
        "D03-front.jpg": render("D03", facts, form="jpeg", sides=("front",)),
        "D03-back.jpg": render("D03", facts, form="jpeg", sides=("back",)),
        "D01-on-its-side.jpg": scanned(licence, turn=90),
        "D03-askew.jpg": scanned(card, skew=4, quality=60),
        "D01-unreadable.jpg": scanned(licence, blur=9, quality=20),
        "D01-encrypted.pdf": under_password(render("D01", facts, form="pdf")),
        "D01-disguised.png": b"MZ\x90\x00\x03" + bytes(4096),
    }
    contents |= {f"{name}.png": render(name[:3], flawed(facts)) for name, flawed in FLAWED.items()}
    contents |= {
        f"D07-{kind}.pdf": render("D07", replace(facts, sale_paper=kind), form="pdf")
        for kind in ("delivery_note", "contract")
    }
    contents["facts.json"] = json.dumps(_told(facts), ensure_ascii=False, indent=2, default=str).encode()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


def _told(facts: PaperFacts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in PaperFacts.__dataclass_fields__}


def main(
    folder: Path,
    seed: Annotated[int, typer.Option(help="another number makes another merchant")] = 1,
    merchant: Annotated[
        str, typer.Option(help="a merchant of samples/portfolio, whose papers a desk can compare")
    ] = "",
) -> None:
    """Write sample papers of one invented merchant into FOLDER."""
    if merchant and merchant not in merchants():
        raise typer.BadParameter(f"{merchant} is none of {', '.join(merchants())}", param_hint="--merchant")
    files = write(folder, sample_papers(merchant) if merchant else made_up(seed))
    typer.echo(f"{len(files)} files in {folder}")


if __name__ == "__main__":
    typer.run(main)

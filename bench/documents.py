"""How well papers are read: by field recall, precision, the share sent to a person, and false passes; edits; speed."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from rapidocr import RapidOCR

from bench import corpus
from bench.reading import Ask, Outcome, outcomes
from partners.documents import edits, readers
from partners.documents.ocr import THREADS, Reader, pictures, pixels_of
from samples.facts import made_up
from samples.papers import render

SEED = 7
FRESH_SEED = 2718
"""Pictures edited in place by this seed, too: nothing was tuned on them."""
LEFT_TO_PEOPLE = frozenset({"D15", "D16", "D21", "D22", "D24", "D25", "D26"})
"""Types that a person decides on in any case."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many papers, edited pictures, and readings of one page beside bare OCR."""

    papers: int = 312
    edited: int = 54
    pages: int = 15


QUICK = Amount(papers=26, edited=6, pages=3)


async def measure(amount: Amount) -> dict[str, Any]:
    """The figures for the corpus. A run that was stopped goes on where it was, with what `bench.kept` holds."""
    asked: list[Ask] = [("paper", number, SEED) for number in range(amount.papers)]
    asked += [("edit", number, seed) for seed in (SEED, FRESH_SEED) for number in range(amount.edited)]
    read = list(outcomes(asked))
    papers, edited = read[: amount.papers], read[amount.papers :]
    tuned, fresh = edited[: amount.edited], edited[amount.edited :]
    return {
        "papers": len(papers),
        "types": len({each.paper.doc_type for each in papers}),
        "with_fault": sum(each.paper.fault is not None for each in papers),
        "false_passes": sum(each.falsely_passed for each in papers),
        "false_passes_were": [_named(each) for each in papers if each.falsely_passed],
        "good_failed": [_named(each) for each in papers if each.verdict == "failed" and not each.paper.fault],
        "sent_to_a_person": _shares(papers),
        "by_type": {
            code: _of_type([each for each in papers if each.paper.doc_type == code]) for code in corpus.DOC_TYPES
        },
        "by_field": _fields(papers),
        "edited": {f"seed_{SEED}": _of_edits(tuned), f"fresh_seed_{FRESH_SEED}": _of_edits(fresh)},
        "one_page": beside_bare(Reader(), amount.pages),
        "memory_mb_of_one_process": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }


def beside_bare(reader: Reader, pages: int) -> dict[str, Any]:
    """Seconds for one page (a licence) with all that is judged, and for the OCR engine alone on the same picture."""
    data = render("D01", made_up(SEED), form="jpeg")
    on_file = corpus.on_file_of(made_up(SEED))
    picture = pixels_of(next(pictures(data, "image/jpeg")).working_size())
    engine = RapidOCR(
        params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": THREADS}
        | {"Global.use_cls": True, "Global.return_word_box": True}
    )
    engine(picture)
    whole, bare = [], []
    for _ in range(pages):
        whole.append(_seconds(lambda: readers.read("D01", reader.read(data, "image/jpeg"), on_file)))
        bare.append(_seconds(lambda: engine(picture)))
    ours, theirs = median(whole), median(bare)
    return {"p50_s": round(ours, 3), "bare_p50_s": round(theirs, 3), "times_bare": round(ours / theirs, 2)}


def _fields(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Recall (printed and read right, of all printed) and precision (read right, of all read) of each field."""
    printed: Counter[str] = Counter()
    read: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for each in outcomes:
        for name in each.paper.says:
            key = f"{each.paper.doc_type}.{name}"
            printed[key] += 1
            read[key] += name in each.read
            right[key] += name in each.read and name not in each.wrong
    return {
        key: {
            "papers": printed[key],
            "recall": round(right[key] / printed[key], 3),
            "precision": round(right[key] / read[key], 3) if read[key] else 0.0,
        }
        for key in sorted(printed)
    }


def _of_type(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    good = [each for each in outcomes if not each.paper.fault]
    bad = [each for each in outcomes if each.paper.fault]
    return {
        "good": dict(Counter(each.verdict for each in good)),
        "with_fault": dict(Counter(each.verdict for each in bad)),
        "doubts_on_good": dict(Counter(code for each in good for code in each.doubts).most_common(4)),
    }


def _shares(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The share of good papers that goes to a person: by wear, and of the types the machine may pass at all."""
    good = [each for each in outcomes if not each.paper.fault]
    decided = [each for each in good if each.paper.doc_type not in LEFT_TO_PEOPLE]
    shares = {"all": _share(good), "machine_may_pass": _share(decided)}
    return shares | {f"worn_{worn}": _share([each for each in decided if each.paper.worn == worn]) for worn in range(4)}


def _share(outcomes: Sequence[Outcome]) -> float:
    return round(sum(each.verdict == "unsure" for each in outcomes) / max(1, len(outcomes)), 3)


def _of_edits(changed: Sequence[Outcome]) -> dict[str, Any]:
    """How many edited pictures showed it, how many were caught by anything, and how many passed."""
    kinds: dict[str, Counter[str]] = {}
    for each in changed:
        counted = kinds.setdefault(each.paper.fault or "", Counter())
        counted.update(
            pictures=1,
            seen=edits.CODE in each.doubts,
            not_passed=each.verdict != "passed",
            passed=each.verdict == "passed",
        )
    whole: Counter[str] = Counter()
    for counted in kinds.values():
        whole.update(counted)
    return {
        "pictures": whole["pictures"],
        "recall": round(whole["seen"] / max(1, whole["pictures"]), 3),
        "caught_by_anything": round(whole["not_passed"] / max(1, whole["pictures"]), 3),
        "passed_without_a_person": whole["passed"],
        "by_edit": {kind: dict(counted) for kind, counted in kinds.items()},
        "passed_were": [_named(each) for each in changed if each.verdict == "passed"],
    }


def _named(each: Outcome) -> str:
    cause = each.paper.fault or ", ".join((*each.wrong, *each.doubts))
    return f"{each.paper.doc_type} (worn {each.paper.worn}): {cause}"


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began

"""A slice of the measured corpus: nothing with a planted fault or an edit passes, nothing good fails."""

from collections.abc import Iterator

import pytest

from bench import corpus, kept, reading
from partners.documents.ocr import Reader

SLICE = {
    "D01": "other name",
    "D06": "other amount",
    "D11": "other bar code",
    "D14": "already due",
    "D23": "other terminal",
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    return Reader()


@pytest.mark.parametrize("doc_type", ["D01", "D14"])
def test_a_good_paper_of_the_corpus_does_not_fail_and_is_read_as_it_is_printed(reader, doc_type):
    outcome = reading.judged(reader, corpus.paper(doc_type, None, 11))

    assert outcome.verdict != "failed"
    assert outcome.wrong == ()
    assert set(outcome.doubts) <= {"unedited"}


@pytest.mark.parametrize(("doc_type", "fault"), SLICE.items())
def test_a_paper_of_the_corpus_with_a_fault_does_not_pass(reader, doc_type, fault):
    outcome = reading.judged(reader, corpus.paper(doc_type, fault, 11))

    assert outcome.verdict != "passed"
    assert not outcome.falsely_passed


def test_pictures_edited_in_place_do_not_pass(reader):
    for number in range(2):
        paper = corpus.edit_at(number, 11)
        assert reading.judged(reader, paper).verdict != "passed", paper.fault


def test_the_same_seed_makes_the_same_papers():
    one, other = (corpus.paper_at(0, 11) for _ in range(2))

    assert one == other
    assert corpus.paper_at(0, 12).data != one.data


def test_a_measurement_that_was_stopped_goes_on_with_what_it_made(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "HOME", tmp_path)
    made = [kept.kept("one", ("bench/kept.py",), lambda n=n: n) for n in (1, 2)]

    assert made == [1, 1]
    assert kept.kept("one", ("bench/corpus.py",), lambda: 3) == 3

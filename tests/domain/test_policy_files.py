"""Policies are dated folders that never change, and an unsound one says in which file and row it is unsound."""

import csv
import shutil
from pathlib import Path

import pytest

import policies
from policies import PolicyError, complaints, retention

VERSION = "2026-11-01"
HOME = Path(policies.__file__).parent


def test_the_newest_version_is_the_last_dated_folder() -> None:
    assert policies.newest() == policies.versions()[-1]
    assert policies.load(policies.newest()) is policies.load(policies.newest())


def test_an_unknown_version_is_named_beside_the_known_ones() -> None:
    with pytest.raises(PolicyError, match="there is no policy '1999-01-01'; the versions are 2026-11-01"):
        policies.load("1999-01-01")


def test_a_shipped_policy_is_never_edited() -> None:
    with (HOME / "shipped.csv").open(encoding="utf-8", newline="") as file:
        shipped = {row["version"]: row["digest"] for row in csv.DictReader(file)}
    ours = {version: policies.load(version).digest for version in policies.versions()}
    ours |= {f"retention/{version}": retention.load(version).digest for version in retention.versions()}
    ours |= {f"complaints/{version}": complaints.load(version).digest for version in complaints.versions()}
    assert ours == shipped, "changed rules are a new dated folder with its own row in policies/shipped.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the policy, to be spoiled."""
    return Path(shutil.copytree(HOME / VERSION, tmp_path / VERSION))


def test_a_copy_reads_as_the_original(folder: Path) -> None:
    assert policies.read(folder).digest == policies.load(VERSION).digest


@pytest.mark.parametrize(
    ("file", "sound", "unsound", "complaint"),
    [
        (
            "reasons.csv",
            '"D06,D08",L1',
            '"D06,D08",L9',
            "2026-11-01/reasons.csv row 8, column tier: 'L9' is not one of L0, L1",
        ),
        ("reasons.csv", '"D06,D08"', '"D06,D99"', "row 8, column evidence: 'D99' is neither a document nor a proof"),
        ("reasons.csv", "\nR02,", "\nR01,", "row 8, column code: 'R01' stands there twice"),
        ("reasons.csv", "place,risk,", "place,gossip,", "row 8, column raised_by: 'gossip' is not one of system"),
        (
            "reasons.csv",
            "on_instrument,D24,J01",
            "on_instrument,,J01",
            "column instruments: names documents exactly when",
        ),
        ("reasons.csv", "aml,,Q05", "aml,,Q99", "column public_code: 'Q99' is not one of"),
        ("reasons.csv", "aml,,Q05", "aml,,J02", "column merchant_zh: is empty"),
        ("reasons.csv", "R02,异常时间/地点交易,", "R02,,", "row 8, column title_zh: is empty"),
        ("reasons.csv", "code,title_zh", "key,title_zh", "row 1: the columns must be code,title_zh"),
        (
            "documents.csv",
            ",yes,no,yes,yes\nD02",
            ",perhaps,no,yes,yes\nD02",
            "row 2, column machine_read: 'perhaps' is not one of yes, no",
        ),
        ("documents.csv", "D02,", "D02,D02,", "documents.csv row 3: 10 cells under 9 columns"),
        (
            "calendar.csv",
            "2026-01-02,holiday",
            "2026-02-30,holiday",
            "calendar.csv row 3, column date: '2026-02-30' is not a date",
        ),
        ("calendar.csv", "2026-01-02,holiday", "2026-01-02,workday", "row 3, column type: 2026-01-02 is a weekday"),
        ("calendar.csv", "2026-01-02,holiday", "2027-01-02,holiday", "2027-01-02 of calendar.csv is not between"),
        (
            "calendar.csv",
            "2026-01-02,holiday",
            "2026-01-01,holiday",
            "row 3, column date: 2026-01-01 stands there twice",
        ),
        ("calendar.toml", "18:00:00", "08:00:00", "key day_end: the working day must end after it starts"),
        (
            "timers.toml",
            "review_1_bd = 3",
            'review_1_bd = "3"',
            "timers.toml, key review_1_bd: '3' is not a whole number",
        ),
        ("timers.toml", "review_1_bd = 3", "review_1_bd = -3", "key review_1_bd: -3 is not a whole number"),
        ("timers.toml", "review_1_bd = 3", "", "timers.toml: key review_1_bd is missing"),
        ("timers.toml", "review_1_bd = 3", "review_1_bd = 3\nreview_9_bd = 3", "timers.toml: unknown key review_9_bd"),
        ("timers.toml", "[3, 1]", "3", "key evidence_reminders_bd: 3 is not a list"),
        ("timers.toml", "21:00:00 ", "21 ", "key quiet_from: 21 is not a time of day"),
        ("timers.toml", "review_1_bd = 3", "review_1_bd 3", "timers.toml: Expected"),
        ("tiers.toml", 'waiver = "L2"', 'waiver = "L5"', "tiers.toml, table raises, key waiver: 'L5' is not one of"),
        ("tiers.toml", 'L0 = [["robot"', 'L0 = [["cat"', "table reviewers, key L0: 'cat' is not one of"),
        (
            "tiers.toml",
            'L3 = [["supervisor"], ["compliance_head"]]',
            'L3 = [["supervisor"]]',
            "key L3: L0 and L1 have one review, L2 and L3 two",
        ),
        ("queue.toml", "L3 = 240", "", "table tier_boost_minutes: needs a whole number for each of"),
        ("queue.toml", "minutes = 60", "", "queue.toml, key amount_boosts: key minutes is missing"),
        ("merchants.toml", "[individual]", "[giant]", "merchants.toml: 'giant' is not one of individual"),
        ("robot.toml", '"S03"\n', '"S99"\n', "robot.toml, rule 1, key reason: 'S99' is not one of"),
        ("robot.toml", '["D03"]', '["D05"]', "rule 1, key documents_passed: D05 is not read by machine"),
        ("robot.toml", '"approve"', '"guess"', "rule 1, key decision: 'guess' is not one of approve"),
    ],
)
def test_an_unsound_policy_says_where(folder: Path, file: str, sound: str, unsound: str, complaint: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert sound in text
    (folder / file).write_text(text.replace(sound, unsound, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        policies.read(folder)
    assert complaint in str(refused.value)


@pytest.mark.parametrize("file", sorted(path.name for path in (HOME / VERSION).iterdir() if path.is_file()))
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(PolicyError, match=f"policies/2026-11-01/{file} is missing"):
        policies.read(folder)

"""The numbers of a policy that may be moved while the desk is open, and what they may be moved to.

A lever names one number by its place in the policy: `timers.evidence_bd`, `tiers.l2_from_fen`, `reasons.R01.sla_bd`,
`robot.<rule>.held_most_fen`. A policy with some of its levers moved is a policy of its own with a version of its own;
the version spells the moved values out (`policies.load`), so whoever has a case's version has its rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import time
from hashlib import sha256
from typing import Any, Literal, TypeAlias, get_args

from domain.policy import Policy
from domain.text import Text

Value: TypeAlias = int | time | tuple[int, ...]
"""A number in the lever's unit, a time of day (Shanghai), or several numbers, the greatest or the least first."""

Unit: TypeAlias = Literal[
    "business_days", "days", "months", "minutes", "seconds", "percent", "rounds", "controls", "fen", "clock"
]
UNITS: tuple[Unit, ...] = get_args(Unit)

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Lever:
    """One movable number: its unit, the least and the most it may be, what it is called and what it decides.

    `statuses`: in which statuses of a case the rule counts (none: in every one). `reason`: the only reason it is about.
    """

    key: str
    group: str
    unit: Unit
    least: int | time
    most: int | time
    title: Text
    affects: Text
    statuses: tuple[str, ...] = ()
    reason: str | None = None

    def admits(self, value: Value) -> bool:
        """Whether the value lies within the bounds."""
        each = value if isinstance(value, tuple) else (value,)
        return all(self.least <= one <= self.most for one in each)  # type: ignore[operator]


def read(policy: Policy, key: str) -> Value:
    """What a lever stands at. Raises KeyError for a place there is not."""
    try:
        match key.split("."):
            case ["timers" | "tiers" | "limits" as part, name]:
                value = getattr(getattr(policy, part), name)
            case ["reasons", code, "sla_bd"]:
                value = policy.reasons[code].sla_bd
            case ["robot", rule, "held_most_fen" | "other_open_controls_most" as name]:
                value = getattr(next(one for one in policy.robot_rules if one.name == rule), name)
            case ["queue", "tier_boost_minutes", tier]:
                value = policy.queue.tier_boost_minutes[tier]  # type: ignore[index]
            case _:
                raise KeyError(key)
    except (AttributeError, StopIteration):
        raise KeyError(key) from None
    if not isinstance(value, int | time | tuple) or isinstance(value, bool):
        raise KeyError(key)
    return value


def version_of(base: str, number: int, changes: Mapping[str, str]) -> str:
    """The version that comes of a shipped one by its changes up to `number`: the moved levers with their values. The
    shipped one itself when nothing is moved."""
    spelt = ",".join(f"{key}={value}" for key, value in sorted(changes.items()))
    return f"{base}+{number}({spelt})" if spelt else base


def short(version: str) -> str:
    """A version's name without its values: `2026-11-01+3`."""
    return version.partition("(")[0]


def revised(base: Policy, version: str) -> Policy:
    """The policy of a version that moves levers of `base`. Raises KeyError for a lever the policy has not, and
    ValueError for what is no value of one."""
    policy = base
    for part in version.removesuffix(")").partition("(")[2].split(","):
        key, _, text = part.partition("=")
        policy = _moved(policy, key.split("."), parsed(text, read(base, key)))
    return replace(policy, version=version, digest=sha256(f"{base.digest}\n{version}\n".encode()).hexdigest())


def _moved(policy: Policy, place: list[str], value: Any) -> Policy:
    match place:
        case ["reasons", code, name]:
            return replace(policy, reasons={**policy.reasons, code: replace(policy.reasons[code], **{name: value})})
        case ["robot", rule, name]:
            rules = (replace(one, **{name: value}) if one.name == rule else one for one in policy.robot_rules)
            return replace(policy, robot_rules=tuple(rules))
        case ["queue", _, tier]:
            boosts: dict[Any, int] = {**policy.queue.tier_boost_minutes, tier: value}
            return replace(policy, queue=replace(policy.queue, tier_boost_minutes=boosts))
    part, name = place
    return replace(policy, **{part: replace(getattr(policy, part), **{name: value})})


def written(value: Value) -> str:
    """The value as it stands in a version: `10`, `21:00`, `3;1`."""
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return ";".join(map(str, value)) if isinstance(value, tuple) else str(value)


def parsed(text: str, like: Value) -> Value:
    """The value of a text, of the same type as `like`. Raises ValueError."""
    if isinstance(like, time):
        clock = _CLOCK.fullmatch(text)
        if clock is None:
            raise ValueError(f"{text!r} is no time of day such as 21:00")
        return time(int(clock[1]), int(clock[2]))
    parts = text.split(";") if isinstance(like, tuple) else [text]
    if not all(_NUMBER.fullmatch(part) for part in parts):
        raise ValueError(f"{text!r} is no whole number")
    return tuple(map(int, parts)) if isinstance(like, tuple) else int(text)


def contradictions(policy: Policy) -> Iterator[Text]:
    """What in the numbers of a policy does not go together, in words that say what must hold."""
    timers = policy.timers
    if not _falls(timers.evidence_reminders_bd, below=timers.evidence_bd):
        yield Text(
            f"举证提醒须由远及近排列，且少于举证期限 {timers.evidence_bd} 个工作日",
            f"evidence reminders come from far to near, each below the {timers.evidence_bd} business days there are",
        )
    if not _falls(timers.post_action_reminder_days[::-1], below=timers.post_action_days):
        yield Text(
            f"后续事项提醒须按先后排列，且早于第 {timers.post_action_days} 天",
            f"reminders of post-actions come in order, each before day {timers.post_action_days}",
        )
    if timers.post_action_resuspend_day < timers.post_action_days:
        yield Text(
            f"再次停用须不早于后续事项期限（第 {timers.post_action_days} 天）",
            f"a terminal is blocked again no earlier than post-actions are due (day {timers.post_action_days})",
        )
    if not timers.hold_rejustify_days <= timers.hold_l3_from_day <= timers.hold_dispose_day:
        yield Text(
            f"冻结复核、升 L3、处置须依次：{timers.hold_rejustify_days} ≤ {timers.hold_l3_from_day} ≤ "
            f"{timers.hold_dispose_day} 天",
            "a hold is justified, goes to L3 and is disposed of in that order: "
            f"{timers.hold_rejustify_days} ≤ {timers.hold_l3_from_day} ≤ {timers.hold_dispose_day} days",
        )
    if timers.step_backoff_first_seconds > timers.step_backoff_most_seconds:
        yield Text(
            f"首次重试间隔不得长于最长间隔 {timers.step_backoff_most_seconds} 秒",
            f"the first wait before a retry is no longer than the longest, {timers.step_backoff_most_seconds} seconds",
        )
    if timers.quiet_until >= timers.quiet_from:
        yield Text(
            "免打扰时段须跨夜：结束时间早于开始时间",
            "quiet hours lie over midnight: they end earlier in the day than they start",
        )
    boosts = policy.queue.tier_boost_minutes
    if not boosts["L0"] <= boosts["L1"] <= boosts["L2"] <= boosts["L3"]:
        yield Text("级别越高，排队提前越多", "a higher tier ranks no later than a lower one")


def _falls(values: tuple[int, ...], *, below: int) -> bool:
    """Whether the values fall strictly, all of them below a bound."""
    return all(one < before for before, one in zip((below, *values), values, strict=False))

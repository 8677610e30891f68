"""Notices of changes of policies and settings as the outbox stores them, and back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.adapters.storage.stored_words import StoredWords
from core.domain.ids import GroupId, PrincipalId
from core.domain.notice_content import AboutPolicies, PoliciesChanged, PoliciesUnchanged, PoliciesWaiting, PolicyChange
from core.domain.policy_diff import Change, Section
from core.domain.told_changes import ToldField, ToldPart


def dump_about_policies(content: AboutPolicies) -> dict[str, str]:
    change = _dump_change(content.change)
    match content:
        case PoliciesChanged():
            return change | ({"approved_by": content.approved_by} if content.approved_by else {})
        case PoliciesWaiting():
            waits = {"because": " ".join(content.because), "until": content.until.isoformat()}
            return change | {"proposal": str(content.proposal)} | waits
        case PoliciesUnchanged():
            ended = {"state": content.state, "closed_by": content.closed_by}
            return change | {"proposal": str(content.proposal)} | ended


def load_changed(words: StoredWords) -> PoliciesChanged:
    return PoliciesChanged(_load_change(words), words.text("approved_by", ""))


def load_waiting(words: StoredWords) -> PoliciesWaiting:
    because = tuple(words.text("because").split())
    return PoliciesWaiting(_load_change(words), words.number("proposal"), because, words.moment("until"))


def load_unchanged(words: StoredWords) -> PoliciesUnchanged:
    return PoliciesUnchanged(
        _load_change(words), words.number("proposal"), words.text("state"), words.text("closed_by")
    )


def _dump_change(change: PolicyChange) -> dict[str, str]:
    return {
        "by": change.by,
        "author": change.not_told or "",
        "why": change.why,
        "revision": str(change.revision),
        "changes": _dump_parts(change.parts),
        "more": str(change.more),
        "admin_groups": " ".join(change.admin_groups),
    }


def _load_change(words: StoredWords) -> PolicyChange:
    author = words.text("author")
    return PolicyChange(
        by=words.text("by"),
        why=words.text("why"),
        revision=words.number("revision"),
        parts=_load_parts(words.text("changes")),
        more=words.number("more"),
        not_told=PrincipalId(author) if author else None,
        admin_groups=tuple(map(GroupId, words.text("admin_groups").split())),
    )


def _dump_parts(parts: Iterable[ToldPart]) -> str:
    return json.dumps(
        [
            {
                "section": part.section.value,
                "name": part.name,
                "change": part.change.value,
                "fields": [[f.field, list(f.gained), list(f.lost), f.before, f.after] for f in part.fields],
                "more": part.more,
            }
            for part in parts
        ]
    )


def _load_parts(text: str) -> tuple[ToldPart, ...]:
    return tuple(map(_load_part, _listed(json.loads(text))))


def _load_part(stored: Mapping[str, object]) -> ToldPart:
    return ToldPart(
        Section(str(stored["section"])),
        str(stored["name"]),
        Change(str(stored["change"])),
        tuple(map(_load_field, _listed(stored["fields"]))),
        int(str(stored["more"])),
    )


def _load_field(stored: Sequence[object]) -> ToldField:
    field, gained, lost, before, after = stored
    return ToldField(str(field), _several(gained), _several(lost), str(before), str(after))


def _several(stored: object) -> tuple[str, ...]:
    return tuple(map(str, _listed(stored)))


def _listed(stored: object) -> list[Any]:
    if not isinstance(stored, list):
        raise TypeError("'changes' has something else in the place of a list")
    return stored

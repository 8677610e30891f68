"""The notices of a change of policies and settings: a line in the audit channel, a message to the other admins."""

from collections.abc import Sequence

from core.domain.ids import GroupId, PrincipalId
from core.domain.notice_content import AboutPolicies, PoliciesChanged, PoliciesUnchanged, PoliciesWaiting, PolicyChange
from core.domain.notices import ADMINS, AUDIT_CHANNEL, Form, Notice
from core.domain.policy import PolicyBook
from core.domain.request import Actor
from core.domain.told_changes import changes_told


def notices_of_change(content: AboutPolicies) -> tuple[Notice, ...]:
    """Tell the audit channel and every admin but the author: those who were admins before this change, too."""
    return (Notice(Form.LINE, content, AUDIT_CHANNEL), Notice(Form.DIRECT, content, ADMINS))


def change_of(before: PolicyBook, after: PolicyBook, author: Actor, why: str) -> PolicyChange:
    """The change as it is told, by the names that the books have."""
    parts, more = changes_told(before, after)
    return PolicyChange(
        by=author.name,
        why=why,
        revision=after.revision,
        parts=parts,
        more=more,
        not_told=author.principal_id,
        admin_groups=_admin_groups(before, after),
    )


def not_told(notice: Notice) -> PrincipalId | None:
    """The admin whose own change it is."""
    change = _change_in(notice)
    return change.not_told if change else None


def admin_groups_of(notice: Notice) -> Sequence[GroupId]:
    """Groups whose members are told besides those who are admins when it is told."""
    change = _change_in(notice)
    return change.admin_groups if change else ()


def _change_in(notice: Notice) -> PolicyChange | None:
    match notice.content:
        case PoliciesChanged(change) | PoliciesWaiting(change) | PoliciesUnchanged(change):
            return change
        case _:
            return None


def _admin_groups(before: PolicyBook, after: PolicyBook) -> tuple[GroupId, ...]:
    groups = {group for group in (before.settings.admin_group, after.settings.admin_group) if group is not None}
    return tuple(sorted(groups)) if len(groups) > 1 else ()

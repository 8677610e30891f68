"""One policy or bundle put into a book, or taken out of it."""

from dataclasses import replace

from core.domain.errors import Field, Reason, Refusal, Refused
from core.domain.policy import ApprovalPolicy, Bundle, EligibilityPolicy, PolicyBook
from core.domain.policy_diff import NamedPart, Section, policies_in, policy_in


def put(book: PolicyBook, policy: NamedPart, was: str = "") -> PolicyBook:
    """Put a policy in the place of the one that was called so, or at the end. Raises Refused when that one is gone.

    The kind of the policy says which section it belongs to. A name that is taken is left there twice, for
    ``policy_faults`` to refuse beside everything else.
    """
    section = _section_of(policy)
    there = policies_in(book, section)
    if not was:
        return _with(book, section, (*there, policy))
    replaced = policy_in(book, section, was)
    if replaced is None:
        raise Refused(Refusal(Reason.POLICY_GONE, Field.NAME, detail=was))
    return _with(book, section, tuple(policy if other is replaced else other for other in there))


def without(book: PolicyBook, section: Section, name: str) -> PolicyBook:
    """Take a policy out. Raises Refused when there is none of this name."""
    left = tuple(policy for policy in policies_in(book, section) if policy.name != name)
    if len(left) == len(policies_in(book, section)):
        raise Refused(Refusal(Reason.POLICY_GONE, Field.NAME, detail=name))
    return _with(book, section, left)


def _section_of(policy: NamedPart) -> Section:
    match policy:
        case EligibilityPolicy():
            return Section.ELIGIBILITY
        case ApprovalPolicy():
            return Section.APPROVAL
        case Bundle():
            return Section.BUNDLES


def _with(book: PolicyBook, section: Section, policies: tuple[NamedPart, ...]) -> PolicyBook:
    if section is Section.ELIGIBILITY:
        return replace(book, eligibility=tuple(p for p in policies if isinstance(p, EligibilityPolicy)))
    if section is Section.BUNDLES:
        return replace(book, bundles=tuple(p for p in policies if isinstance(p, Bundle)))
    return replace(book, approval=tuple(p for p in policies if isinstance(p, ApprovalPolicy)))

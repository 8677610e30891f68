"""A pair that waits for a release, in plain words: the same on the command line and in chat (rule 1)."""

from collections.abc import Mapping

from core.domain.ids import PrincipalId
from core.domain.pairing import Likeness, Pairing
from core.domain.people import KnownAs, Pin, PinState, Principal

_ALIKE: Mapping[Likeness, str] = {
    Likeness.USER_NAME: "user name",
    Likeness.EMAIL: "e-mail address",
    Likeness.EXTERNAL_ID: "external id",
}


def told(pairing: Pairing) -> str:
    """The old and the new user of a pair, what they share, and why it is not released with the others."""
    pin = pairing.pin
    now = _called(pairing.leads_to, pairing.now, None)
    if pin.state is PinState.SECOND:
        return f"another account of {now}, which can only ask"
    was = _called(pin.principal_id, pairing.was, pin.known_as)
    return f"was {was}; its address now leads to {now} ({_verdict(pairing)})"


def by_ids(pin: Pin) -> str:
    """The same while Identity Center cannot be asked for names."""
    if pin.state is PinState.SECOND:
        return f"another account of {pin.principal_id}, which can only ask"
    return f"was {pin.principal_id}; its address now leads to {pin.claimed}"


def _called(principal_id: PrincipalId, principal: Principal | None, known_as: KnownAs | None) -> str:
    """The id, and every name that is known of it; of one that is gone, the last one."""
    user_name = principal.user_name if principal else known_as.user_name if known_as else ""
    there = "" if principal and principal.enabled else ", disabled" if principal else ", gone"
    return f"{user_name} ({principal_id}{there})" if user_name else f"{principal_id}{there}"


def _verdict(pairing: Pairing) -> str:
    same = ", ".join(_ALIKE[each] for each in pairing.alike)
    if not same:
        return "nothing in common" if pairing.pin.known_as or pairing.was else "its former name is not known"
    if not pairing.is_alone:
        return f"same {same}; but several accounts lead there"
    if pairing.pin.state.is_second:
        return f"same {same}; but it was a second account"
    return f"same {same}" if pairing.is_sure else f"same {same}; but the old user is still there"

"""Why something failed, from what a notice carries of the error (see ``core.services.notifications.failure``)."""

import json
from collections.abc import Mapping

from core.domain.errors import Refusal, SourceRefused, SourceTrouble
from core.domain.outcome import load_outcome
from handlers.words import activity_words, sentences


def why(facts: Mapping[str, str], then: str) -> str:
    """Whole sentences; ``then`` is what to do where the reason itself does not say."""
    if facts.get("trouble") in set(SourceTrouble):
        raised = SourceRefused(SourceTrouble(facts["trouble"]), facts.get("what", ""), said=facts.get("said", ""))
        return activity_words.trouble(raised)
    if came := facts.get("outcome"):
        return sentences.refusals(_refusals(came)) or sentences.NO_SUCH_REQUEST
    because = facts.get("because") or "It took too long"
    return f"{because[:1].upper()}{because[1:].rstrip('.')}. {then}"


def _refusals(came: str) -> tuple[Refusal, ...]:
    try:
        return load_outcome(json.loads(came)).refusals
    except (ValueError, KeyError):
        return ()

"""Sentences about failures, from the errors that notices carry."""

from core.domain.errors import SourceRefused
from core.domain.notice_content import Failure, OtherFailure, RefusedFailure, SourceFailure
from handlers.words import activity_words, sentences


def why(failure: Failure, then: str) -> str:
    """Whole sentences; ``then`` is what to do where the reason itself does not say."""
    match failure:
        case SourceFailure():
            return activity_words.trouble(SourceRefused(failure.trouble, failure.what, said=failure.said))
        case RefusedFailure():
            return sentences.refusals(failure.refusals) or sentences.NO_SUCH_REQUEST
        case OtherFailure():
            because = failure.because or "It took too long"
            return f"{because[:1].upper()}{because[1:].rstrip('.')}. {then}"

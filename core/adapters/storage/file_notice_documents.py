"""Notices of exports and of session activity as the outbox stores them, and back."""

import json

from core.adapters.storage.stored_words import StoredWords, yes
from core.domain.activity import ActivityTally, Attribution
from core.domain.commands import ExportKind
from core.domain.errors import SourceTrouble
from core.domain.notice_content import (
    AboutFiles,
    ActivityFailed,
    ActivitySummary,
    Exported,
    ExportFailed,
    Failure,
    OtherFailure,
    RefusedFailure,
    SourceFailure,
)
from core.domain.outcome import Outcome, Result, dump_outcome, load_outcome


def dump_about_files(content: AboutFiles) -> dict[str, str]:
    match content:
        case Exported():
            return _dump_exported(content)
        case ExportFailed():
            return {"kind": content.export.value, "subject": content.subject, **_dump_failure(content.failure)}
        case ActivitySummary():
            return _dump_summary(content)
        case ActivityFailed():
            return {"given_up": "yes", **_dump_failure(content.failure)}


def load_exported(words: StoredWords) -> Exported:
    return Exported(
        ExportKind(words.text("kind")),
        words.text("subject"),
        words.number("rows") if "rows" in words else None,
        tuple(words.text("lacks", "").split()),
        words.flag("unsure", ""),
    )


def load_export_failed(words: StoredWords) -> ExportFailed:
    return ExportFailed(ExportKind(words.text("kind")), words.text("subject"), _load_failure(words))


def load_activity(words: StoredWords) -> ActivitySummary | ActivityFailed:
    if words.flag("given_up", ""):
        return ActivityFailed(_load_failure(words))
    by = {each: words.number(f"by_{each.value}") for each in (Attribution.USER_ID, Attribution.SESSION_NAME)}
    events, sessions, writes, errors = map(words.number, ("events", "sessions", "writes", "errors"))
    tally = ActivityTally(events, sessions, writes, errors, by)
    cut, unread, unsure = words.flag("cut"), words.number("unread", "0"), words.flag("unsure", "")
    return ActivitySummary(tally, words.text("source"), cut, unread, unsure)


def _dump_exported(content: Exported) -> dict[str, str]:
    return {
        "kind": content.export.value,
        "subject": content.subject,
        **({} if content.rows is None else {"rows": str(content.rows)}),
        **({"lacks": " ".join(content.lacks)} if content.lacks else {}),
        **({"unsure": "yes"} if content.unsure else {}),
    }


def _dump_summary(content: ActivitySummary) -> dict[str, str]:
    count = content.tally
    return {
        "events": str(count.events),
        "sessions": str(count.sessions),
        "writes": str(count.writes),
        "errors": str(count.errors),
        "by_user_id": str(count.by.get(Attribution.USER_ID, 0)),
        "by_session_name": str(count.by.get(Attribution.SESSION_NAME, 0)),
        "cut": yes(content.cut),
        "source": content.source,
        **({"unread": str(content.unread)} if content.unread else {}),
        **({"unsure": "yes"} if content.unsure else {}),
    }


def _dump_failure(failure: Failure) -> dict[str, str]:
    match failure:
        case SourceFailure():
            return {"trouble": failure.trouble.value, "what": failure.what, "said": failure.said}
        case RefusedFailure():
            result = Result.DECLINED if failure.refusals else Result.NOT_FOUND
            return {"outcome": json.dumps(dump_outcome(Outcome(result, refusals=failure.refusals)))}
        case OtherFailure():
            return {"because": failure.because}


def _load_failure(words: StoredWords) -> Failure:
    if "trouble" in words:
        return SourceFailure(SourceTrouble(words.text("trouble")), words.text("what"), words.text("said"))
    if "outcome" in words:
        return RefusedFailure(load_outcome(json.loads(words.text("outcome"))).refusals)
    return OtherFailure(words.text("because"))

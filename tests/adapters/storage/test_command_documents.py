"""Commands as the inbox stores them: each is read as it was written, and so is what the release before has left."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adapters.storage.command_documents import dump_command, load_command
from core.domain.approval import Verdict
from core.domain.commands import (
    CancelRequest,
    CloseRequest,
    Command,
    CommandKind,
    DecidePolicies,
    DecideRequest,
    ExportKind,
    RevokeAccess,
    SavePolicies,
    StartExport,
    SubmitRequest,
    SubmitTogether,
    TakeFile,
)
from core.domain.durations import MINUTE
from core.domain.evaluation import RequestedAccess
from core.domain.ids import AccountId, PermissionSetArn, RequestId
from core.domain.organization import Target
from tests import strategies
from tests.adapters.storage.samples import ADA_IN_CHAT

POWER = "arn:aws:sso:::permissionSet/ssoins-1/ps-power"
ACCESS = RequestedAccess(
    Target(AccountId("111111111111"), PermissionSetArn(POWER)),
    60 * MINUTE,
    "mend the stuck pipeline",
    datetime(2026, 3, 2, 13, 0, tzinfo=UTC),
    "PAY-1",
)
DECISION = DecideRequest(
    ADA_IN_CHAT,
    "key",
    request_id=RequestId(1001),
    digest="56732d225c878706",
    verdict=Verdict.APPROVE,
    comment="fine",
    allowed=45 * MINUTE,
)
STAGING = Target(AccountId("222222222222"), PermissionSetArn(POWER))
STORED: list[tuple[str, dict[str, Any], Command]] = [
    (
        "submit",
        {
            "account": "111111111111",
            "permission_set": POWER,
            "start_at": 1772456400,
            "minutes": 60,
            "justification": "mend the stuck pipeline",
            "ticket": "PAY-1",
        },
        SubmitRequest(ADA_IN_CHAT, "key", access=ACCESS),
    ),
    (
        "submit_together",
        {
            "account": "111111111111",
            "permission_set": POWER,
            "start_at": 1772456400,
            "minutes": 60,
            "justification": "mend the stuck pipeline",
            "ticket": "PAY-1",
            "others": [["222222222222", POWER]],
        },
        SubmitTogether(ADA_IN_CHAT, "key", access=ACCESS, others=(STAGING,)),
    ),
    (
        "decide",
        {
            "request_id": 1001,
            "digest": "56732d225c878706",
            "verdict": "approve",
            "comment": "fine",
            "minutes": 45,
        },
        DECISION,
    ),
    (
        "cancel",
        {"request_id": 1001, "reason": ""},
        CancelRequest(ADA_IN_CHAT, "key", request_id=RequestId(1001), reason=""),
    ),
    (
        "revoke",
        {"request_id": 1001, "reason": "over"},
        RevokeAccess(ADA_IN_CHAT, "key", request_id=RequestId(1001), reason="over"),
    ),
    (
        "close",
        {"request_id": 1001, "reason": "AWS support says so"},
        CloseRequest(ADA_IN_CHAT, "key", request_id=RequestId(1001), reason="AWS support says so"),
    ),
    (
        "export",
        {"kind": "activity", "subject": "R-1001"},
        StartExport(ADA_IN_CHAT, "key", export=ExportKind.ACTIVITY, subject="R-1001"),
    ),
    (
        "take_file",
        {"export": 7, "accepted": {"uploadUrl": "https://example.sharepoint.com/x"}},
        TakeFile(ADA_IN_CHAT, "key", export_id=7, accepted={"uploadUrl": "https://example.sharepoint.com/x"}),
    ),
    ("save_policies", {"draft": 1, "why": "because"}, SavePolicies(ADA_IN_CHAT, "key", draft=1, why="because")),
    (
        "decide_policies",
        {"proposal": 1, "approve": True},
        DecidePolicies(ADA_IN_CHAT, "key", proposal=1, approve=True),
    ),
]
"""Rows of November 2026, and the commands that they are."""

ENDINGS = (CancelRequest, RevokeAccess, CloseRequest)
_people, _keys, _numbers = st.sampled_from(strategies.CHAT_USERS), st.text(), st.integers(1, 10**12)
_named = {"actor": _people, "key": _keys, "request_id": _numbers.map(RequestId)}
_targets = st.builds(Target, st.sampled_from(strategies.ACCOUNTS), st.sampled_from(strategies.PERMISSION_SETS))
_access = st.builds(
    RequestedAccess,
    target=_targets,
    duration=strategies.lengths,
    justification=st.text(),
    start_at=st.none() | strategies.moments,
    ticket=st.text(),
)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(SubmitRequest, actor=_people, key=_keys, sent_at=st.none(), access=_access),
    st.builds(
        SubmitTogether,
        actor=_people,
        key=_keys,
        sent_at=st.none(),
        access=_access,
        others=st.lists(_targets, max_size=3).map(tuple),
    ),
    st.builds(
        DecideRequest,
        **_named,
        sent_at=st.none(),
        digest=st.text(),
        verdict=st.sampled_from(Verdict),
        comment=st.text(),
        allowed=st.none() | strategies.lengths,
    ),
    *(
        st.builds(kind, **_named, sent_at=st.none(), reason=st.text())
        for kind in (CancelRequest, RevokeAccess, CloseRequest)
    ),
    st.builds(
        StartExport, actor=_people, key=_keys, sent_at=st.none(), export=st.sampled_from(ExportKind), subject=st.text()
    ),
    st.builds(
        TakeFile,
        actor=_people,
        key=_keys,
        sent_at=st.none(),
        export_id=_numbers,
        accepted=st.dictionaries(st.text(), st.text()),
    ),
    st.builds(SavePolicies, actor=_people, key=_keys, sent_at=st.none(), draft=_numbers, why=st.text()),
    st.builds(DecidePolicies, actor=_people, key=_keys, sent_at=st.none(), proposal=_numbers, approve=st.booleans()),
)


C = TypeVar("C", bound=Command)


def read(command: C) -> C:
    found = load_command(command.kind, command.actor, command.key, dump_command(command))
    assert isinstance(found, type(command))
    return found


@given(commands)
def test_a_command_is_read_as_it_was_written(command: Command) -> None:
    assert read(command) == command


@pytest.mark.parametrize(("kind", "document", "command"), STORED, ids=[kind for kind, _, _ in STORED])
def test_a_row_of_the_release_before_is_read_and_written_alike(
    kind: str, document: dict[str, Any], command: Command
) -> None:
    assert load_command(CommandKind(kind), ADA_IN_CHAT, "key", document) == command
    assert dump_command(command) == document


def test_a_time_that_was_not_asked_for_and_a_length_that_was_not_shortened_are_none() -> None:
    assert read(SubmitRequest(ADA_IN_CHAT, "key", access=replace(ACCESS, start_at=None))).access.start_at is None
    whole = replace(DECISION, allowed=None)
    assert "minutes" not in dump_command(whole)
    assert read(whole) == whole


@pytest.mark.parametrize(("kind", "document"), [(kind, document) for kind, document, _ in STORED])
def test_a_field_that_is_missing_or_of_another_type_is_never_guessed(kind: str, document: dict[str, Any]) -> None:
    for name, value in document.items():
        with pytest.raises(ValueError, match=name):
            load_command(CommandKind(kind), ADA_IN_CHAT, "key", {**document, name: [value]})
        without = {key: value for key, value in document.items() if key != name}
        if (kind, name) != ("decide", "minutes"):
            with pytest.raises(ValueError, match=name):
                load_command(CommandKind(kind), ADA_IN_CHAT, "key", without)


def test_every_kind_has_its_sample() -> None:
    assert {type(command) for _, _, command in STORED} == set(get_args(Command))
    assert [CommandKind(kind) for kind, _, _ in STORED] == list(CommandKind)

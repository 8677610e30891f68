import itertools
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from core.domain.ids import ConversationId, PrincipalId, RequestId
from core.domain.notices import (
    ADMINS,
    AUDIT_CHANNEL,
    Audience,
    Form,
    Notice,
    Plain,
    Recipient,
    Topic,
    card_places,
    flow_of,
    home_of,
    homes_of_approvers,
)
from core.domain.old_messages import (
    has_to_be_redrawn,
    is_overtaken,
    says_less,
    subject_of,
    subjects_before,
    was_overtaken,
)
from core.domain.people import ChatUser
from core.domain.request import TRANSITIONS, Event, LeftBehind, Request, Status
from core.domain.transition_notices import notices_for, topic_of
from tests.strategies import (
    NOW,
    PEOPLE,
    Move,
    histories,
    requests,
)

GOOD_NEWS = {Topic.APPROVED, Topic.ACTIVE, Topic.ENDED}
SETBACKS = {Status.REJECTED, Status.CANCELLED, Status.EXPIRED, Status.FAILED}


def told(move: Move) -> tuple[Notice, ...]:
    return notices_for(move.event, move.after)


def told_to_requester(move: Move) -> list[Topic]:
    to = Recipient.principal(move.after.requester)
    return [notice.topic for notice in told(move) if notice.to == to]


@given(histories())
def test_the_requester_is_told_how_it_ended_but_for_a_cancellation_of_their_own(moves: tuple[Move, ...]) -> None:
    """Rules 15 and 20."""
    last = moves[-1]
    if last.after.status is Status.CANCELLED:
        assert told_to_requester(last) == []
    else:
        assert len(told_to_requester(last)) == 1


@given(histories())
def test_a_setback_is_never_told_as_a_success(moves: tuple[Move, ...]) -> None:
    """Rule 20."""
    for move in moves:
        if move.after.status in SETBACKS:
            assert GOOD_NEWS.isdisjoint(notice.topic for notice in told(move))


@given(histories())
def test_active_and_ended_are_said_of_what_is_active_and_ended_alone(moves: tuple[Move, ...]) -> None:
    """Rule 20."""
    for move in moves:
        topics = {notice.topic for notice in told(move)}
        assert (Topic.ACTIVE in topics) == (move.after.status is Status.ACTIVE)
        assert (Topic.ENDED in topics) == (move.after.status is Status.ENDED)
        assert (Topic.REVOKED in topics) == (move.after.status is Status.REVOKED)


@given(histories())
def test_every_transition_is_told_in_the_audit_channel_once(moves: tuple[Move, ...]) -> None:
    """Rule 23: also that AWS is being asked, which is told to nobody else."""
    for move in moves:
        lines = [notice for notice in told(move) if notice.form is Form.LINE]
        assert [notice.to for notice in lines] == [AUDIT_CHANNEL]


@given(requests())
def test_every_row_of_the_table_has_a_line_in_the_audit_channel(request: Request) -> None:
    """One that is added without a topic fails here."""
    for (_, event), status in TRANSITIONS.items():
        after = replace(request, status=status)
        lines = [notice for notice in notices_for(event, after) if notice.form is Form.LINE]
        assert [(notice.to, notice.topic) for notice in lines] == [(AUDIT_CHANNEL, topic_of(event, after))]


@given(histories())
def test_the_card_is_shown_anew_wherever_it_stands_after_every_transition(moves: tuple[Move, ...]) -> None:
    """Rule 15: a picture of the row."""
    for move in moves:
        cards = [notice.to for notice in told(move) if notice.form is Form.CARD]
        assert cards == [*card_places(move.after)]


@given(requests())
def test_a_card_goes_to_the_channels_or_else_to_the_approvers_and_nowhere_when_nobody_was_asked(
    request: Request,
) -> None:
    """Rule 10."""
    places = card_places(request)
    if request.channels:
        assert places == tuple(Recipient.conversation(channel) for channel in request.channels)
    else:
        assert places == ((Recipient.approvers(request.id),) if request.quorum else ())


@given(histories())
def test_nothing_is_sent_to_anybody_but_the_requester_the_card_and_the_audit_channel(moves: tuple[Move, ...]) -> None:
    """Rule 22."""
    for move in moves:
        allowed = {Recipient.principal(move.after.requester), AUDIT_CHANNEL, *card_places(move.after)}
        assert {notice.to for notice in told(move) if notice.form is not Form.EDIT} <= allowed
        assert all(notice.request_id == move.after.id for notice in told(move))


_ids = st.text("ABCDEF0123456789", min_size=1, max_size=9)


@given(st.builds(ChatUser, _ids, _ids, st.sampled_from(("slack", "teams"))))
def test_a_chat_user_is_read_from_the_recipient_as_it_was_written(user: ChatUser) -> None:
    assert Recipient.chat(user).chat_user == user


def test_a_recipient_says_what_kind_of_id_it_has() -> None:
    assert Recipient.conversation(ConversationId("C1")) == Recipient(Audience.CONVERSATION, "C1")
    assert Recipient.principal(PrincipalId("C1")) == Recipient(Audience.PRINCIPAL, "C1")


SAID = tuple(topic for topic in Topic if subject_of(Notice(Form.DIRECT, Plain(topic), ADMINS, RequestId(1))))


@given(histories(), st.sampled_from(SAID))
def test_a_message_that_becomes_an_old_truth_is_edited_at_that_transition(
    moves: tuple[Move, ...], topic: Topic
) -> None:
    said = Notice(Form.DIRECT, Plain(topic), ADMINS, moves[0].after.id)
    for before, move in itertools.pairwise(moves):
        subjects = [notice.to.id for notice in told(move) if notice.form is Form.EDIT]
        was, now = is_overtaken(topic, before.after), is_overtaken(topic, move.after)
        if now and not was:
            assert subject_of(said) in subjects


@given(histories(), st.sampled_from(SAID))
def test_an_old_truth_that_is_not_edited_is_replaced_by_a_message_that_says_more(
    moves: tuple[Move, ...], topic: Topic
) -> None:
    assume((moves[0].event is Event.SUBMIT) == (moves[0].after.quorum > 0))
    coming: set[Topic] = set()
    for move in moves:
        coming |= {notice.topic for notice in told(move) if notice.form is Form.DIRECT}
        if is_overtaken(topic, move.after) and not was_overtaken(topic, move.after):
            assert any(says_less(topic, more) for more in coming)


@given(histories())
def test_reminders_are_edited_once_however_long_access_lives(moves: tuple[Move, ...]) -> None:
    """There may be many of them."""
    if moves[0].after.quorum:
        subject = subject_of(Notice(Form.DIRECT, Plain(Topic.REMINDER), ADMINS, moves[0].after.id))
        edits = [notice for move in moves for notice in told(move) if notice.to.id == subject]
        undecided = [move for move in moves if move.event in {Event.EXPIRE, Event.DISALLOW, Event.CANCEL}]
        assert len(edits) <= 1 + len(undecided)


def test_a_later_message_takes_the_place_of_what_says_less_and_of_nothing_else() -> None:
    pairs = [(less, more) for less in Topic for more in Topic if says_less(less, more)]
    assert pairs == [
        (Topic.SUBMITTED, Topic.APPROVED),
        (Topic.SUBMITTED, Topic.ACTIVE),
        (Topic.APPROVED, Topic.ACTIVE),
    ]


def test_a_recipient_of_a_message_or_a_home_is_told_apart() -> None:
    message = Recipient.message("slack", "C1", "1.2")

    assert (message.audience, message.place) == (Audience.MESSAGE, ("slack", "C1", "1.2"))
    assert home_of(PEOPLE[0], Topic.ACTIVE, RequestId(7)).to == Recipient.home(PEOPLE[0])
    homes = homes_of_approvers(Topic.ACTIVE, RequestId(7))
    assert (homes.form, homes.to, homes.request_id) == (Form.HOME, Recipient(Audience.HOMES_OF_APPROVERS, "7"), 7)


def test_a_message_stands_in_the_line_of_its_requester_or_of_its_reader() -> None:
    """Rule 26: no flood of one person delays another's."""
    late = Notice(Form.DIRECT, Plain(Topic.LATE_END), ADMINS)
    alarm = Notice(Form.DIRECT, Plain(Topic.OVERDUE), ADMINS)

    assert flow_of(late, PEOPLE[0]) == PEOPLE[0]
    assert flow_of(late, None) == flow_of(alarm, PEOPLE[0]) == flow_of(alarm, None)


@given(requests(Status.ENDED))
def test_what_is_left_behind_and_what_ended_late_is_told_to_the_admins(request: Request) -> None:
    """Rule 17."""
    quiet = replace(request, left_behind=None, alarmed_at=None)
    cases = {
        None: ([], [Topic.LATE_END]),
        LeftBehind.FOREIGN: ([], [Topic.LATE_END]),
        LeftBehind.PRINCIPAL_GONE: ([Topic.LEFT_BEHIND], [Topic.LEFT_BEHIND]),
    }
    for left, (in_time, late) in cases.items():
        ended = replace(quiet, left_behind=left)
        assert to_admins(ended) == in_time
        assert to_admins(replace(ended, alarmed_at=NOW)) == late


def to_admins(request: Request) -> list[Topic]:
    return [notice.topic for notice in notices_for(Event.GONE, request) if notice.to == ADMINS]


def test_a_message_that_says_more_takes_the_place_of_those_before_it() -> None:
    def of(topic: Topic) -> Notice:
        return Notice(Form.DIRECT, Plain(topic), ADMINS, RequestId(7))

    less = {subject_of(of(topic)) for topic in (Topic.SUBMITTED, Topic.APPROVED)}

    assert set(subjects_before(of(Topic.ACTIVE))) == less
    assert subjects_before(of(Topic.APPROVED)) == subjects_before(of(Topic.ACTIVE))
    assert subjects_before(of(Topic.SUBMITTED)) == subjects_before(of(Topic.REJECTED)) == ()


@given(requests(Status.ENDED))
def test_only_what_is_no_longer_so_is_drawn_anew_and_not_what_a_later_message_says_too(request: Request) -> None:
    assert has_to_be_redrawn(Topic.ACTIVE, request, Topic.ENDED)
    assert not has_to_be_redrawn(Topic.APPROVED, request, Topic.ACTIVE)
    assert not has_to_be_redrawn(Topic.ACTIVE, replace(request, status=Status.ACTIVE), Topic.ACTIVE)
    assert has_to_be_redrawn(Topic.OVERDUE, request, Topic.ENDED)

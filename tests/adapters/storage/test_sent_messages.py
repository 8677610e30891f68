from core.adapters.storage.engine import Database
from core.domain.notices import ADMINS, Form, Notice, Recipient, Topic
from core.ports import MessageRef
from tests.adapters.storage.samples import MINUTE, NOW, PENDING, commit, stored
from tests.contents import by_topic

FIRST, SECOND = MessageRef("slack", "D1", "1700000000.000100"), MessageRef("slack", "D2", "1700000000.000100")
WAITS = Notice(Form.DIRECT, by_topic()[Topic.POLICIES_WAITING], ADMINS)


async def test_each_message_about_a_subject_is_edited_with_what_it_said(database: Database) -> None:
    await commit(database, lambda unit: unit.sent.note("change:7", SECOND, WAITS, NOW + MINUTE))
    for _ in range(2):
        await commit(database, lambda unit: unit.sent.note("change:7", FIRST, WAITS, NOW))
    (request,) = await stored(database, PENDING)
    stuck = Notice(Form.DIRECT, by_topic()[Topic.OVERDUE], ADMINS, request.id)
    await commit(database, lambda unit: unit.sent.note("end:1", MessageRef("slack", "D1", "2.2"), stuck, NOW))
    async with database.open() as unit:
        found = await unit.sent.of("change:7")
        (about_request,) = await unit.sent.of("end:1")
        assert await unit.sent.of("change:8") == ()
    edits = [Recipient.message(at.platform, at.conversation, at.message) for at in (FIRST, SECOND)]
    assert [notice.to for notice in found] == edits
    assert {notice.form for notice in found} == {Form.EDIT}
    assert found[0].content == WAITS.content
    assert MessageRef(*found[0].to.place) == FIRST
    assert about_request.request_id == request.id


async def test_what_was_sent_long_ago_is_forgotten(database: Database) -> None:
    await commit(database, lambda unit: unit.sent.note("change:7", FIRST, WAITS, NOW))
    await commit(database, lambda unit: unit.sent.note("change:7", SECOND, WAITS, NOW + MINUTE))
    assert await commit(database, lambda unit: unit.sent.forget(NOW + MINUTE)) == 1
    async with database.open() as unit:
        assert len(await unit.sent.of("change:7")) == 1

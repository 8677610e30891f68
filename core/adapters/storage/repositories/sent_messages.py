"""Messages with buttons, by what they are about."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from core.adapters.storage.columns import col, param
from core.adapters.storage.mapping import columns_of_ref
from core.adapters.storage.notice_documents import dump_content, load_content
from core.adapters.storage.queue_tables import SentMessageRow
from core.adapters.storage.session import StorageSession
from core.domain.ids import RequestId
from core.domain.notices import Form, Notice, Recipient, Topic
from core.ports import MessageRef

_sent_at = col(SentMessageRow.sent_at)
_OF_SUBJECT = select(SentMessageRow).where(col(SentMessageRow.subject) == param("about")).order_by(_sent_at)
_OF_SUBJECT_SINCE = _OF_SUBJECT.where(_sent_at > param("since"))
_SAY = update(SentMessageRow).where(
    *(col(getattr(SentMessageRow, name)) == param(f"its_{name}") for name in ("platform", "conversation", "message"))
)


class SqlSentMessages:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def note(self, subject: str, at: MessageRef, notice: Notice, now: datetime) -> None:
        columns = {
            "subject": subject,
            "topic": notice.topic.value,
            "request_id": notice.request_id,
            "facts": dump_content(notice.content),
            "sent_at": now,
        }
        new = self._session.insert(SentMessageRow).values(**columns_of_ref(at), **columns)
        await self._session.run(new.on_conflict_do_nothing())

    async def of(self, subject: str) -> Sequence[Notice]:
        return tuple(map(_edit, await self._session.all(_OF_SUBJECT, {"about": subject})))

    async def since(self, subject: str, sent_after: datetime) -> Sequence[Notice]:
        rows = await self._session.all(_OF_SUBJECT_SINCE, {"about": subject, "since": sent_after})
        return tuple(map(_edit, rows))

    async def renew(self, subject: str, at: MessageRef, notice: Notice) -> None:
        same = {f"its_{name}": value for name, value in columns_of_ref(at).items()}
        says = {"subject": subject, "topic": notice.topic.value, "facts": dump_content(notice.content)}
        await self._session.run(_SAY, same | says)

    async def forget(self, sent_before: datetime) -> int:
        return await self._session.run(delete(SentMessageRow).where(_sent_at < sent_before))


def _edit(row: SentMessageRow) -> Notice:
    to = Recipient.message(row.platform, row.conversation, row.message)
    request_id = None if row.request_id is None else RequestId(row.request_id)
    return Notice(Form.EDIT, load_content(Form.EDIT, Topic(row.topic), row.facts), to, request_id)

"""Calls about policies: read, check and change the document that ``teambot policy`` reads and writes."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from core.domain.commands import SavePolicies
from core.domain.errors import InvalidPolicies
from core.domain.outcome import InHand, Outcome, Result
from core.domain.policy import PolicyBook
from core.services.policies.admin_gate import AdminContext
from core.services.policies.store import compare, keep_personas
from handlers.api.calls import ACT_WITHIN, ASK_AGAIN, Call, document
from handlers.api.models import LONGEST_TEXT, PolicyAnswer, PolicyCheck, PolicyProblem
from handlers.api.problems import ProblemRaised, of_outcome
from handlers.words import sentences

YAML = "application/yaml"
NO_REVISION = "If-Match is missing: give the ETag of the policies that your document is made from."
CHANGED = "The policies have changed: revision {now} is in effect. Read them again, and put your change on top."
_ETAG = re.compile(r'"([0-9]{1,18})"', re.ASCII)


class PolicyDocuments(Protocol):
    """Policies as the document that people keep in files."""

    async def read(self, text: str) -> PolicyBook:
        """Every name looked up. Raises InvalidPolicies with all problems, each with its line."""
        ...

    async def write(self, book: PolicyBook) -> str: ...

    async def warnings(self, book: PolicyBook) -> Sequence[str]:
        """Things that are no mistakes and yet may surprise."""
        ...


class PolicyCalls:
    def __init__(self, documents: PolicyDocuments) -> None:
        self._documents = documents

    async def read(self, call: Call) -> web.Response:
        """The policies in effect. Their revision is the ETag."""
        admin = await call.services.administration.admins.require(call.caller.machine)
        text = await self._documents.write(admin.book)
        return web.Response(text=text, content_type=YAML, headers={"ETag": f'"{admin.book.revision}"'})

    async def check(self, call: Call) -> web.Response:
        """Say what a document would do, without storing anything."""
        admin = await call.services.administration.admins.require(call.caller.machine)
        try:
            after = await self._book(call, admin)
        except InvalidPolicies as error:
            problems = [PolicyProblem(line=each.line, said=each.message) for each in error.problems]
            return document(PolicyCheck(valid=False, revision=admin.book.revision, problems=problems))
        drafts = call.services.administration.drafts
        seen = await drafts.look(admin, drafts.draft(admin, after, admin.book.revision))
        difference = compare(admin.book, after)
        found = PolicyCheck(
            valid=not seen.faults,
            revision=admin.book.revision,
            problems=[PolicyProblem(line=0, said=sentences.refusal(each)) for each in seen.faults],
            warnings=list(await self._documents.warnings(after)),
            added=list(difference.added),
            removed=list(difference.removed),
            changed=list(difference.changed),
            waits_for_another_admin=bool(seen.waits),
        )
        return document(found)

    async def put(self, call: Call) -> web.Response:
        """Change them, if nobody else has since the revision that the caller names (RFC 9110, If-Match).

        The use case compares the revisions: the same call sent again is answered with what came of the first.
        """
        admin = await call.services.administration.admins.require(call.caller.machine)
        based_on, why = _based_on(call), call.query.get("why", "")[:LONGEST_TEXT]
        draft = await call.services.administration.drafts.keep(admin, await self._book(call, admin), based_on)
        command = SavePolicies(call.caller.machine, call.key, draft=draft.id, why=why)
        return await self._answer(call, await call.services.commands.perform(command, ACT_WITHIN))

    async def _answer(self, call: Call, outcome: Outcome | InHand) -> web.Response:
        revision = (await call.services.policies.current()).revision
        if isinstance(outcome, InHand):
            return document(PolicyAnswer(said=ASK_AGAIN, revision=revision), HTTPStatus.ACCEPTED, {"Retry-After": "5"})
        said = sentences.outcome(outcome, None, call.clock.now())
        if outcome.result is Result.OUTDATED:
            return of_outcome(outcome, CHANGED.format(now=revision))
        if outcome.result not in _DONE:
            return of_outcome(outcome, said)
        status = HTTPStatus.OK if outcome.result is Result.SAVED else HTTPStatus.ACCEPTED
        return document(PolicyAnswer(said=said, revision=revision), status, {"ETag": f'"{revision}"'})

    async def _book(self, call: Call, admin: AdminContext) -> PolicyBook:
        try:
            text = call.body.decode()
        except UnicodeDecodeError:
            raise ProblemRaised(HTTPStatus.BAD_REQUEST, "The document is not UTF-8 text.") from None
        return keep_personas(admin.book, await self._documents.read(text))


_DONE = frozenset({Result.SAVED, Result.PROPOSED})


def _based_on(call: Call) -> int:
    given = call.request.headers.getall("If-Match", [])
    match = _ETAG.fullmatch(given[0]) if len(given) == 1 else None
    if match is None:
        raise ProblemRaised(HTTPStatus.PRECONDITION_REQUIRED, NO_REVISION)
    return int(match[1])

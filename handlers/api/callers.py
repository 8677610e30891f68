"""Finds who calls the HTTP API. Somebody who calls too often, or shows no proof, is not looked up."""

import base64
import binascii
import json
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network

from aiohttp import web

from core.domain.errors import Reason, Refusal, Refused
from core.domain.machines import ApiToken, Scope, digest_of
from core.domain.people import ChatUser
from core.domain.platforms import MACHINE
from core.services.context.machines import Machines
from core.services.context.terminals import TerminalIdentity
from handlers.api.problems import ProblemRaised
from handlers.flows.pace import Pace, PaceKind
from handlers.words import sentences

BEARER, SIGNED = "Bearer ", "TeamBot-AWS "
AT_TERMINAL = frozenset({Scope.READ_REQUESTS, Scope.FILE_REQUESTS, Scope.END_ACCESS})
"""A person at a terminal asks, looks and ends; nothing else."""
LONGEST_PROOF = 8000
MOST_KNOWN = 1000

NO_PROOF = "Call with `Authorization: Bearer tb_…`, or with `teambot request`, which signs with your AWS credentials."


@dataclass(frozen=True, slots=True)
class Caller:
    """A proved caller. ``token`` is None for a person at a terminal."""

    machine: ChatUser
    token: ApiToken | None

    @property
    def scopes(self) -> frozenset[Scope]:
        return self.token.scopes if self.token is not None else AT_TERMINAL


class Callers:
    """Proves each call anew. In front of everything is a bucket for each token, and one for each address (rule 26).

    A token that has just been found good is let in whatever others send from its address.
    """

    def __init__(self, machines: Machines, terminals: TerminalIdentity, pace: Pace) -> None:
        self._machines = machines
        self._terminals = terminals
        self._pace = pace
        self._known: OrderedDict[str, None] = OrderedDict()

    async def prove(self, request: web.Request, body: bytes) -> Caller:
        """Raises Refused, and ProblemRaised when there are too many calls or no proof at all."""
        given = request.headers.getall("Authorization", [])
        if len(given) != 1 or len(given[0]) > LONGEST_PROOF:
            raise self._unproved(request)
        if given[0].startswith(BEARER):
            return await self._with_token(given[0].removeprefix(BEARER), request)
        if given[0].startswith(SIGNED):
            return await self._at_terminal(given[0].removeprefix(SIGNED), request, body)
        raise self._unproved(request)

    async def admit(self, caller: Caller, scope: Scope) -> None:
        """Refused for an act outside the caller's scopes."""
        if caller.token is not None:
            await self._machines.admit(caller.token, scope)
        elif scope not in AT_TERMINAL:
            raise Refused(Refusal(Reason.AT_TERMINAL))

    async def _with_token(self, secret: str, request: web.Request) -> Caller:
        digest = digest_of(secret)
        if digest is None:
            self._limit(_address(request), PaceKind.PROVING)
            raise Refused(Refusal(Reason.TOKEN_UNKNOWN))
        self._limit(digest, PaceKind.CALLING)
        if digest not in self._known:
            self._limit(_address(request), PaceKind.PROVING)
        token = await self._machines.with_secret(secret)
        self._known[digest] = None
        self._known.move_to_end(digest)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return Caller(token.machine, token)

    async def _at_terminal(self, shown: str, request: web.Request, body: bytes) -> Caller:
        self._limit(_address(request), PaceKind.SIGNING)
        machine = await self._terminals.prove(_read(shown), request.method, request.raw_path, body)
        return Caller(machine, None)

    def _unproved(self, request: web.Request) -> ProblemRaised:
        self._limit(_address(request), PaceKind.PROVING)
        return ProblemRaised(HTTPStatus.UNAUTHORIZED, NO_PROOF)

    def _limit(self, whose: str, kind: PaceKind) -> None:
        if not self._pace.admits(ChatUser(MACHINE, "", whose), kind):
            raise ProblemRaised(HTTPStatus.TOO_MANY_REQUESTS, sentences.TOO_FAST, retry_after=kind.value.until_the_next)


def _address(request: web.Request) -> str:
    """The address whose calls are counted. A /64 of IPv6 counts as one: a machine may have all of it (RFC 6177)."""
    try:
        address = ip_address(request.remote or "")
    except ValueError:
        return f"from {request.remote}"
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return f"from {mapped or ip_network((address.packed[:8] + bytes(8), 64))}"
    return f"from {address}"


def _read(shown: str) -> dict[str, str]:
    """The signed proof: a JSON document of texts, in base64 of the kind for URLs."""
    try:
        document = json.loads(base64.urlsafe_b64decode(shown.encode("ascii")))
    except (ValueError, binascii.Error, UnicodeError, RecursionError):
        raise Refused(Refusal(Reason.SIGNATURE_REFUSED)) from None
    if not isinstance(document, dict) or not all(isinstance(each, str) for each in document.values()):
        raise Refused(Refusal(Reason.SIGNATURE_REFUSED))
    return document

"""Tokens of the HTTP API: what one may do, whom it acts for, and when it stops."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.approval import Verdict
from core.domain.commands import DecidePolicies, RevokeAccess
from core.domain.errors import NotFound, Reason, Refused
from core.domain.machines import LIFETIMES, MOST_TOKENS, ApiToken, Scope
from core.domain.organization import Target
from core.domain.outcome import Result
from core.domain.people import Persona
from core.domain.policy import ApprovalPolicy
from core.domain.request import Actor, Status
from core.domain.visibility import personas
from core.services.policies.tokens import NewToken
from tests.services.company import POWER, SANDBOX, Member
from tests.services.world import World

WEEK = LIFETIMES[1]
EVERY = frozenset(Scope)


async def made(
    world: World, who: Member | None = None, name: str = "nightly job", scopes: Collection[Scope] = EVERY
) -> NewToken:
    admin = who or world.frank
    world.principals.join("Payments", admin.id)
    return await world.services.administration.tokens.make(admin.chat, name, scopes, WEEK)


def machine(world: World, token: ApiToken) -> Member:
    """The token as whoever acts."""
    return Member(world.frank.principal, token.machine)


async def refused_with(world: World, secret: str, scope: Scope = Scope.READ_REQUESTS) -> Reason:
    machines = world.services.identity.machines

    async def use() -> None:
        await machines.admit(await machines.with_secret(secret), scope)

    with pytest.raises(Refused) as no:
        await use()
    return no.value.refusal.reason


async def reasons(world: World, token: ApiToken) -> list[Reason]:
    """The reasons for which it is refused when it asks for something."""
    outcome = await world.submit(machine(world, token))
    return [each.reason for each in outcome.refusals]


async def test_its_secret_is_shown_once_and_kept_nowhere(world: World) -> None:
    new = await made(world)
    assert new.secret.startswith("tb_")
    async with world.database.open() as unit:
        kept = await unit.api_tokens.get(new.token.id)
    assert new.secret not in repr(kept)
    assert new.secret not in repr(await world.events())
    assert await world.services.identity.machines.with_secret(new.secret) == kept
    assert "token.made" in await world.actions()


async def test_only_an_admin_makes_looks_at_and_revokes_one(world: World) -> None:
    new, tokens = await made(world), world.services.administration.tokens
    for other in (world.ada, world.erin, world.grace, machine(world, new.token)):
        for act in (
            tokens.make(other.chat, "mine", EVERY, WEEK),
            tokens.known(other.chat),
            tokens.revoke(other.chat, new.token.id),
        ):
            with pytest.raises(Refused):
                await act
    assert [each.name for each in await tokens.known(world.frank.chat)] == ["nightly job"]


async def test_a_form_that_is_wrong_says_all_of_it_and_makes_none(world: World) -> None:
    await made(world, name="job")
    tokens = world.services.administration.tokens
    for name, scopes, life, said in (
        ("JOB", (), timedelta(days=400), {"token_name_taken", "token_without_scope", "token_without_end"}),
        (" \u200b", EVERY, None, {"token_name_unusable", "token_without_end"}),
        ("x" * 61, EVERY, WEEK, {"token_name_unusable"}),
    ):
        with pytest.raises(Refused) as no:
            await tokens.make(world.frank.chat, name, scopes, life)
        assert {each.reason.value for each in no.value.refusals} == said
    for number in range(MOST_TOKENS - 1):
        await tokens.make(world.frank.chat, f"job {number}", EVERY, WEEK)
    with pytest.raises(Refused) as no:
        await tokens.make(world.frank.chat, "one more", EVERY, WEEK)
    assert no.value.refusal.reason is Reason.TOO_MANY_TOKENS


async def test_beyond_its_scope_it_is_refused_and_on_record_once_a_minute(world: World) -> None:
    new = await made(world, scopes={Scope.READ_REQUESTS})
    for scope in EVERY - {Scope.READ_REQUESTS}:
        assert await refused_with(world, new.secret, scope) is Reason.TOKEN_OUT_OF_SCOPE
        assert await refused_with(world, new.secret, scope) is Reason.TOKEN_OUT_OF_SCOPE
    assert (await world.actions()).count("token.out_of_scope") == len(EVERY) - 1


async def test_it_stops_at_its_end_and_when_it_is_revoked(world: World) -> None:
    old, lost = await made(world, name="old"), await made(world, name="lost")
    revoked = await world.services.administration.tokens.revoke(world.frank.chat, lost.token.id)
    assert await refused_with(world, lost.secret) is Reason.TOKEN_REVOKED
    assert await reasons(world, revoked) == [Reason.TOKEN_REVOKED]
    world.clock.move(WEEK)
    assert await refused_with(world, old.secret) is Reason.TOKEN_EXPIRED
    assert await reasons(world, old.token) == [Reason.TOKEN_EXPIRED]
    assert [each for each in await world.actions() if each.startswith("token.")].count("token.revoked") == 1
    with pytest.raises(NotFound):
        await world.services.administration.tokens.revoke(world.frank.chat, 4711)


@pytest.mark.parametrize("secret", ["", "tb_", "tb_" + "x" * 43, "tb_" + "x" * 44, "xoxb-1", "tb_" + "é" * 43])
async def test_what_is_no_token_is_none(world: World, secret: str) -> None:
    await made(world)
    assert await refused_with(world, secret) is Reason.TOKEN_UNKNOWN


async def test_what_it_files_is_marked_and_waits_for_a_person_even_where_no_approval_is_needed(world: World) -> None:
    new = await made(world)
    book = world.book()
    by_bob = ApprovalPolicy("sandbox", accounts=frozenset({SANDBOX}), approver_users=frozenset({world.bob.id}))
    await world.set_policies(replace(book, approval=(*book.approval, by_bob)))
    target = Target(SANDBOX, POWER)
    request_id = await world.asked(machine(world, new.token), target)
    request = await world.request(request_id)
    assert (request.status, request.filed_by_token, request.requester) == (
        Status.PENDING,
        "nightly job",
        world.frank.id,
    )
    (event,) = await world.events(request_id)
    assert event["facts"]["filed_by_token"] == "nightly job"
    assert event["actor"]["chat_user"] == ["machine", "token", str(new.token.id)]
    assert (await world.decide(world.bob, request_id)).result is Result.APPROVED
    await world.settle()
    assert await world.status(request_id) is Status.ACTIVE
    assert world.messenger.topics("UFRANK")[-1] == "active"
    ending = RevokeAccess(machine(world, new.token).chat, "the job is done", request_id=request_id, reason="done")
    assert (await world.done(ending)).result is Result.REVOKED
    assert (await world.request(request_id)).revoked_by == "Frank Rosen (by token nightly job)"


async def test_where_nobody_could_approve_nothing_is_filed(world: World) -> None:
    new = await made(world)
    outcome = await world.submit(machine(world, new.token), Target(SANDBOX, POWER))
    assert [each.reason for each in outcome.refusals] == [Reason.NO_APPROVER]


async def test_it_decides_nothing(world: World) -> None:
    world.principals.join("Payments Leads", world.frank.id)
    new = await made(world)
    request_id = await world.asked(world.ada)
    for verdict in Verdict:
        outcome = await world.decide(machine(world, new.token), request_id, verdict)
        assert [each.reason for each in outcome.refusals] == [Reason.TOKEN_DECIDES_NOTHING]
    approving = DecidePolicies(new.token.machine, world.key(), proposal=1, approve=True)
    outcome = await world.done(approving)
    assert [each.reason for each in outcome.refusals] == [Reason.TOKEN_DECIDES_NOTHING]


async def test_it_may_no_more_than_its_maker_may_now(world: World) -> None:
    new, identity = await made(world), world.services.identity
    request_id = await world.active(world.ada)

    async def held() -> frozenset[Persona]:
        book = await world.services.policies.current()
        return personas(book, await identity.identify(new.token.machine, fresh=True))

    assert await held() == {Persona.ADMIN, Persona.REQUESTER}
    world.principals.leave("Admins", world.frank.id)
    assert await held() == {Persona.REQUESTER}
    ending = await world.done(world.ending(RevokeAccess, machine(world, new.token), request_id, "over"))
    assert ending.result is Result.NOT_FOUND
    world.principals.leave("Payments", world.frank.id)
    assert await held() == frozenset()
    world.principals.disable(world.frank.id)
    assert await reasons(world, new.token) == [Reason.PRINCIPAL_DISABLED]


async def test_it_stops_when_its_makers_account_is_deactivated_or_leads_elsewhere(world: World) -> None:
    new = await made(world)
    pending = await world.asked(machine(world, new.token))
    world.chat.change(world.frank.chat, is_deactivated=True)
    assert await reasons(world, new.token) == [Reason.DEACTIVATED]
    world.chat.change(world.frank.chat, is_deactivated=False, email="bob@example.com")
    assert await reasons(world, new.token) == [Reason.IDENTITY_SUSPENDED]
    assert (await world.decide(world.carol, pending)).result is Result.DISALLOWED


async def test_what_a_revoked_token_filed_is_not_granted_any_more(world: World) -> None:
    new = await made(world)
    request_id = await world.asked(machine(world, new.token))
    await world.services.administration.tokens.revoke(world.frank.chat, new.token.id)
    assert (await world.decide(world.bob, request_id)).result is Result.DISALLOWED


async def test_what_one_that_is_over_has_filed_is_granted(world: World) -> None:
    new = await made(world)
    world.clock.move(WEEK - timedelta(minutes=5))
    request_id = await world.asked(machine(world, new.token))
    world.clock.move(timedelta(minutes=10))
    await world.services.organizations.refresh()
    assert (await world.decide(world.bob, request_id)).result is Result.APPROVED


async def test_its_first_use_is_on_record_and_the_last_is_known(world: World) -> None:
    new, machines = await made(world), world.services.identity.machines
    for _ in range(3):
        await machines.admit(await machines.with_secret(new.secret), Scope.READ_AUDIT)
        world.clock.move(timedelta(seconds=40))
    (shown,) = await world.services.administration.tokens.known(world.frank.chat)
    assert shown.used_at == world.clock.now() - timedelta(seconds=40)
    assert (await world.actions()).count("token.first_used") == 1


async def test_nobody_is_written_to_at_a_machine(world: World) -> None:
    """An outcome that came too late for its caller is asked for again, and no message tries to reach it."""
    new = await made(world)
    command, go_on = world.form(machine(world, new.token)), asyncio.Event()

    async def wait() -> None:
        await go_on.wait()

    world.principals.before = wait
    came = await world.do(command, timedelta(seconds=0.5))
    world.principals.before = None
    go_on.set()
    await world.background.drained()
    assert came is None
    assert (await world.done(command)).result is Result.SUBMITTED
    await world.settle()
    assert await world.undeliverable() == 0
    assert "answer" not in world.messenger.topics("UFRANK")


async def test_an_author_whose_token_was_revoked_is_no_admin_any_more(world: World) -> None:
    new, gate = await made(world), world.services.administration.admins
    author = Actor("Frank", world.frank.id, new.token.machine)
    assert await gate.is_still_admin(author)
    await world.services.administration.tokens.revoke(world.frank.chat, new.token.id)
    assert not await gate.is_still_admin(author)

"""A line behind ``request``: what this person may ask for is understood, all else is given back as it was typed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import Field
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Account, Target
from core.domain.policy import Bundle
from core.services.queries.command_line import ParsedRequestLine, ReadTarget, words
from core.services.queries.form_options import GoneTarget, LeftOut
from tests.services.company import ADMIN, OLD, PAYMENTS, POWER, PROD, READ, SANDBOX, STAGING
from tests.services.world import World

HOUR = timedelta(hours=1)
WHY = "fixing the pipeline"


def several(
    duration: timedelta | None, *pairs: tuple[AccountId, PermissionSetArn], left_out: int = 0
) -> ParsedRequestLine:
    targets = tuple(Target(account, arn) for account, arn in pairs)
    return ParsedRequestLine(duration=duration, justification=WHY, targets=targets, left_out=LeftOut(left_out))


RETIRED = ParsedRequestLine(
    duration=HOUR,
    justification=WHY,
    left_out=LeftOut(0, (GoneTarget(1, Field.ACCOUNT, OLD), GoneTarget(2, Field.PERMISSION_SET, "OldAccess"))),
)
"""A bundle of which nothing exists any more."""

HALF_READ = replace(
    several(None, (PROD, READ), (STAGING, POWER)), justification="a half", not_understood={Field.DURATION: "1h and"}
)


def no_group(typed: str) -> ParsedRequestLine:
    """Of somebody who may ask for none."""
    return ParsedRequestLine(duration=HOUR, justification=WHY, not_understood={Field.GROUP: typed})


@pytest.mark.parametrize(
    ("line", "understood"),
    [
        (f"{PROD} ReadOnlyAccess 1h {WHY}", ParsedRequestLine(PROD, READ, HOUR, WHY)),
        (f"{PROD}   readonlyaccess 1 h 30 min  {WHY}", ParsedRequestLine(PROD, READ, 1.5 * HOUR, WHY)),
        (f"Payments Prod PowerUserAccess 90 minutes {WHY}", ParsedRequestLine(PROD, POWER, 1.5 * HOUR, WHY)),
        (f'"payments staging" PowerUserAccess 45m {WHY}', ParsedRequestLine(STAGING, POWER, 0.75 * HOUR, WHY)),
        (f"“Payments Staging” PowerUserAccess {WHY}", ParsedRequestLine(STAGING, POWER, None, WHY)),
        (f'{PROD} ReadOnlyAccess 2h why "not" now', ParsedRequestLine(PROD, READ, 2 * HOUR, 'why "not" now')),
        (f"{PROD} ReadOnlyAccess", ParsedRequestLine(PROD, READ)),
        (f"{PROD}", ParsedRequestLine(PROD)),
        (f"ReadOnlyAccess 1h Payments Prod {WHY}", ParsedRequestLine(PROD, READ, HOUR, WHY)),
        (f"1 h {PROD} ReadOnlyAccess {WHY}", ParsedRequestLine(PROD, READ, HOUR, WHY)),
        (f"{PROD} ReadOnlyAccess 1 hour and 30 minutes {WHY}", ParsedRequestLine(PROD, READ, 1.5 * HOUR, WHY)),
        (f"{PROD} ReadOnlyAccess 1h, {WHY}", ParsedRequestLine(PROD, READ, HOUR, WHY)),
        (f"{PROD} ReadOnlyAccess 2h 500 errors", ParsedRequestLine(PROD, READ, 2 * HOUR, "500 errors")),
        (f"90 minutes readonlyaccess {PROD} {WHY}", ParsedRequestLine(PROD, READ, 1.5 * HOUR, WHY)),
        (f"{WHY} Payments Prod ReadOnlyAccess 1h", ParsedRequestLine(PROD, READ, HOUR, WHY)),
        (f"{WHY} 1h ReadOnlyAccess {PROD}", ParsedRequestLine(PROD, READ, HOUR, WHY)),
        (f"{READ} {PROD} 1h {WHY}", ParsedRequestLine(PROD, READ, HOUR, WHY)),
        (f"ps-read {PROD} 1h {WHY}", ParsedRequestLine(PROD, READ, HOUR, WHY)),
        (f"ReadOnlyAccess 1h {WHY}", ParsedRequestLine(None, READ, HOUR, WHY)),
        (f"{PROD},{STAGING} ReadOnlyAccess 1h {WHY}", several(HOUR, (PROD, READ), (STAGING, READ))),
        (f"Payments Prod, Payments Staging ReadOnlyAccess {WHY}", several(None, (PROD, READ), (STAGING, READ))),
        (f"{PROD} ReadOnlyAccess, PowerUserAccess 1h {WHY}", several(HOUR, (PROD, READ), (PROD, POWER))),
        (f"{PROD},{PROD} ReadOnlyAccess 1h {WHY}", ParsedRequestLine(PROD, READ, HOUR, WHY)),
        (f"{PROD},{STAGING} {WHY}", ParsedRequestLine(justification=f"{PROD},{STAGING} {WHY}")),
        (f"{PROD},555555555550 ReadOnlyAccess {WHY}", f"{PROD},555555555550"),
        (f"incident 1h {WHY}", several(HOUR, (PROD, READ), (STAGING, POWER), left_out=1)),
        ("incident 1h and a half", replace(HALF_READ, left_out=LeftOut(1))),
        (f"Incident {WHY}", several(None, (PROD, READ), (STAGING, POWER), left_out=1)),
        (f"nothing {PROD} ReadOnlyAccess 1h", ParsedRequestLine(PROD, READ, HOUR, "nothing")),
        (f"new {PROD} ReadOnlyAccess 1h {WHY}", ParsedRequestLine(PROD, READ, HOUR, WHY)),
        (f"new incident 1h {WHY}", several(HOUR, (PROD, READ), (STAGING, POWER), left_out=1)),
        (f"new deployment {PROD} ReadOnlyAccess 1h", ParsedRequestLine(PROD, READ, HOUR, "new deployment")),
        (f"group Operators 1h {WHY}", no_group("Operators")),
        (f"New Group Payments Operators 1 h {WHY}", no_group("Payments Operators")),
        (f"retired 1h {WHY}", RETIRED),
        ("group", ParsedRequestLine(not_understood={Field.GROUP: ""})),
    ],
)
async def test_a_line_is_understood(line: str, understood: ParsedRequestLine | str, world: World) -> None:
    """A text stands for an account of which nothing is said (rule 22)."""
    not_hers = Target(PROD, ADMIN)
    bundles = (
        Bundle("incident", (Target(PROD, READ), not_hers, Target(STAGING, POWER))),
        Bundle("nothing", (not_hers,)),
        Bundle("retired", (Target(OLD, POWER), Target(PROD, PermissionSetArn("ps-old")))),
    )
    await world.set_policies(replace(world.book(), bundles=bundles, labels={"ps-old": "OldAccess"}))
    read = await world.services.request_line.read(world.ada.chat, line)
    assert read.not_understood == {Field.ACCOUNT: understood} if isinstance(understood, str) else read == understood
    assert await world.services.request_line.read_group(world.ada.chat, line) is None  # no policy opens a group to her


@pytest.mark.parametrize(
    ("line", "unclear"),
    [
        ("555555555550 ReadOnlyAccess 1h x", {Field.ACCOUNT: "555555555550"}),
        ("Nowhere At All ReadOnlyAccess 1h x", {Field.ACCOUNT: "Nowhere At All"}),
        (f"{PROD} Nothing 1h x", {Field.PERMISSION_SET: "Nothing"}),
        (f"{PROD} ReadOnlyAccess 1x x", {Field.DURATION: "1x"}),
        ("1h Nowhere At All ReadOnlyAccess x", {Field.ACCOUNT: "Nowhere At All"}),
        ("555555555550 ReadOnlyAccess 1h", {Field.ACCOUNT: "555555555550"}),
        ("what is this", {Field.ACCOUNT: "what", Field.PERMISSION_SET: "is"}),
        (f"{PROD} ReadOnlyAccess 90 min and a half x", {Field.DURATION: "90 min and"}),
        (f"{PROD} ReadOnlyAccess 2 days 4", {Field.DURATION: "2 days 4"}),
        (f"{PROD} ReadOnlyAccess 1 hour thirty minutes x", {Field.DURATION: "1 hour thirty"}),
    ],
)
async def test_what_is_not_understood_is_given_back(line: str, unclear: dict[Field, str], world: World) -> None:
    assert (await world.services.request_line.read(world.ada.chat, line)).not_understood == unclear


async def test_what_one_may_not_ask_for_is_not_told_from_what_does_not_exist(world: World) -> None:
    """Rule 22: AdministratorAccess and the account Old Billing exist."""
    pairs = (
        (f"{PROD} AdministratorAccess 1h x", f"{PROD} AdministratorAcces 1h x"),
        ('"Old Billing" ReadOnlyAccess 1h x', '"Odd Billing" ReadOnlyAccess 1h x'),
    )
    for pair in pairs:
        real, invented = [await world.services.request_line.read(world.ada.chat, line) for line in pair]
        assert replace(real, not_understood={}) == replace(invented, not_understood={})
        assert set(real.not_understood) == set(invented.not_understood) != set()


async def test_an_account_name_that_two_have_is_not_guessed(world: World) -> None:
    organization = world.reader.organization
    twin = Account(world.reader.organization.accounts[STAGING].id, "Payments Prod", PAYMENTS)
    world.reader.organization = replace(organization, accounts={**organization.accounts, STAGING: twin})
    world.go_to(world.clock.now() + HOUR)
    await world.services.organizations.refresh(force=True)
    read = await world.services.request_line.read(world.ada.chat, f"Payments Prod PowerUserAccess 1h {WHY}")
    assert read == ParsedRequestLine(None, POWER, HOUR, WHY, {Field.ACCOUNT: "Payments Prod"})
    assert {choice.account.id: choice.path for choice in read.alike} == {
        PROD: ("Workloads", "Payments"),
        STAGING: ("Workloads", "Payments"),
    }
    for typed in (str(STAGING), f'"Payments Prod ({STAGING})"'):
        read = await world.services.request_line.read(world.ada.chat, f"{typed} PowerUserAccess 1h {WHY}")
        assert (read.account, read.alike) == (STAGING, ())


async def test_a_target_that_a_program_names_is_found_by_all_that_it_is_called_and_never_guessed(world: World) -> None:
    accounts = dict(world.reader.organization.accounts)
    accounts[SANDBOX] = replace(accounts[SANDBOX], name="Payments Prod")
    accounts[STAGING] = replace(accounts[STAGING], name="Payments, staging")
    world.reader.organization = replace(world.reader.organization, accounts=accounts)
    world.go_to(world.clock.now() + HOUR)
    await world.services.organizations.refresh(force=True)
    unclear = {
        ("Payments Prod", "PowerUserAccess"): (Field.ACCOUNT,),  # both of them have it
        ("Payments Prod", "nothing"): (Field.PERMISSION_SET,),
        ("nowhere", "ReadOnlyAccess"): (Field.ACCOUNT,),
        ("nowhere", "nothing"): (Field.ACCOUNT, Field.PERMISSION_SET),
        ("", ""): (Field.ACCOUNT, Field.PERMISSION_SET),
        (SANDBOX, "ReadOnlyAccess"): (Field.PERMISSION_SET,),
    }
    found = {
        ("payments prod", "ReadOnlyAccess"): Target(PROD, READ),  # only there
        (f"Payments Prod ({SANDBOX})", "ps-power"): Target(SANDBOX, POWER),
        ("Payments, staging", READ): Target(STAGING, READ),
    }
    named = [*unclear, *found]
    read = await world.services.request_line.read_targets(world.ada.chat, named)
    wanted = [*(ReadTarget(None, fields) for fields in unclear.values()), *map(ReadTarget, found.values())]
    assert dict(zip(named, read, strict=True)) == dict(zip(named, wanted, strict=True))


async def test_a_line_of_any_length_is_read_at_once(world: World) -> None:
    read = await world.services.request_line.read(world.ada.chat, "„" * 100_000)
    assert read.account is None
    assert len(read.justification) <= 2000


@pytest.mark.parametrize("line", ["", " ", '"', "“", '""', "'a b'", "\u00a0x"])
def test_odd_lines_are_split_without_a_fault(line: str) -> None:
    assert all(word.end <= len(line) for word in words(line))

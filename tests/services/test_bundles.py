"""Bundles are changed by drafts as policies are: judged, previewed, saved with a reason, and on record."""

from dataclasses import replace

import pytest

from core.domain.errors import Field, Reason
from core.domain.ids import AccountId
from core.domain.open_requests import MOST_TARGETS
from core.domain.organization import Target
from core.domain.outcome import Result
from core.domain.policy import Bundle, PolicyBook
from core.domain.policy_diff import Section
from core.domain.policy_validation import is_about
from tests.services.company import READ, TARGET
from tests.services.test_drafts import drafted, previewed, refused, save
from tests.services.world import World

READING = Target(TARGET.account, READ)


def with_bundles(world: World, *bundles: Bundle, **settings: object) -> PolicyBook:
    return replace(world.book(**settings), revision=1, bundles=bundles)


async def test_a_bundle_that_is_saved_is_offered_at_once_and_on_record(world: World) -> None:
    draft = await drafted(world, with_bundles(world, Bundle("incident", (TARGET, READING))))
    assert (await save(world, draft)).result is Result.SAVED
    (offered,) = await world.services.form_options.bundles(world.ada.chat)
    assert offered.name == "incident"
    (changed,) = [each for each in await world.events() if each["action"] == "policies.changed"][-1:]
    told = str(changed["facts"])
    assert "bundles.incident" in told
    assert "PowerUserAccess in Payments Prod (" in told


async def test_a_bundle_gives_nobody_anything_so_no_second_admin_is_asked(world: World) -> None:
    await world.set_policies(world.book(policy_changes="second_admin"))
    book = replace(world.book(policy_changes="second_admin"), revision=2, bundles=(Bundle("incident", (TARGET,)),))
    preview = await previewed(world, replace(await world.services.policies.current(), bundles=book.bundles))
    assert preview.may_be_saved
    assert preview.waits == ()
    assert not preview.effects.gained


@pytest.mark.parametrize(
    ("bundles", "reasons"),
    [
        ((Bundle("two words", (TARGET,)),), [(Reason.BUNDLE_NAME_UNUSABLE, Field.NAME)]),
        ((Bundle("", (TARGET,)),), [(Reason.BUNDLE_NAME_UNUSABLE, Field.NAME)]),
        ((Bundle("incident"),), [(Reason.BUNDLE_EMPTY, Field.TARGETS)]),
        (
            (Bundle("incident", (TARGET,)), Bundle("Incident", (TARGET,))),
            [(Reason.BUNDLE_NAME_TAKEN, Field.NAME)] * 2,
        ),
        (
            (Bundle("all", tuple(Target(AccountId(f"{n:012}"), READ) for n in range(MOST_TARGETS + 1))),),
            [(Reason.BUNDLE_TOO_LONG, Field.TARGETS)],
        ),
    ],
)
async def test_a_bundle_that_nobody_could_use_is_refused_with_its_field(
    bundles: tuple[Bundle, ...], reasons: list[tuple[Reason, str]], world: World
) -> None:
    assert await refused(world, with_bundles(world, *bundles)) == reasons


async def test_what_is_wrong_with_a_bundle_is_mended_there_and_not_in_a_policy_of_its_name(world: World) -> None:
    (fault,) = (await previewed(world, with_bundles(world, Bundle("vault")))).faults
    assert is_about(fault, Section.BUNDLES, "vault")
    assert not any(is_about(fault, section, "vault") for section in (Section.ELIGIBILITY, Section.APPROVAL))


async def test_what_is_gone_is_accepted_and_its_bundle_stays_of_use(world: World) -> None:
    gone = Target(AccountId("000000000000"), READ)
    draft = await drafted(world, with_bundles(world, Bundle("incident", (gone, READING))))
    assert (await save(world, draft)).result is Result.SAVED

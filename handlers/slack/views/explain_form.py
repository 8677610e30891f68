"""**Explain**: who is asked about, and the verdict of each rule in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block, ExternalDataSelectElement, InputBlock
from slack_sdk.models.views import View

from core.services.queries.policy_explainer import Explanation
from handlers.slack.drawing.message import Message
from handlers.slack.ids import ActionId, BlockId, CallbackId
from handlers.slack.views.block import note, section, sections, words
from handlers.slack.views.text import bold, code, name, prose
from handlers.words import explain_words, policy_words

_INPUTS = (
    (BlockId.EXPLAIN_USER, "Person", ActionId.FIND_USERS),
    (BlockId.EXPLAIN_ACCOUNT, "Account", ActionId.FIND_ACCOUNTS),
    (BlockId.EXPLAIN_PERMISSION_SET, "Permission set", ActionId.FIND_PERMISSION_SETS),
)


@dataclass(frozen=True, slots=True)
class ExplainQuestion:
    """By id: a principal, an account, a permission set."""

    user: str
    account: str
    permission_set: str


def build() -> View:
    """Ask what is to be explained."""
    return View(
        type="modal",
        callback_id=CallbackId.EXPLAIN.value,
        title=words("Explain", 24),
        submit=words("Explain", 24),
        close=words("Close", 24),
        blocks=[_select(*each) for each in _INPUTS],
    )


def _select(block: BlockId, label: str, action: ActionId) -> Block:
    element = ExternalDataSelectElement(
        action_id=action.value, placeholder=words("Type to search", 150), min_query_length=0
    )
    return InputBlock(label=words(label, 100), block_id=block.value, element=element)


def parse(view: Mapping[str, Any]) -> ExplainQuestion:
    values = (view.get("state") or {}).get("values") or {}
    return ExplainQuestion(*(_chosen(values, block, action) for block, _, action in _INPUTS))


def _chosen(values: Mapping[str, Any], block: BlockId, action: ActionId) -> str:
    option = ((values.get(block.value) or {}).get(action.value) or {}).get("selected_option") or {}
    return str(option.get("value") or "")


def answer(told: Explanation, *, approvals_on: bool) -> Message:
    """The verdict: who may, how long, who decides, each with its policies."""
    who, path = told.person.principal, " / ".join(told.account_path)
    where = f"{bold(told.account.name)} ({code(told.account.id)}){f' · {prose(path, 300)}' if path else ''}"
    title = f"{bold(who.name)} ({code(who.user_name)}): {bold(told.permission_set.name)} in {where}"
    lines = explain_words.explain(
        told.judgement,
        approvers=[principal.name for principal in told.approvers],
        groups=told.group_names,
        approvals_on=approvals_on,
        barred=told.barred,
    )
    lines = (*lines, *(explain_words.around(told.around) if told.around else ()))
    if told.judgement.eligibility is None:
        lines = (*lines, *policy_words.near_misses(told.covering, told.naming))
    return Message(f"{name(who.name)}: {prose(lines[0], 1000)}", [section(title), *sections(_marked(lines))])


def _marked(lines: Sequence[str]) -> list[str]:
    """Each rule's word in bold: ``May ask``, ``How long``."""
    split = [line.partition(": ") for line in lines]
    return [f"*{prose(label, 80)}*: {prose(said, 1500)}" for label, _, said in split]


def answer_view(told: Explanation, *, approvals_on: bool) -> View:
    return note("Explain", answer(told, approvals_on=approvals_on).blocks)


def failed(sentence: str) -> View:
    return note("Explain", [section(f"⛔ {prose(sentence)}")])

"""**Explain**: who is asked about, and the verdict of each rule in words."""

from dataclasses import dataclass

from core.domain.organization import Account
from core.domain.people import Principal
from core.services.queries.policy_explainer import Explanation
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.inputs import Choice, Input, Lookup
from handlers.screens.parts import lines, row
from handlers.screens.screen import Message, Screen, form, message, note
from handlers.screens.spans import Code, Text, Untrusted, name, strong, strong_name, text
from handlers.words import explain_words, policy_words

_INPUTS = (
    (InputId.EXPLAIN_USER, "Person", ActionId.FIND_USERS),
    (InputId.EXPLAIN_ACCOUNT, "Account", ActionId.FIND_ACCOUNTS),
    (InputId.EXPLAIN_PERMISSION_SET, "Permission set", ActionId.FIND_PERMISSION_SETS),
)


@dataclass(frozen=True, slots=True)
class ExplainQuery:
    """By id: a principal, an account, a permission set."""

    user: str
    account: str
    permission_set: str


def build(user: Principal | None = None, account: Account | None = None) -> Screen:
    """Ask what is to be explained; what is known of it is filled in."""
    known = {
        InputId.EXPLAIN_USER: (Choice(user.name, user.id, user.user_name),) if user else (),
        InputId.EXPLAIN_ACCOUNT: (Choice(account.name, account.id, account.id),) if account else (),
    }
    asked = [Input(id_, action, label, Lookup(known.get(id_, ()))) for id_, label, action in _INPUTS]
    return form(FormId.EXPLAIN, "Explain", asked, submit="Explain", close="Close")


def parse(filled: Filled) -> ExplainQuery:
    return ExplainQuery(*(filled.chosen(id_) for id_, _, _ in _INPUTS))


def answer(told: Explanation, *, approvals_on: bool) -> Message:
    """The verdict: who may, how long, who decides, each with its policies."""
    who, path = told.person.principal, " / ".join(told.account_path)
    below = text(" · ", Untrusted(path, 300)) if path else ""
    where = text(strong_name(told.account.name), " (", Code(told.account.id), ")", below)
    person = text(strong_name(who.name), " (", Code(who.user_name), ")")
    title = row(person, ": ", strong_name(told.permission_set.name), " in ", where)
    verdicts = explain_words.explain(
        told.judgement,
        approvers=[principal.name for principal in told.approvers],
        groups=told.group_names,
        approvals_on=approvals_on,
        barred=told.barred,
    )
    verdicts = (*verdicts, *(explain_words.around(told.around) if told.around else ()))
    if told.judgement.eligibility is None:
        verdicts = (*verdicts, *policy_words.near_misses(told.covering, told.naming))
    return message(text(name(who.name), ": ", Untrusted(verdicts[0], 1000)), [title, lines(*map(_marked, verdicts))])


def _marked(verdict: str) -> Text:
    """Each rule's word in bold: ``May ask``, ``How long``."""
    label, _, said = verdict.partition(": ")
    return text(strong(Untrusted(label, 80)), ": ", Untrusted(said, 1500))


def answer_screen(told: Explanation, *, approvals_on: bool) -> Screen:
    return note("Explain", answer(told, approvals_on=approvals_on).parts)


def failed(sentence: str) -> Screen:
    return note("Explain", [row("⛔ ", Untrusted(sentence))])

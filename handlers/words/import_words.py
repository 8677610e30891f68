"""The findings of an import, in words: what maps, what means something else here, and what has no place here."""

from collections.abc import Iterable, Iterator, Mapping

from core.domain.imports.notes import Finding, Meaning, Note

TITLES: Mapping[Meaning, str] = {
    Meaning.MAPS: "What maps",
    Meaning.DIFFERS: "What differs in meaning",
    Meaning.LOST: "What does not map",
}

_MAPS: Mapping[Finding, str] = {
    Finding.ELIGIBILITY: "eligibility policy {about}, from {what}",
    Finding.APPROVAL: "approval policy {about}, from {what}",
    Finding.SETTING: "setting {about}: {what}",
    Finding.NO_APPROVAL_NEEDED: "{about} needs no approval, as before: {what}",
}
_DIFFERS: Mapping[Finding, str] = {
    Finding.LIMIT_CAPPED: "{about}: its limit of {first} is above the global one of {rest}, and is written as that. "
    "AWS TEAM's documents say that the policy wins, its code does not: check which was meant.",
    Finding.LIMIT_LENT: "{about}: in AWS TEAM its people may also use the longer limit of {what} for its targets. "
    "Here a limit holds for the targets of its own policy.",
    Finding.BYPASS_LOST: "{about}: {first} needed no approval in AWS TEAM, and needs one here, since every matching "
    "policy must agree: {rest}",
    Finding.OU_OPENS: "{about}: opens what AWS TEAM did not, because an OU here includes those below it: {what}",
    Finding.OU_OPENS_WITHOUT_APPROVAL: "{about}: opens WITHOUT APPROVAL what AWS TEAM did not, because an OU here "
    "includes those below it: {what}",
    Finding.OU_MAKES_APPROVERS: "{about}: approves also in accounts of OUs further down: {what}",
    Finding.BOTH_PERSONAS: "{about} is both the admin and the auditor group: its people are both here, and only admins "
    "in AWS TEAM.",
    Finding.ASKED_DIRECTLY: "no channel is named: each approver is asked by direct message. Name channels with "
    "--channel.",
    Finding.SETTINGS_MISSING: "no row of the table Settings is among the files: AWS TEAM's defaults are written.",
    Finding.NOBODY_IN_GROUPS: "{about}: nobody enabled is in {what} today. What only they could approve is refused "
    "until somebody is.",
    Finding.SET_OUT_OF_REACH: "{about}: {what} is provisioned in the management account, so AWS lets the bot neither "
    "grant nor take it away. It is not offered.",
    Finding.OUTSIDE_THE_FILE: "setting {about}: {first} is written, the default here; the file does not say what "
    "SSO Elevator's {rest} is. Give it as an option if it is stricter.",
    Finding.TOO_SHORT: "setting durations: {what} is left out: the shortest access here is 15 min.",
    Finding.TOO_MANY_LENGTHS: "setting durations: no more than {what} can be named here, so any length may be asked "
    "for. Name the ones that people use.",
    Finding.REQUESTERS: "only {what} may ask. In SSO Elevator everybody whom it finds in Identity Center may.",
    Finding.SELF_APPROVAL: "{about} could approve their own requests, and needs somebody else here: {what}",
    Finding.ONLY_APPROVER: "{about} is the only one who approves, so their own requests are refused: {what}",
    Finding.NOBODY_APPROVES: "approval is needed and nobody can give it, so requests are refused: {what}",
    Finding.SETS_AS_OF_TODAY: "{about}: '*' is written as permission sets of today, because some of them follow "
    "another statement. New ones have to be added.",
    Finding.ACCOUNTS_AS_OF_TODAY: "{about}: '*' is written as accounts of today, because some of them follow another "
    "statement. New ones have to be added.",
    Finding.LIVE_ACCESS: "access that is live in {about} at the change-over is unknown here: keep "
    "`unknown_assignments: report` until the last of it has ended. Until then its people cannot ask for the same here.",
    Finding.REPLACES: "a policy file replaces everything that the bot has: see `teambot policy apply FILE --dry-run`.",
}
_LOST: Mapping[Finding, str] = {
    Finding.USER_GONE: "{about}: there is no user {what} in Identity Center.",
    Finding.USER_DISABLED: "{about}: the user {what} is disabled in Identity Center.",
    Finding.USER_AMBIGUOUS: "{about}: {what} stands for several users in Identity Center.",
    Finding.GROUP_GONE: "{about}: there is no group {what} in Identity Center.",
    Finding.GROUP_AMBIGUOUS: "{about}: several groups in Identity Center are called {what}.",
    Finding.ACCOUNT_GONE: "{about}: the account {what} is not in the organization.",
    Finding.ACCOUNT_SUSPENDED: "{about}: the account {what} is suspended or closed.",
    Finding.ACCOUNT_MANAGEMENT: "{about}: {what} is the management account. Access to it is never granted here.",
    Finding.OU_GONE: "{about}: the OU {what} is not in the organization.",
    Finding.SET_GONE: "{about}: there is no permission set {what}.",
    Finding.SET_AMBIGUOUS: "{about}: several permission sets are called {what}.",
    Finding.LEFT_OUT: "{about}: nothing is left of it, and it is left out.",
    Finding.CHANGE_RECORD: "{about}: ticket {first}, changed by {rest}. Say it in the commit of the file.",
    Finding.NOTIFICATIONS: "notifications by {what}: the bot writes in chat. E-mail to people whom no chat reaches and "
    "events to an SNS topic are variables: TEAMBOT_EMAIL_FROM and TEAMBOT_EVENTS_SNS_TOPIC.",
    Finding.AUDIT_CHANNEL: "the audit channel {about} is no setting: put its id into TEAMBOT_AUDIT_CHANNEL.",
    Finding.REQUESTS: "requests and sessions ({what}): history stays in AWS TEAM.",
    Finding.MORE_PAGES: "{about} is one page of several: give the others too, or their rows are missing.",
    Finding.GROUP_STATEMENTS: "statements about groups ({what}): name those groups in target_groups by hand.",
    Finding.RESOURCE_TYPE: "{about} is about {what}: only accounts can be asked for.",
}
_SENTENCES: Mapping[Meaning, Mapping[Finding, str]] = {
    Meaning.MAPS: _MAPS,
    Meaning.DIFFERS: _DIFFERS,
    Meaning.LOST: _LOST,
}


def meaning(finding: Finding) -> Meaning:
    """The heading under which it is told."""
    return next(each for each, sentences in _SENTENCES.items() if finding in sentences)


def lines(notes: Iterable[Note]) -> Iterator[str]:
    """All of it, under three headings."""
    told = list(notes)
    for each, title in TITLES.items():
        yield f"{title}:"
        under = [sentence(note) for note in told if meaning(note.finding) is each]
        yield from (f"  {line}" for line in under or ["nothing"])


def sentence(note: Note) -> str:
    """One line, without what an eye cannot see."""
    first, rest = (note.what[0], note.what[1:]) if note.what else ("", ())
    said = _SENTENCES[meaning(note.finding)][note.finding].format(
        about=note.about, what=_joined(note.what), first=first or "(none)", rest=_joined(rest)
    )
    return "".join(character if character.isprintable() else " " for character in said)


def _joined(parts: Iterable[str]) -> str:
    """Targets have commas themselves."""
    shown = [part for part in parts if part]
    return ("; " if any("," in part for part in shown) else ", ").join(shown) or "(none)"

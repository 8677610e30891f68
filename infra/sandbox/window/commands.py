"""What the message box completes: the subcommands of the slash command.

Slack itself shows one line, the usage hint; whoever is new here has nobody to ask for the rest.
"""

from dataclasses import dataclass

COMMAND = "/team"


@dataclass(frozen=True)
class Subcommand:
    word: str
    #: What is typed after it.
    takes: str
    does: str

    @property
    def line(self) -> str:
        """What stands in the box once it was chosen."""
        return f"{COMMAND} {self.word}{' ' if self.takes else ''}"


SUBCOMMANDS = (
    Subcommand("request", "", "Ask for access"),
    Subcommand("requests", "", "Your requests, newest first"),
    Subcommand("approvals", "", "What waits for you"),
    Subcommand("show", "R-1042", "One request, with its history"),
    Subcommand("cancel", "R-1042", "Withdraw your request"),
    Subcommand("revoke", "R-1042", "End access early"),
    Subcommand("whoami", "", "Who you are in Identity Center"),
    Subcommand("audit", "words", "Search all requests"),
    Subcommand("logs", "R-1042", "What was done during a request"),
    Subcommand("report", "90d", "Figures and charts of a period"),
    Subcommand("policy list", "", "All policies"),
    Subcommand("policy show", "name", "One policy"),
    Subcommand("policy create", "", "A new policy"),
    Subcommand("policy edit", "name", "Change a policy"),
    Subcommand("policy delete", "name", "Remove a policy"),
    Subcommand("policy history", "", "Every revision, and the way back to one"),
    Subcommand("policy explain", "user account permission-set", "Why somebody may, or may not"),
    Subcommand("close", "R-1042", "Close by hand an end that AWS will never finish"),
    Subcommand("settings", "", "What holds for everybody"),
    Subcommand("help", "", "What you can do here"),
)

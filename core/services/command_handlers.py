"""The use case of each kind of command."""

from dataclasses import dataclass

from core.domain.commands import (
    CancelRequest,
    CloseRequest,
    Command,
    DecidePolicies,
    DecideRequest,
    RevokeAccess,
    SavePolicies,
    StartExport,
    SubmitRequest,
    SubmitTogether,
    TakeFile,
)
from core.domain.outcome import Outcome
from core.services.audit.export_queue import ExportQueue
from core.services.policies.drafts import PolicyDrafts
from core.services.policies.proposals import PolicyProposals
from core.services.provisioning.manual_close import ManualClose
from core.services.requests.decide import ApprovalDecisions
from core.services.requests.end_early import EarlyEnd
from core.services.requests.submit import RequestSubmission
from core.services.requests.transition import CloseCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHandlers:
    """The use case of each kind of command."""

    submission: RequestSubmission
    decisions: ApprovalDecisions
    early_end: EarlyEnd
    manual_close: ManualClose
    exports: ExportQueue
    drafts: PolicyDrafts
    proposals: PolicyProposals

    async def carry_out(self, command: Command, close: CloseCommand) -> Outcome:  # noqa: PLR0911 - one per kind
        """Do it, and close it in the transaction that does. Raises what the use case raises."""
        match command:
            case SubmitRequest() | SubmitTogether():
                return await self.submission.submit(command, close)
            case DecideRequest():
                return await self.decisions.decide(command, close)
            case CancelRequest():
                return await self.early_end.cancel(command, close)
            case RevokeAccess():
                return await self.early_end.revoke(command, close)
            case CloseRequest():
                return await self.manual_close.close(command, close)
            case StartExport():
                return await self.exports.ask(command, close)
            case TakeFile():
                return await self.exports.take(command, close)
            case SavePolicies():
                return await self.drafts.save(command, close)
            case DecidePolicies():
                return await self.proposals.decide(command, close)

"""Block Kit as Slack judges it: the limits as data, and what an element keeps once a person has used it."""

from infra.sandbox.slack.blockkit.surfaces import check_message_blocks, check_options, check_view, with_ids

__all__ = ["check_message_blocks", "check_options", "check_view", "with_ids"]

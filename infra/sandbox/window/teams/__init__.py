"""Teams in the window: the conversations, cards and dialogs of one person, beside their Slack."""

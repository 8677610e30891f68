"""Sentences for Teams alone: where people find the bot there, and where they do not."""

HOW_TO_GET_IT = (
    "TEAM Bot answers in your own chat with it. To get that chat, open Apps in Teams, search for TEAM Bot and press "
    "Add; then type it again."
)
DONE = "Done."
NO_GROUP_CHATS = "TEAM Bot does not work in group chats. Write to it in your own chat with it, or in a channel."

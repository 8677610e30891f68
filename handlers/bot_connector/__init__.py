"""The Bot Connector of Microsoft Teams: who calls, what arrives, where to write, and the calls. It draws nothing."""

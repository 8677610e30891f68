"""From Slack to the app: signed requests and WebSocket envelopes, deadlines and answers."""

"""Slack's pictures as words: what a person reads in a message, a modal or the Home."""

from infra.sandbox.slack.reading.text_renderer import TextRenderer

__all__ = ["TextRenderer"]

"""The Home tab: what a person has, waits for, and can do."""

from core.domain.errors import AccessError
from handlers import sentences
from handlers.slack.desk import Desk
from handlers.slack.payloads import Sender
from handlers.slack.views import home


async def show(desk: Desk, sender: Sender) -> None:
    """Publish the Home of whoever has opened it; whoever may not use the bot reads there what to do."""
    try:
        page = await desk.services.history.own(sender.chat_user)
    except AccessError as error:
        view = home.refused(sentences.error(error))
    else:
        view = home.build(page.requests, page.reader, desk.clock.now(), await desk.links_to(None), more=page.more)
    await desk.screens.publish(sender.chat_user.user, view)

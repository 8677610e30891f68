"""People before windows: what they look for by role and label, and the few things that several tests do."""

import re
from dataclasses import dataclass, field

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from infra.sandbox.bot_supervisor import BotSupervisor
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.sandbox_clock import SandboxClock
from infra.sandbox.stage import Stage

#: Milliseconds for anything to appear, on a machine that runs other tests.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
#: What a busy bot says is shorter, and what a very busy one says comes before it knows the number.
SENT = re.compile(r"Sent( as R-\d+)?\.|is saved[;,]")


@dataclass
class House:
    sandbox: Sandbox
    bot: BotSupervisor
    address: str

    @property
    def stage(self) -> Stage:
        return self.sandbox.stage

    @property
    def clock(self) -> SandboxClock:
        return self.sandbox.clock

    async def tidy(self) -> None:
        """As a test found it: no trouble, no open form, a bot that runs."""
        self.stage.aws.up()
        self.stage.slack.faults.clear()
        for user in list(self.stage.slack.workspace.users):
            self.stage.slack.workspace.views.clear(user)
        if not self.bot.is_running:
            await self.bot.start()

    def holds(self, account_id: str, permission_set: str, user_name: str) -> bool:
        return (account_id, permission_set, user_name) in self.stage.aws.assignments()


@dataclass
class People:
    context: BrowserContext
    #: What browsers complained about.
    problems: list[str] = field(default_factory=list)

    async def sits(self, name: str, place: str = "c/C0GENERAL") -> Page:
        """A window of somebody, at a place."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._said)
        await page.goto(f"/as/{name}/{place}")
        return page

    def _said(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.problems.append(f"{said.text} {said.location.get('url', '')}")


async def types(page: Page, line: str) -> None:
    box = page.get_by_role("combobox", name="Message")
    await box.fill(line)
    await box.press("Enter")


async def opens_form(page: Page) -> Locator:
    await types(page, "/team request")
    form = page.get_by_role("dialog", name="Request access")
    await expect(form.get_by_role("button", name="Submit")).to_be_visible()
    return form


async def chooses(form: Locator, label: str, letters: str, option: str = "") -> None:
    """Types into a menu and takes what it offers."""
    await form.get_by_role("combobox", name=label, exact=True).press_sequentially(letters)
    await form.get_by_role("option", name=option or letters).first.click()
    await expect(form.get_by_role("listbox")).to_have_count(0)


async def asks(page: Page, account: str, permission_set: str, why: str, duration: str = "1 h") -> None:
    """From the command to the word that it was sent."""
    form = await opens_form(page)
    await chooses(form, "Account", account)
    await chooses(form, "Permission set", permission_set)
    await chooses(form, "Duration", duration)
    await form.get_by_role("textbox", name="Justification").fill(why)
    await form.get_by_role("button", name="Submit").click()
    sent = page.get_by_role("dialog")
    await expect(sent.get_by_text(SENT)).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(sent).to_have_count(0)


def message(page: Page, words: str) -> Locator:
    """The newest message at the top level with these words."""
    return page.get_by_role("log", name="Messages").get_by_role("article").filter(has_text=words).last


def card(page: Page, why: str) -> Locator:
    """The card of a request, known by its justification."""
    return page.get_by_role("log", name="Messages").get_by_role("article").filter(has_text=why).first


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("complementary", name="Behind the scenes").get_by_role("region", name=name, exact=True)

// The window comes alive: what changes arrives, what is done is sent. Everything is delegated, so that parts may be
// replaced at any time.
import { start as startLive } from "./live.js";
import { start as startActions } from "./actions.js";
import { start as startMenus } from "./menus.js";
import { start as startComposer } from "./composer.js";
import { start as startHands } from "./hands.js";
import { start as startLayout } from "./layout.js";

const teams = document.getElementById("teams") && (await import("./teams.js"));

// Now, and not before: from here on nothing that somebody does is lost.
document.documentElement.classList.add("alive");
startLayout();
startMenus();
startComposer();
startActions();
startHands();
startLive();
teams?.start();

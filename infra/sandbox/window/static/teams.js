// Teams beside Slack: the conversation that is shown, the box to write in, the one dialog, and what is done on cards.
import { ask, busyWhile, tell } from "./sending.js";
import { start as startCards, drawAll } from "./cards.js";

const dialog = document.getElementById("teams-dialog");
let cameFrom = null;

export function start() {
  startCards({ press, search });
  document.addEventListener("change", (event) => event.target.id === "teams-conversation" && go(event.target.value));
  document.addEventListener("submit", submitted);
  document.addEventListener("click", clicked);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    ask("teams-close", {});
  });
  let wasAtEnd = true;
  document.addEventListener("part:changing", () => (wasAtEnd = isAtEnd()));
  document.addEventListener("part:changed", (event) => changed(event.detail, wasAtEnd));
  toTheEnd();
  dialogChanged();
}

// A part of the window was replaced.
function changed(part, wasAtEnd) {
  if (!part.startsWith("teams")) return;
  drawAll();
  if (part === "teams" && wasAtEnd) toTheEnd();
  if (part === "teams_dialog") dialogChanged();
}

function isAtEnd() {
  const log = document.getElementById("teams-log");
  return log.scrollHeight - log.scrollTop - log.clientHeight < 80;
}

function toTheEnd() {
  const log = document.getElementById("teams-log");
  if (log) log.scrollTop = log.scrollHeight;
}

function here() {
  return document.getElementById("teams").dataset.here;
}

// Another conversation: the same window at Slack, another address.
function go(conversation) {
  const address = new URL(location.href);
  address.searchParams.set("teams", conversation);
  location.assign(address);
}

function placeOf(place) {
  if (place.hasAttribute("data-dialog")) return { dialog: true };
  const message = place.closest("[data-message]");
  return { conversation: message.dataset.conversation, message: message.dataset.message };
}

async function press(place, pressed, button) {
  const told = await busyWhile(button || place, () => ask("teams-press", { ...placeOf(place), ...pressed }));
  if (told?.line) tell(told.line);
}

async function search(place, input, query, inputs) {
  const told = await ask("teams-search", { ...placeOf(place), input, query, inputs });
  return told?.choices || [];
}

function clicked(event) {
  const button = event.target.closest("[data-teams-compose], [data-teams-choose], [data-teams-file], [data-teams-close]");
  if (!button) return;
  const data = button.dataset;
  if (data.teamsCompose) return void busyWhile(button, () => ask("teams-compose", { conversation: here(), command: data.teamsCompose }));
  if (data.teamsChoose) {
    button.closest("details.shortcuts").removeAttribute("open");
    return void busyWhile(button, () => ask("teams-choose", { ...placeOf(button), command: data.teamsChoose }));
  }
  if (data.teamsFile) return void busyWhile(button, () => ask("teams-file", { ...placeOf(button), answer: data.teamsFile }));
  ask("teams-close", {});
}

async function submitted(event) {
  const form = event.target.closest(".teams-composer");
  if (!form) return;
  event.preventDefault();
  const line = document.getElementById("teams-line");
  const text = line.value.trim();
  if (!text) return;
  line.value = "";
  const told = await busyWhile(form.querySelector(".send"), () => ask("teams-say", { conversation: here(), text, mention: form.dataset.mentions === "yes" }));
  if (!told && !line.value) line.value = text;
}

function dialogChanged() {
  const isOpen = Boolean(document.getElementById("teams_dialog").dataset.open);
  const opens = isOpen && !dialog.open;
  if (opens) {
    cameFrom = document.activeElement;
    dialog.showModal();
  } else if (!isOpen && dialog.open) {
    dialog.close();
    const back = cameFrom && document.contains(cameFrom) ? cameFrom : document.getElementById("teams-line");
    back?.focus({ preventScroll: true });
  }
  if (!isOpen || (!opens && dialog.contains(document.activeElement))) return;
  const first = dialog.querySelector(".card input, .card select, .card textarea, .card button") || document.getElementById("teams-dialog-title");
  first?.focus();
}

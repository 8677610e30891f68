// What is done in AWS by hand, and the move from AWS TEAM, whose report is shown before it takes effect.
import { ask, busyWhile, tell } from "./sending.js";

const dialog = () => document.getElementById("question");

export function start() {
  document.addEventListener("submit", submitted);
  document.addEventListener("click", clicked);
}

function submitted(event) {
  const form = event.target.closest("form[data-hand]");
  if (!form) return;
  event.preventDefault();
  const given = Object.fromEntries(new FormData(form));
  busyWhile(event.submitter, () => done({ hand: form.dataset.hand, ...given }));
}

async function done(asked) {
  const told = await ask("hand", asked);
  if (told) tell(told.sentence);
}

function clicked(event) {
  const button = event.target.closest("[data-take], [data-import], [data-hide]");
  if (!button) return;
  if ("hide" in button.dataset) return void busyWhile(button, () => ask("hide", {}));
  if ("import" in button.dataset) return void busyWhile(button, () => imported(false));
  const { person, account, set } = button.dataset;
  busyWhile(button, () => done({ hand: "remove", person, account, permission_set: set }));
}

async function imported(applies) {
  const told = await ask("import", { apply: applies });
  if (!told) return;
  const title = document.createElement("h2");
  title.id = "question-title";
  title.textContent = applies ? "These policies are in effect" : "What AWS TEAM had, as policies";
  const report = document.createElement("pre");
  report.textContent = told.report;
  report.tabIndex = 0;
  const buttons = document.createElement("div");
  buttons.className = "buttons";
  buttons.append(choice("Close", () => {}, ""));
  if (!applies) buttons.append(choice("Put them in effect", () => imported(true), "primary"));
  dialog().replaceChildren(title, report, buttons);
  dialog().showModal();
}

function choice(label, act, look) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `button ${look}`;
  button.textContent = label;
  button.addEventListener("click", () => busyWhile(button, async () => (dialog().close(), act())));
  return button;
}

// What somebody does with messages, forms and switches, sent as it is done.
import { ask, busyWhile } from "./sending.js";
import { placeOf, fieldsOf, valueOf } from "./fields.js";
import { asked } from "./question.js";

export function start() {
  document.addEventListener("click", clicked);
  document.addEventListener("submit", submitted);
  document.addEventListener("change", changed);
  document.addEventListener("input", (event) => touch(event.target));
  document.addEventListener("keydown", pressedEnter);
  document.getElementById("dialog").addEventListener("cancel", cancelled);
  document.addEventListener("menu:chosen", (event) => put(event.target.closest("[data-control]")));
}

const DOING = {
  press,
  dismiss: (button) => ask("dismiss", placeOf(button)),
  close: () => close(false),
  "close-all": () => close(true),
};

function clicked(event) {
  const button = event.target.closest("[data-do], [data-switch], [data-lift], [data-bot], [data-minutes], [data-next], [data-shortcut], [data-say], [data-join]");
  if (!button) return;
  const data = button.dataset;
  if (data.do) return void busyWhile(button, () => DOING[data.do](button, event));
  if (data.switch) return void busyWhile(button, () => ask("trouble", { switch: data.switch, on: button.getAttribute("aria-checked") !== "true" }));
  if (data.lift) return void busyWhile(button, () => ask("trouble", { switch: data.lift, on: false }));
  if (data.bot) return void busyWhile(button, () => ask("bot", { run: data.bot === "start" }));
  if (data.minutes) return void busyWhile(button, () => ask("clock", { minutes: Number(data.minutes) }));
  if (data.say) return void busyWhile(button, () => ask("say", { channel: document.querySelector(".composer")?.dataset.channel, text: data.say }));
  if (data.shortcut) return void busyWhile(button, () => choose(button));
  if (data.join) return void busyWhile(button, async () => (await ask("join", { channel: data.join })) && location.reload());
  busyWhile(button, () => ask("clock", { to: "next" }));
}

async function press(button, event) {
  const template = button.parentElement.querySelector(":scope > template");
  const link = button.closest("a");
  if (template && link) event.preventDefault();
  if (template && !(await asked(template, button))) return;
  button.closest("details.overflow")?.removeAttribute("open");
  await ask("press", { ...placeOf(button), block: button.dataset.block, action: button.dataset.action, value: button.dataset.value ?? null });
}

// One of the app's shortcuts, from the menu of the message box or of a message.
function choose(button) {
  button.closest("details.shortcuts")?.removeAttribute("open");
  return ask("shortcut", { ...placeOf(button), shortcut: button.dataset.shortcut });
}

function close(all) {
  const form = document.querySelector("#modal form");
  return form && ask("close", { view: form.dataset.view, all });
}

// Escape: the sandbox closes the modal, and says so; the dialog follows.
function cancelled(event) {
  event.preventDefault();
  close(false);
}

function submitted(event) {
  const form = event.target.closest("#modal form");
  if (!form) return;
  event.preventDefault();
  const button = event.submitter || form.querySelector("[type=submit]");
  if (!button || button.disabled) return;
  busyWhile(button, () => ask("submit", { view: form.dataset.view, fields: fieldsOf(form) }));
}

function touch(target) {
  const control = target.closest("[data-control]");
  if (control) control.dataset.dirty = "yes";
}

function changed(event) {
  const control = event.target.closest("[data-control]");
  if (!control || event.target.getAttribute("role") === "combobox") return;
  control.dataset.dirty = "yes";
  const typed = event.target.matches("input[type=text], input[type=email], input[type=url], textarea");
  if (!typed) put(control);
}

function pressedEnter(event) {
  if (event.key !== "Enter" || event.isComposing) return;
  const control = event.target.closest("[data-control]");
  if (!control?.hasAttribute("data-dispatches") || !event.target.matches("input[type=text], input[type=email], input[type=url]")) return;
  if (event.target.getAttribute("role") === "combobox") return;
  event.preventDefault();
  put(control);
}

// A field whose every change the app wants to know.
function put(control) {
  if (!control?.hasAttribute("data-dispatches")) return;
  const value = valueOf(control);
  ask("put", { ...placeOf(control), block: control.dataset.block, action: control.dataset.action, value });
}

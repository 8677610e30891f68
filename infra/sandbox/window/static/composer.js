// The message box: sends, and completes the slash command.
import { ask, busyWhile } from "./sending.js";
import { List } from "./list.js";

const form = document.querySelector(".composer");
const line = document.getElementById("line");

export function start() {
  if (!form) return;
  const list = new List(line, document.getElementById("completions"));
  line.addEventListener("input", () => complete(list));
  line.addEventListener("keydown", (event) => keyed(event, list));
  line.addEventListener("blur", () => list.close());
  list.list.addEventListener("mousedown", (event) => event.preventDefault());
  list.list.addEventListener("click", (event) => take(list, event.target.closest("[role=option]")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(list);
  });
}

function complete(list) {
  const typed = line.value;
  let any = false;
  for (const option of list.list.children) {
    const fits = typed.startsWith("/") && option.dataset.line.trim().startsWith(typed.trim()) && option.dataset.line.trim() !== typed.trim();
    option.hidden = !fits;
    any ||= fits;
  }
  list.activate(null);
  if (any) list.open();
  else list.close();
}

function keyed(event, list) {
  if (event.isComposing) return;
  if (event.key === "Escape" && list.isOpen) return list.close();
  if (!list.isOpen) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    list.move(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Tab" || (event.key === "Enter" && list.active)) {
    const option = list.active || list.options[0];
    if (!option) return;
    event.preventDefault();
    take(list, option);
  }
}

// A command that takes nothing more is whole: it stands there to be sent.
function take(list, option) {
  if (!option) return;
  line.value = option.dataset.line;
  line.focus();
  list.close();
}

async function send(list) {
  const text = line.value.trim();
  if (!text) return;
  list.close();
  line.value = "";
  const button = form.querySelector(".send");
  const told = await busyWhile(button, () => ask("say", { channel: form.dataset.channel, text }));
  if (!told && !line.value) line.value = text;
}

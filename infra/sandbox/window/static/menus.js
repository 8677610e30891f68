// Menus that are searched by typing: the sandbox asks the app, as Slack does, and one choice or several are kept.
import { ask } from "./sending.js";
import { placeOf } from "./fields.js";
import { List } from "./list.js";

const PAUSE = 120;
let timer = 0;
let turn = 0;
// Letters whose options have not come yet, and whether Enter was pressed meanwhile.
let waiting = null;

export function start() {
  document.addEventListener("input", typed);
  document.addEventListener("keydown", keyed, true);
  document.addEventListener("click", clicked);
  document.addEventListener("focusout", left);
  document.addEventListener("mousedown", pressed);
}

const comboOf = (target) => target.closest?.(".combo");
const fieldOf = (combo) => combo.querySelector("[role=combobox]");
const listOf = (combo) => new List(fieldOf(combo), combo.querySelector("[role=listbox]"));

function typed(event) {
  const combo = comboOf(event.target);
  if (!combo || event.target !== fieldOf(combo)) return;
  clearTimeout(timer);
  listOf(combo).activate(null); // what is offered now is not what these letters mean
  waiting = { combo, enter: false };
  timer = setTimeout(() => search(combo, event.target.value), PAUSE);
}

async function search(combo, query) {
  const list = listOf(combo);
  const least = Number(combo.dataset.least);
  if (query.length < least) {
    say(list, `Type ${least} letter${least === 1 ? "" : "s"} or more.`);
    return;
  }
  const mine = ++turn;
  const control = combo.closest("[data-control]");
  const place = placeOf(control);
  combo.setAttribute("aria-busy", "true");
  const told = await ask("suggest", { ...place, block: control.dataset.block, action: control.dataset.action, query });
  combo.removeAttribute("aria-busy");
  if (mine !== turn || !document.contains(combo)) return;
  if (!told?.options) return list.close();
  list.list.innerHTML = told.options;
  list.open();
  if (query) list.move(1);
  const enter = waiting?.combo === combo && waiting.enter;
  waiting = null;
  if (enter && list.active) choose(combo, list.active);
}

function say(list, words) {
  const line = document.createElement("li");
  line.setAttribute("role", "option");
  line.setAttribute("aria-disabled", "true");
  line.setAttribute("aria-selected", "false");
  line.className = "none";
  line.textContent = words;
  list.list.replaceChildren(line);
  list.open();
}

function keyed(event) {
  const combo = comboOf(event.target);
  if (!combo || event.target !== fieldOf(combo)) return;
  const list = listOf(combo);
  const { key } = event;
  if (key === "ArrowDown" || key === "ArrowUp") {
    event.preventDefault();
    if (list.isOpen) list.move(key === "ArrowDown" ? 1 : -1);
    else search(combo, "");
  } else if (key === "Enter") {
    event.preventDefault();
    if (waiting?.combo === combo) waiting.enter = true;
    else if (list.isOpen && list.active) choose(combo, list.active);
    else if (!list.isOpen) search(combo, "");
  } else if (key === "Escape" && list.isOpen) {
    event.preventDefault();
    event.stopPropagation();
    reset(combo);
  } else if (key === "Backspace" && combo.dataset.several && !event.target.value) {
    remove(combo, combo.querySelector(".chip:last-child"));
  }
}

// An option is taken when it is pressed: until the button is let go, the list may be another.
function pressed(event) {
  if (!event.target.closest(".combo [role=listbox]")) return;
  event.preventDefault();
  if (event.button === 0) take(event.target.closest("[role=option]"));
}

function take(option) {
  const combo = option && comboOf(option);
  if (combo && listOf(combo).isOpen && !option.getAttribute("aria-disabled")) choose(combo, option);
}

function clicked(event) {
  const combo = comboOf(event.target);
  if (!combo) return;
  const option = event.target.closest("[role=option]");
  if (option) return take(option); // a screen reader clicks, and presses nothing
  if (event.target.closest("[data-clear]")) return clear(combo);
  const chip = event.target.closest("[data-remove]") && event.target.closest(".chip");
  if (chip) return remove(combo, chip);
  if (event.target === fieldOf(combo) && !listOf(combo).isOpen) {
    event.target.select();
    search(combo, "");
  }
}

function choose(combo, option) {
  const field = fieldOf(combo);
  const { option: json } = option.dataset;
  const name = option.querySelector(".name").textContent;
  listOf(combo).close();
  if (combo.dataset.several) add(combo, name, json);
  else {
    combo.querySelector("[data-chosen]").value = json;
    combo.querySelector("[data-clear]").hidden = false;
    field.value = name;
  }
  done(combo);
}

function add(combo, name, json) {
  const chips = combo.querySelector(".chips");
  const values = [...chips.querySelectorAll("[data-chosen]")].map((each) => JSON.parse(each.value).value);
  fieldOf(combo).value = "";
  if (values.includes(JSON.parse(json).value) || values.length >= Number(combo.dataset.several)) return;
  const chip = document.createElement("li");
  chip.className = "chip";
  chip.innerHTML = '<span></span><button type="button" data-remove><span aria-hidden="true">×</span></button><input type="hidden" data-chosen>';
  chip.querySelector("span").textContent = name;
  chip.querySelector("button").setAttribute("aria-label", `Remove ${name}`);
  chip.querySelector("input").value = json;
  chips.append(chip);
}

function remove(combo, chip) {
  if (!chip) return;
  chip.remove();
  fieldOf(combo).focus();
  done(combo);
}

function clear(combo) {
  combo.querySelector("[data-chosen]").value = "";
  combo.querySelector("[data-clear]").hidden = true;
  fieldOf(combo).value = "";
  fieldOf(combo).focus();
  done(combo);
}

function done(combo) {
  turn++;
  waiting = null;
  clearTimeout(timer);
  combo.closest("[data-control]").dataset.dirty = "yes";
  combo.dispatchEvent(new CustomEvent("menu:chosen", { bubbles: true }));
}

// Letters that were typed and not chosen from mean nothing: what was chosen before stands.
function reset(combo) {
  turn++;
  waiting = null;
  clearTimeout(timer);
  listOf(combo).close();
  const chosen = combo.dataset.several ? null : combo.querySelector("[data-chosen]").value;
  fieldOf(combo).value = chosen ? JSON.parse(chosen).text.text : "";
}

function left(event) {
  const combo = comboOf(event.target);
  if (combo && event.target === fieldOf(combo) && !combo.contains(event.relatedTarget)) reset(combo);
}

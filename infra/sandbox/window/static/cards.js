// Cards of Teams, drawn by Microsoft's package in the colours of the window; what it can't draw is said above the card.
import { HOST } from "./host_config.js";
import { TypeAhead, searchWith } from "./type_ahead.js";

const AC = window.AdaptiveCards;
// Of markdown what Teams knows in cards: no HTML, no pictures, no address that would run a program.
const markdown = window.markdownit("zero", { html: false }).enable(["emphasis", "link", "list", "newline", "escape", "entity"]);
const drawn = new WeakMap();
let hands = {};

// An element of Teams that the package does not know.
class CodeBlock extends AC.CardElement {
  static snippet = new AC.StringProperty(AC.Versions.v1_0, "codeSnippet");

  getJsonTypeName() {
    return "CodeBlock";
  }

  internalRender() {
    return Object.assign(document.createElement("pre"), { className: "code-block", textContent: this.getValue(CodeBlock.snippet) });
  }
}

AC.GlobalRegistry.elements.register("CodeBlock", CodeBlock, AC.Versions.v1_0);
AC.GlobalRegistry.elements.register("Input.ChoiceSet", TypeAhead, AC.Versions.v1_0);
AC.AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdown.render(text);
  result.didProcess = true;
};

// `press(place, action)`, `search(place, input, query)`: what is done with what somebody does on a card.
export function start(given) {
  hands = given;
  searchWith((input, query) => hands.search(placeOf(input), input.id, query, inputsOf(input.getRootElement())));
  drawAll();
}

// Draws every card that is not there yet, or is another one now.
export function drawAll() {
  for (const place of document.querySelectorAll("[data-card]")) if (drawn.get(place) !== place.dataset.card || !place.firstChild) draw(place);
}

function draw(place) {
  drawn.set(place, place.dataset.card);
  const payload = JSON.parse(place.dataset.card);
  const numbered = numberActions(payload);
  const card = new AC.AdaptiveCard();
  card.version = AC.Versions.v1_6;
  card.hostConfig = new AC.HostConfig(HOST);
  card.onExecuteAction = (action) => act(place, action, numbered);
  card.onInputValueChanged = (input) => resetOthers(card, payload, input);
  card.onAnchorClicked = (_, anchor) => lead(anchor.href);
  card.place = place;
  const context = new AC.SerializationContext(AC.Versions.v1_6);
  card.parse(mentioned(payload), context);
  const shown = card.render();
  place.replaceChildren(...troubles(context), ...(shown ? [shown] : []));
  for (const anchor of place.querySelectorAll("a[href]")) anchor.href = outside(anchor.href);
  place.drawnCard = card;
}

// The package keeps an action's id: the number in the card's own order is how the sandbox finds it again.
function numberActions(payload) {
  const found = new Map();
  const walk = (content) => {
    if (Array.isArray(content)) return content.forEach(walk);
    if (!content || typeof content !== "object") return;
    if (String(content.type || "").startsWith("Action.")) {
      const number = found.size;
      found.set(`#${number}`, { number, title: content.title || "", type: content.type });
      content.id = `#${number}`;
    }
    for (const [key, value] of Object.entries(content)) if (key !== "data") walk(value);
  };
  walk(payload);
  return found;
}

function act(place, action, numbered) {
  if (action instanceof AC.OpenUrlAction) return lead(action.url);
  const known = numbered.get(action.id);
  if (!known) return;
  const inputs = action.associatedInputs === "none" ? {} : inputsOf(place.drawnCard);
  const button = action.renderedElement;
  hands.press(place, { action: known.number, title: known.title, inputs }, button);
}

function inputsOf(card) {
  return Object.fromEntries(card.getAllInputs().filter((each) => each.id).map((each) => [each.id, each.value === undefined ? "" : String(each.value)]));
}

function placeOf(input) {
  return input.getRootElement().place;
}

// What Teams does with `valueChangedAction`, which the package does not know.
function resetOthers(card, payload, input) {
  const find = (content) => {
    if (!content || typeof content !== "object") return null;
    if (content.id === input.id && String(content.type || "").startsWith("Input.")) return content;
    for (const [key, value] of Object.entries(content)) {
      const found = key === "data" ? null : find(value);
      if (found) return found;
    }
    return null;
  };
  const targets = find(payload)?.valueChangedAction?.targetInputIds || [];
  for (const each of card.getAllInputs()) if (targets.includes(each.id) && each !== input) each.resetValue();
}

// Mentions count where an entity names them; everything else in angle brackets stays as it was typed.
function mentioned(payload) {
  const entities = payload.msteams?.entities || [];
  if (!entities.length) return payload;
  const marked = entities.map((each) => [JSON.stringify(each.text).slice(1, -1), JSON.stringify(`**@${each.mentioned.name.replace(/([\\*_[\]()])/g, "\\$1")}**`).slice(1, -1)]);
  let text = JSON.stringify({ ...payload, msteams: undefined });
  for (const [from, to] of marked) text = text.replaceAll(from, to);
  return JSON.parse(text);
}

const EXPECTED = new Set([AC.ValidationEvent.CollectionCantBeEmpty]); // a type-ahead has no choices of its own

function troubles(context) {
  const found = [];
  for (let number = 0; number < context.eventCount; number++) {
    const event = context.getEventAt(number);
    if (!EXPECTED.has(event.event)) found.push(event.message);
  }
  if (!found.length) return [];
  const note = Object.assign(document.createElement("div"), { className: "undrawn" });
  note.setAttribute("role", "note");
  const line = Object.assign(document.createElement("strong"), { textContent: "This page cannot draw all of this card." });
  note.append(line, ...[...new Set(found)].map((message) => Object.assign(document.createElement("p"), { textContent: message })));
  return [note];
}

function outside(address) {
  return `${document.documentElement.dataset.base}/outside?to=${encodeURIComponent(address)}`;
}

function lead(address) {
  window.open(address.includes("/outside?to=") ? address : outside(address), "_blank", "noopener");
}

// What the sandbox tells: parts that look different now, put in place without disturbing what somebody is doing.
import { Idiomorph } from "./vendor/idiomorph-0.8.0.esm.js";
import { valueOf } from "./fields.js";
import { modalChanged } from "./modal.js";

const root = document.documentElement;
const lost = document.getElementById("lost");
const WAITS = [250, 500, 1000, 2000];
let tries = 0;

export function start() {
  connect();
  toTheEnd();
  showAnchor();
  addEventListener("hashchange", showAnchor);
  modalChanged();
}

function connect() {
  const address = new URL(root.dataset.live, location.href);
  address.protocol = "ws:";
  const socket = new WebSocket(address);
  const tell = () => socket.readyState === WebSocket.OPEN && socket.send(document.visibilityState);
  document.addEventListener("visibilitychange", tell);
  socket.onopen = tell;
  socket.onmessage = (event) => receive(JSON.parse(event.data));
  socket.onclose = () => {
    document.removeEventListener("visibilitychange", tell);
    // A page that is on its way out loses its connection, too: that is no news.
    setTimeout(() => tries > 1 && say("The sandbox does not answer. Start it again with “make run”; this window comes back by itself."), 400);
    setTimeout(connect, WAITS[Math.min(tries++, WAITS.length - 1)]);
  };
}

function receive(told) {
  if (told.run) {
    tries = 0;
    if (told.run !== root.dataset.run) return renew();
    say("");
  }
  for (const [part, html] of Object.entries(told.parts || {})) put(part, html);
  if (told.title) document.title = told.title;
}

function say(words) {
  if (lost.textContent !== words) lost.textContent = words;
  lost.hidden = !words;
}

// The sandbox was started again: everything this window shows is gone there.
function renew() {
  say("The sandbox was started again, and this window shows the one before. ");
  const again = document.createElement("a");
  again.href = "/";
  again.textContent = "Reload it.";
  lost.append(again);
}

function put(part, html) {
  const old = document.getElementById(part);
  if (!old) return;
  document.dispatchEvent(new CustomEvent("part:changing", { detail: part }));
  const log = document.getElementById("log");
  const atEnd = part === "talk" && log && isAtEnd(log);
  const focused = document.activeElement;
  const home = focused?.closest("article")?.id;
  Idiomorph.morph(old, html, { morphStyle: "outerHTML", callbacks: { beforeNodeMorphed, beforeAttributeUpdated } });
  if (home && !document.contains(focused)) document.getElementById(home)?.focus({ preventScroll: true });
  if (atEnd) toTheEnd();
  if (part === "modal") modalChanged();
  document.dispatchEvent(new CustomEvent("part:changed", { detail: part }));
}

// What somebody is filling in stays as it is, unless the app itself made it another.
function beforeNodeMorphed(old, fresh) {
  if (old instanceof HTMLElement && old.dataset.card && old.dataset.card === fresh.dataset?.card) return false;
  if (!(old instanceof HTMLElement) || !old.matches("[data-control]") || !fresh.dataset) return true;
  const shaped = old.dataset.shape === fresh.dataset.shape;
  const same = shaped && (old.dataset.held === fresh.dataset.held || alike(valueOf(old), valueOf(fresh)));
  if (!same && !old.dataset.dirty) return true;
  old.dataset.held = fresh.dataset.held;
  adopt(old, fresh);
  return false;
}

function alike(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function adopt(old, fresh) {
  const mine = old.querySelector("[data-input]"), theirs = fresh.querySelector("[data-input]");
  if (!mine || !theirs) return;
  for (const name of ["aria-invalid", "aria-describedby"]) {
    const value = theirs.getAttribute(name);
    if (value === null) mine.removeAttribute(name);
    else mine.setAttribute(name, value);
  }
}

// Whether something is unfolded, and where the keyboard is, is the reader's own.
function beforeAttributeUpdated(name, element) {
  return !(name === "open" && element instanceof HTMLDetailsElement) && name !== "aria-busy";
}

function isAtEnd(log) {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 80;
}

function toTheEnd() {
  const log = document.getElementById("log");
  if (log?.getAttribute("role") === "log") log.scrollTop = log.scrollHeight;
}

function showAnchor() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  const thread = target.closest("details");
  if (thread) thread.open = true;
  target.scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
}

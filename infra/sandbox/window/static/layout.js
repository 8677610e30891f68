// Columns that fold, the theme, the guide, menus that close, the clock that ticks. Kept by this browser alone.
const root = document.documentElement;
const NARROW = matchMedia("(max-width: 62rem)");

export function start() {
  theme();
  columns();
  leads();
  guide();
  menus();
  places();
  setInterval(tick, 1000);
  tick();
}

function kept(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    localStorage.setItem(name, value);
  } catch {
    return null; // a browser that keeps nothing
  }
  return value;
}

function theme() {
  const set = (name) => (name ? (root.dataset.theme = name) : delete root.dataset.theme);
  set(kept("theme"));
  document.querySelector("[data-theme-toggle]").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    set(kept("theme", dark ? "light" : "dark"));
  });
}

function columns() {
  for (const button of document.querySelectorAll("[data-toggle]")) {
    const name = button.dataset.toggle;
    const show = (open) => {
      button.setAttribute("aria-expanded", String(open));
      root.classList.toggle(`no-${name}`, !open);
      root.classList.toggle(`with-${name}`, open);
    };
    show(!NARROW.matches && kept(`no-${name}`) !== "yes");
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      if (open && NARROW.matches) closeOthers(name);
      show(open);
      if (!NARROW.matches) kept(`no-${name}`, open ? "no" : "yes");
      if (open && NARROW.matches) document.querySelector(`#${name} a, #${name} summary, #${name} button`)?.focus();
    });
    NARROW.addEventListener("change", () => show(!NARROW.matches && kept(`no-${name}`) !== "yes"));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !NARROW.matches || button.getAttribute("aria-expanded") !== "true") return;
      if (document.querySelector("dialog[open]")) return;
      show(false);
      button.focus();
    });
  }
}

// A word in the text that leads to a column, which may be folded.
function leads() {
  for (const link of document.querySelectorAll("[data-show]")) {
    link.addEventListener("click", () => {
      const name = link.dataset.show;
      const button = document.querySelector(`[data-toggle=${name}]`);
      if (button.getAttribute("aria-expanded") !== "true") button.click();
      else document.getElementById(name).focus();
    });
  }
}

function closeOthers(name) {
  for (const button of document.querySelectorAll(`[data-toggle][aria-expanded=true]:not([data-toggle=${name}])`)) button.click();
}

function guide() {
  const panel = document.getElementById("guide");
  if (!panel) return;
  if (kept("guide") !== "closed") panel.hidden = false;
  // On a phone it has to make room for what it led to.
  const makeRoom = () => NARROW.matches && (panel.hidden = true);
  panel.querySelector("[data-say]").addEventListener("click", makeRoom);
  document.querySelector(".composer")?.addEventListener("submit", makeRoom);
  panel.querySelector("[data-close-guide]").addEventListener("click", () => {
    kept("guide", "closed");
    panel.hidden = true;
    document.getElementById("line")?.focus();
  });
}

// A menu closes when somebody turns elsewhere.
function menus() {
  const close = (menu) => (menu.open = false);
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) if (!menu.contains(event.target)) close(menu);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest("details[data-menu][open]");
    if (!menu) return;
    event.stopPropagation();
    close(menu);
    menu.querySelector("summary").focus();
  });
}

// Being somebody else at the same place, where they are there, too.
function places() {
  const channel = document.querySelector(".composer")?.dataset.channel;
  if (!channel) return;
  for (const link of document.querySelectorAll("[data-keep-place]")) link.href += `?at=${channel}`;
}

let anchor = null;
function tick() {
  const now = document.getElementById("now");
  if (!now) return;
  if (anchor?.at !== now.dataset.at) anchor = { at: now.dataset.at, since: performance.now() };
  const time = new Date(Number(anchor.at) * 1000 + performance.now() - anchor.since);
  const style = { timeZone: now.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: Boolean(now.dataset.halfDay) };
  const words = time.toLocaleTimeString("en-GB", style);
  if (now.textContent !== words) now.textContent = words;
}

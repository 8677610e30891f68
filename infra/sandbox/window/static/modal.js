// The one dialog for the app's modals: opened and closed by what the sandbox says is there.
const dialog = document.getElementById("dialog");
let shown = "";
let cameFrom = null;

export function modalChanged() {
  const id = document.getElementById("modal").dataset.open;
  if (id && !dialog.open) {
    cameFrom = document.activeElement;
    dialog.showModal();
  } else if (!id && dialog.open) {
    dialog.close();
    restore();
  }
  const title = document.getElementById("modal-title");
  // Its fields may come after it: a modal that only said to wait has the keyboard at its title.
  if (id && (id !== shown || document.activeElement === title)) focusFirst();
  else if (id && !dialog.contains(document.activeElement)) title?.focus();
  shown = id;
  toTheError();
}

function restore() {
  const target = cameFrom && document.contains(cameFrom) && cameFrom !== document.body ? cameFrom : document.getElementById("line");
  (target || document.getElementById("talk"))?.focus({ preventScroll: true });
}

function focusFirst() {
  const wanted = dialog.querySelector("[data-focus]") || dialog.querySelector("[data-input]") || document.getElementById("modal-title");
  wanted?.focus();
}

// A refused form leads to the first field that needs another look.
let lastErrors = "";
function toTheError() {
  const errors = [...dialog.querySelectorAll(".error")].map((each) => each.id + each.textContent).join();
  if (errors && errors !== lastErrors) dialog.querySelector("[aria-invalid=true]")?.focus();
  lastErrors = errors;
}

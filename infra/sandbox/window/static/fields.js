// What stands in the fields of a form, as the sandbox reads it.
export function valueOf(control) {
  const chosen = [...control.querySelectorAll("input[data-chosen]")].map((each) => each.value).filter(Boolean);
  switch (control.dataset.control) {
    case "checkboxes":
      return ticked(control);
    case "radio_buttons":
      return ticked(control)[0] ?? null;
    default:
      if (control.querySelector(".combo")) return control.querySelector("[data-several]") ? chosen : (chosen[0] ?? null);
      return control.querySelector("[data-input]")?.value || null;
  }
}

export function fieldsOf(place) {
  return [...place.querySelectorAll("[data-control]")].map((control) => {
    delete control.dataset.dirty;
    return { block: control.dataset.block, action: control.dataset.action, value: valueOf(control) };
  });
}

// Where an element stands: in a view with all that is filled in there, or in a message.
export function placeOf(element) {
  const view = element.closest("[data-view]");
  if (view) return { view: view.dataset.view, fields: fieldsOf(view) };
  const message = element.closest("[data-ts]");
  return message ? { channel: message.dataset.channel, ts: message.dataset.ts } : null;
}

function ticked(control) {
  return [...control.querySelectorAll("input:checked")].map((each) => each.value);
}

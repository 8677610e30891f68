// A choice set that asks the app what to offer (`choices.data`), drawn as the list that readers of screens know. The
// package draws one, too, but sends the title of what was chosen; Teams sends its value.
import { List } from "./list.js";

const AC = window.AdaptiveCards;
const MOST = 15;
let count = 0;
let search = async () => [];

export function searchWith(asking) {
  search = asking;
}

export class TypeAhead extends AC.ChoiceSetInput {
  internalRender() {
    if (!this.isDynamicTypeahead()) return super.internalRender();
    this.chosen = new Map();
    for (const value of this.many ? (this.defaultValue || "").split(",") : [this.defaultValue]) if (value) this.chosen.set(value, this.titleOf(value));
    const id = `type-ahead-${++count}`;
    this.box = Object.assign(document.createElement("input"), { type: "text", autocomplete: "off", placeholder: this.placeholder || "Type to search" });
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id })) this.box.setAttribute(name, value);
    this.box.className = "ac-input";
    this.offered = Object.assign(document.createElement("ul"), { id, hidden: true, className: "offered" });
    this.offered.setAttribute("role", "listbox");
    this.offered.setAttribute("aria-label", this.label || this.placeholder || "Choices");
    this.chips = Object.assign(document.createElement("div"), { className: "chips" });
    const whole = Object.assign(document.createElement("div"), { className: "type-ahead" });
    whole.append(this.chips, this.box, this.offered);
    this.listen(new List(this.box, this.offered));
    this.show();
    return whole;
  }

  get many() {
    return this.isMultiSelect;
  }

  get value() {
    return this.chosen ? [...this.chosen.keys()].join(",") || undefined : super.value;
  }

  isValid() {
    return this.chosen ? true : super.isValid();
  }

  isSet() {
    return Boolean(this.value);
  }

  resetValue() {
    if (!this.chosen) return super.resetValue();
    this.chosen.clear();
    this.show();
  }

  focus() {
    if (this.box) this.box.focus();
    else super.focus();
  }

  // The label names the field itself, not the box around it.
  updateInputControlAriaLabelledBy() {
    super.updateInputControlAriaLabelledBy();
    if (!this.box) return;
    const around = this.renderedInputControlElement;
    const names = around?.getAttribute("aria-labelledby");
    if (!names) return;
    this.box.setAttribute("aria-labelledby", names);
    around.removeAttribute("aria-labelledby");
  }

  titleOf(value) {
    return this.choices.find((each) => each.value === value)?.title || value;
  }

  show() {
    this.box.value = this.many ? "" : [...this.chosen.values()][0] || "";
    this.chips.replaceChildren(...(this.many ? [...this.chosen].map(([value, title]) => this.chip(value, title)) : []));
  }

  chip(value, title) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "chip", textContent: `${title} ×` });
    button.setAttribute("aria-label", `Remove ${title}`);
    button.addEventListener("click", () => {
      this.chosen.delete(value);
      this.show();
      this.valueChanged();
      this.box.focus();
    });
    return button;
  }

  listen(list) {
    let asked = 0;
    let waits;
    const ask = async () => {
      const mine = ++asked;
      const query = this.many || !this.chosen.size ? this.box.value : "";
      const choices = await search(this, query);
      if (mine === asked && document.activeElement === this.box) this.offer(list, choices || []);
    };
    this.box.addEventListener("focus", ask);
    this.box.addEventListener("input", () => {
      if (!this.many && this.chosen.size) {
        this.chosen.clear();
        this.valueChanged();
      }
      clearTimeout(waits);
      waits = setTimeout(ask, 200);
    });
    this.box.addEventListener("blur", () => {
      list.close();
      if (!this.many && !this.chosen.size) this.box.value = "";
    });
    this.box.addEventListener("keydown", (event) => this.keyed(event, list));
    this.offered.addEventListener("mousedown", (event) => event.preventDefault());
    this.offered.addEventListener("click", (event) => this.take(list, event.target.closest("[role=option]")));
  }

  offer(list, choices) {
    this.offered.replaceChildren(
      ...choices.slice(0, MOST).map((each, number) => {
        const option = Object.assign(document.createElement("li"), { id: `${this.offered.id}-${number}`, textContent: each.title });
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.value = each.value;
        return option;
      }),
    );
    list.activate(null);
    if (choices.length) list.open();
    else list.close();
  }

  keyed(event, list) {
    if (event.key === "Escape" && list.isOpen) {
      event.stopPropagation();
      event.preventDefault();
      return list.close();
    }
    if (!list.isOpen) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      list.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && (list.active || list.options[0])) {
      event.preventDefault();
      this.take(list, list.active || list.options[0]);
    }
  }

  take(list, option) {
    if (!option) return;
    if (!this.many) this.chosen.clear();
    this.chosen.set(option.dataset.value, option.textContent);
    this.show();
    list.close();
    this.valueChanged();
  }
}

// The list under a field, as the combobox pattern of the ARIA guide has it: the keyboard stays in the field.
export class List {
  constructor(field, list) {
    this.field = field;
    this.list = list;
  }

  get isOpen() {
    return !this.list.hidden;
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]:not([hidden]):not([aria-disabled])")];
  }

  get active() {
    return this.options.find((each) => each.getAttribute("aria-selected") === "true");
  }

  open() {
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
  }

  close() {
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.activate(null);
  }

  activate(option) {
    for (const each of this.list.querySelectorAll("[aria-selected=true]")) each.setAttribute("aria-selected", "false");
    if (!option) return this.field.removeAttribute("aria-activedescendant");
    option.id ||= `${this.list.id}-${this.options.indexOf(option)}`;
    option.setAttribute("aria-selected", "true");
    this.field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  move(step) {
    const options = this.options;
    if (!options.length) return;
    const at = options.indexOf(this.active);
    this.activate(options[at < 0 ? (step > 0 ? 0 : options.length - 1) : (at + step + options.length) % options.length]);
  }
}

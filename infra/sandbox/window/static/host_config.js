// How cards look here: the colours of the window, which change with its theme, and spaces near those of Teams.
const ink = (colour) => ({ default: colour, subtle: "var(--soft)", highlightColors: { default: "var(--mention-wash)", subtle: "var(--mention-wash)" } });

const colours = {
  default: ink("var(--ink)"),
  dark: ink("var(--ink)"),
  light: ink("var(--soft)"),
  accent: ink("var(--link)"),
  good: ink("var(--good)"),
  warning: ink("var(--warn)"),
  attention: ink("var(--bad)"),
};
const style = (backgroundColor) => ({ backgroundColor, foregroundColors: colours });

export const HOST = {
  supportsInteractivity: true,
  fontFamily: "inherit",
  fontTypes: {
    default: { fontFamily: "inherit" },
    monospace: { fontFamily: "ui-monospace, Menlo, Consolas, monospace" },
  },
  fontSizes: { small: 12, default: 14, medium: 15, large: 18, extraLarge: 22 },
  fontWeights: { lighter: 400, default: 400, bolder: 650 },
  spacing: { small: 4, default: 8, medium: 12, large: 16, extraLarge: 24, padding: 12 },
  separator: { lineThickness: 1, lineColor: "var(--line)" },
  imageSizes: { small: 32, medium: 52, large: 100 },
  containerStyles: {
    default: style("transparent"),
    emphasis: style("var(--wash)"),
    accent: style("var(--mention-wash)"),
    good: style("var(--good-wash)"),
    warning: style("var(--warn-wash)"),
    attention: style("var(--bad-wash)"),
  },
  inputs: {
    label: { inputSpacing: "small", requiredInputs: { weight: "bolder", suffix: " *" }, optionalInputs: { weight: "bolder" } },
    errorMessage: { color: "attention", weight: "default", spacing: "small" },
    debounceTimeInMilliSeconds: 200,
  },
  actions: { maxActions: 50, spacing: "default", buttonSpacing: 8, showCard: { actionMode: "inline", inlineTopMargin: 8 }, actionsOrientation: "horizontal", actionAlignment: "left" },
  factSet: { title: { weight: "bolder", wrap: true, maxWidth: 140 }, value: { wrap: true }, spacing: 12 },
  table: { cellSpacing: 8 },
  textBlock: { headingLevel: 3 },
};

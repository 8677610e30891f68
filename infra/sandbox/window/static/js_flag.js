// Before anything is drawn: scripts run here. The sentence for browsers without them goes, and the rest is shown when
// `window.js` can answer: what was pressed or sent before would be lost.
document.documentElement.classList.add("scripted");

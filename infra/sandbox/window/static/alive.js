// Before anything is drawn: scripts run here, and the sentence for browsers without them may go.
document.documentElement.classList.add("alive");

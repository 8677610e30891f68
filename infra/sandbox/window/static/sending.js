// One way to ask the sandbox for something, and one place to say what went wrong.
const root = document.documentElement;

export async function ask(act, body) {
  let response;
  try {
    response = await fetch(`${root.dataset.base}/do/${act}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Sandbox-Run": root.dataset.run },
      body: JSON.stringify(body),
    });
  } catch {
    tell("The sandbox does not answer. Start it again with “make run”; this window comes back by itself.");
    return null;
  }
  const told = await response.json().catch(() => ({}));
  if (response.ok) return told;
  tell(told.sentence || "This did not work. Reload the window and try again.");
  return null;
}

export function tell(sentence) {
  const line = document.createElement("p");
  line.textContent = sentence;
  const place = document.querySelector("dialog[open]:last-of-type") || document.body;
  const told = document.getElementById("told");
  // What lies under an open dialog is inert: the words go where they can be seen and heard.
  if (told.parentElement !== place) place.append(told);
  told.replaceChildren(line);
  setTimeout(() => line.remove(), 9000);
}

// Marks a button as busy while something it started is under way; a second press does nothing.
export async function busyWhile(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// The dialog that asks once more before a button does what it says.
const dialog = document.getElementById("question");

export function asked(template, button) {
  dialog.replaceChildren(template.content.cloneNode(true));
  dialog.querySelector("h2").id = "question-title";
  dialog.showModal();
  dialog.querySelector("[data-answer=no]").focus();
  return new Promise((resolve) => {
    let answer = false;
    const answered = (event) => {
      const chosen = event.target.closest("[data-answer]");
      if (!chosen) return;
      answer = chosen.dataset.answer === "yes";
      dialog.close();
    };
    dialog.addEventListener("click", answered);
    dialog.addEventListener(
      "close",
      () => {
        dialog.removeEventListener("click", answered);
        dialog.replaceChildren();
        if (document.contains(button)) button.focus();
        resolve(answer);
      },
      { once: true },
    );
  });
}

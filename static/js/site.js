/* Small helps; every page works without them. */
"use strict";

document.documentElement.classList.add("scripted");

/* Choosers that send themselves; their button stays for those who have no script. */
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (form && event.target.tagName === "SELECT") {
    form.requestSubmit();
  }
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

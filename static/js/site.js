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

/* Addresses without empty parameters; htmx reads forms the same way. */
document.addEventListener("formdata", (event) => {
  if (event.target.method === "get") {
    for (const [name, value] of [...event.formData]) {
      if (value === "") {
        event.formData.delete(name);
      }
    }
  }
});

/* A password can be read while it is typed. */
for (const box of document.querySelectorAll("[data-reveal]")) {
  const input = box.closest(".field-row").querySelector("input[type=password]");
  box.parentElement.hidden = false;
  box.addEventListener("change", () => {
    input.type = box.checked ? "text" : "password";
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

/* A form whose answer comes once, such as a file of first passwords: a second click would drop the answer. */
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-once]")) {
    for (const button of event.target.querySelectorAll("button")) {
      button.disabled = true;
      button.textContent = event.target.dataset.once;
    }
  }
});

/* What a draft keeps on this phone belongs to one person: it goes when they sign out. */
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-sign-out]")) {
    for (const store of [localStorage, sessionStorage]) {
      for (const key of Object.keys(store).filter((name) => name.startsWith("draft:"))) {
        store.removeItem(key);
      }
    }
  }
});

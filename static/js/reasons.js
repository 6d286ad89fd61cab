// Usual reasons: a tap writes one into the text box above it, after what is there already.
for (const list of document.querySelectorAll(".usual")) {
  const box = document.getElementById(list.dataset.box);
  list.hidden = false;
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const text = box.value.trim();
    box.value = text ? text + list.dataset.join + button.textContent : button.textContent;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  });
}

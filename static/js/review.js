// The reviewer's screen: steps of half a point, the total as the server sees it, the next point by keyboard.
(() => {
  const form = document.getElementById("draft-form");
  for (const box of form.querySelectorAll(".stepper")) {
    const input = box.querySelector("input");
    const weight = Number(box.dataset.weight);
    const put = (value) => {
      input.value = String(Math.min(weight, Math.max(0, value)));
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const now = () => (input.value.trim() === "" || Number.isNaN(Number(input.value)) ? weight : Number(input.value));
    const button = (text, value) => {
      const key = document.createElement("button");
      key.type = "button";
      key.textContent = text;
      key.setAttribute("aria-label", `${text} ${input.labels[0].textContent.trim()}`);
      key.addEventListener("click", () => put(value()));
      return key;
    };
    input.before(button("−", () => now() - 0.5));
    input.after(button("+", () => now() + 0.5));
  }
  document.addEventListener("draft-saved", (event) => {
    if (event.detail.bar) document.getElementById("bar").innerHTML = event.detail.bar;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "n" && !event.ctrlKey && !event.metaKey && !event.altKey && !/INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) {
      document.getElementById("following")?.click();
    }
  });
})();

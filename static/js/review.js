// The reviewer's screen: steps of half a point, the total as the server sees it, and a walk by the Enter key: from score
// to score, to the reason where points are deducted, to the button that hands in, to the next point.
(() => {
  const form = document.getElementById("draft-form");
  const scores = [];
  for (const box of form.querySelectorAll(".stepper")) {
    const input = box.querySelector("input");
    const weight = Number(box.dataset.weight);
    const row = box.closest("li").querySelector(".deduction");
    const reason = row.querySelector("textarea");
    const isDeducted = () => input.value.trim() !== "" && Number(input.value) < weight;
    const showReason = () => { row.hidden = !isDeducted() && !reason.value.trim(); };
    const put = (value) => {
      input.value = String(Math.min(weight, Math.max(0, value)));
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const now = () => (input.value.trim() === "" || Number.isNaN(Number(input.value)) ? weight : Number(input.value));
    const button = (text, value) => {
      const key = document.createElement("button");
      key.type = "button";
      key.tabIndex = -1;
      key.textContent = text;
      key.setAttribute("aria-label", `${text} ${input.labels[0].textContent.trim()}`);
      key.addEventListener("click", () => put(value()));
      return key;
    };
    input.before(button("−", () => now() - 0.5));
    input.after(button("+", () => now() + 0.5));
    input.addEventListener("input", showReason);
    input.addEventListener("keydown", onEnter(() => {
      if (input.value.trim() === "") put(weight);
      showReason();
      if (isDeducted() && !reason.value.trim()) reason.focus();
      else following(input);
    }));
    reason.addEventListener("keydown", onEnter(() => following(input)));
    showReason();
    scores.push(input);
  }

  // A Chinese input method takes the Enter key for itself while it composes; with Shift it is a new line.
  function onEnter(act) {
    return (event) => {
      if (event.key !== "Enter" || event.isComposing || event.shiftKey || event.ctrlKey) return;
      event.preventDefault();
      act();
    };
  }

  function following(input) {
    const next = scores[scores.indexOf(input) + 1];
    if (next) {
      next.focus();
      next.select();
    } else finishWhenReady();
  }

  // The button is usable once the server has seen the last score.
  let awaited = false;
  function finishWhenReady() {
    const finish = document.getElementById("finish");
    awaited = finish.disabled;
    if (awaited) form.dispatchEvent(new Event("change", { bubbles: true }));
    else finish.focus();
  }

  document.addEventListener("draft-saved", (event) => {
    if (!event.detail.bar) return;
    const focused = document.activeElement?.closest("#bar") && document.activeElement.id;
    document.getElementById("bar").innerHTML = event.detail.bar;
    if (focused) document.getElementById(focused)?.focus();
    const finish = document.getElementById("finish");
    if (awaited && !finish.disabled) {
      awaited = false;
      finish.focus();
    }
  });
  document.addEventListener("focusin", (event) => { if (event.target.matches("input, textarea")) awaited = false; });
  document.addEventListener("keydown", (event) => {
    if (event.key === "n" && !event.ctrlKey && !event.metaKey && !event.altKey && !/INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) {
      document.getElementById("following")?.click();
    }
  });
  if (matchMedia("(pointer: fine)").matches) {
    form.querySelector(".keys-hint").hidden = false;
    if (!location.hash && !document.getElementById("summary")) scores.find((input) => input.value.trim() === "" && !input.disabled)?.focus();
  }
})();

// A section of a draft: kept on this phone at every key, sent to the server while typing, found again after a cut.
(() => {
  const form = document.getElementById("draft-form");
  if (!form) return;
  const say = document.getElementById("saved");
  const store = `draft:${form.dataset.keep}`;
  const inputs = [...form.elements].filter((each) => each.name && form.elements[`was-${each.name}`]);
  const was = (input) => form.elements[`was-${input.name}`];
  const dirty = () => inputs.filter((input) => input.value !== was(input).value);
  let timer = 0, busy = false, again = false, leaving = false;

  function keep() {
    const kept = Object.fromEntries(dirty().filter((input) => !("personal" in input.dataset)).map((input) => [input.name, input.value]));
    if (Object.keys(kept).length) localStorage.setItem(store, JSON.stringify(kept));
    else localStorage.removeItem(store);
  }

  function show(text, trouble) {
    say.textContent = text;
    say.classList.toggle("trouble", Boolean(trouble));
  }

  function later(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(save, milliseconds);
  }

  async function save() {
    const changed = dirty();
    if (!changed.length || leaving) return;
    if (busy) { again = true; return; }
    busy = true;
    const body = new URLSearchParams();
    for (const input of changed) {
      body.set(input.name, input.value);
      body.set(`was-${input.name}`, was(input).value);
    }
    const sent = new Map(changed.map((input) => [input.name, input.value]));
    show(form.dataset.saving);
    try {
      const answer = await fetch(form.action || location.href, {
        method: "POST", body, credentials: "same-origin", keepalive: true, redirect: "error",
        headers: { "X-Autosave": "1", "X-CSRFToken": token() },
      });
      if (answer.status === 401 || answer.status === 403) signedOut();
      else if (answer.status === 200 || answer.status === 409) settle(await answer.json(), sent);
      else retry();
    } catch {
      retry();
    }
    busy = false;
    if (again) { again = false; later(0); }
  }

  function token() {
    const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
    return cookie ? cookie.slice(10) : form.elements.csrfmiddlewaretoken.value;
  }

  function settle(answer, sent) {
    if (answer.error) return show(answer.error, true);
    const clashes = new Map(answer.conflicts.map((each) => [each.name, each]));
    for (const input of inputs) {
      if (clashes.has(input.name)) clash(input, clashes.get(input.name));
      else if (sent.has(input.name) && !answer.unsaved?.includes(input.name)) was(input).value = sent.get(input.name);
      const problem = document.getElementById(`e-${input.name}`);
      problem.textContent = answer.problems[input.name] || "";
      input.toggleAttribute("aria-invalid", Boolean(answer.problems[input.name]));
    }
    keep();
    show(`${form.dataset.saved} ${answer.saved}`, answer.conflicts.length > 0);
    document.dispatchEvent(new CustomEvent("draft-saved", { detail: answer }));
  }

  function clash(input, conflict) {
    const row = document.getElementById(`row-${input.name}`);
    row.querySelector(".conflict")?.remove();
    const box = document.createElement("div");
    box.className = "conflict";
    const text = document.createElement("p");
    text.textContent = `${form.dataset.theirs} ${conflict.who} ${conflict.when}: `;
    const value = document.createElement("b");
    value.textContent = conflict.theirs || "—";
    text.append(value);
    box.append(text, choice(form.dataset.mine, input.value), choice(form.dataset.take, conflict.theirs));
    row.append(box);

    function choice(label, chosen) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => {
        was(input).value = conflict.theirs;
        input.value = chosen;
        box.remove();
        changed(input);
      });
      return button;
    }
  }

  function retry() {
    show(form.dataset.offline, true);
    later(5000);
  }

  function signedOut() {
    show(form.dataset.signedOut, true);
    const link = document.createElement("a");
    link.href = form.dataset.signIn;
    link.textContent = " →";
    link.setAttribute("aria-label", form.dataset.signedOut);
    say.append(link);
  }

  function changed(input) {
    keep();
    later(400);
    if (input.name === "name") askSimilar(input.value);
  }

  let asking = 0;
  function askSimilar(name) {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      const answer = await fetch(`${form.dataset.similar}&name=${encodeURIComponent(name)}`).catch(() => null);
      if (answer?.ok) document.getElementById("similar").innerHTML = await answer.text();
    }, 500);
  }

  form.addEventListener("input", (event) => changed(event.target));
  form.addEventListener("change", (event) => { keep(); later(0); });
  form.addEventListener("submit", () => { keep(); leaving = true; });
  addEventListener("online", () => later(0));
  addEventListener("pagehide", () => { keep(); save(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) { keep(); save(); } });

  const kept = JSON.parse(localStorage.getItem(store) || "{}");
  let found = false;
  for (const input of inputs) {
    if (!(input.name in kept) || kept[input.name] === input.value) continue;
    input.value = kept[input.name];
    input.closest("details")?.setAttribute("open", "");
    found = true;
  }
  if (found) { show(form.dataset.restored, true); later(0); } else localStorage.removeItem(store);
})();

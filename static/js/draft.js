// A section of a draft: kept on this phone at every key, sent to the server while typing, found again after a cut.
// With each text the phone keeps what stood there when it was opened, so that a colleague's later value is not lost.
(() => {
  const form = document.getElementById("draft-form");
  if (!form) return;
  const say = document.getElementById("saved");
  const store = `draft:${form.dataset.keep}`;
  const inputs = [...form.elements].filter((each) => each.name && form.elements[`was-${each.name}`]);
  const was = (input) => form.elements[`was-${input.name}`];
  const unanswered = new Map(inputs.map((input) => [input.name, []])); // texts sent whose answer was lost: perhaps saved
  const dirty = () => inputs.filter((input) => input.value !== was(input).value);
  let timer = 0, busy = false, again = false, leaving = false, isOut = false;

  const isPersonal = (input) => "personal" in input.dataset;
  const shelves = [[localStorage, (input) => !isPersonal(input)], [sessionStorage, isPersonal]]; // personal values go with the window

  function keep() {
    for (const [shelf, belongs] of shelves) {
      const kept = dirty().filter(belongs).map((input) => [input.name, [input.value, was(input).value, unanswered.get(input.name)]]);
      if (kept.length) shelf.setItem(store, JSON.stringify(Object.fromEntries(kept)));
      else shelf.removeItem(store);
    }
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
    if (!changed.length || leaving || isOut) return;
    if (busy) { again = true; return; }
    busy = true;
    const body = new URLSearchParams();
    for (const input of changed) {
      body.set(input.name, input.value);
      body.set(`was-${input.name}`, was(input).value);
      unanswered.get(input.name).push(input.value);
    }
    keep();
    const sent = new Map(changed.map((input) => [input.name, input.value]));
    show(form.dataset.saving);
    try {
      const answer = await fetch(form.action || location.href, {
        method: "POST", body, credentials: "same-origin", keepalive: body.toString().length < 60000, redirect: "error",
        headers: { "X-Autosave": "1", "X-CSRFToken": token() },
      });
      if (answer.status === 401 || answer.status === 403) signedOut();
      else if (answer.status < 500) settle(await answer.json(), sent);
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
      const theirs = clashes.get(input.name)?.theirs;
      if (unanswered.get(input.name).includes(theirs)) {
        clashes.delete(input.name);
        was(input).value = theirs;
        later(0);
      } else if (clashes.has(input.name)) clash(input, clashes.get(input.name));
      else if (sent.has(input.name) && !answer.unsaved?.includes(input.name)) was(input).value = sent.get(input.name);
      if (sent.has(input.name)) unanswered.set(input.name, []);
      const problem = document.getElementById(`e-${input.name}`);
      problem.textContent = answer.problems[input.name] || "";
      input.setAttribute("aria-invalid", String(Boolean(answer.problems[input.name])));
    }
    keep();
    const typedOn = dirty().length > 0;
    if (clashes.size) show(form.dataset.clash, true);
    else show(typedOn ? form.dataset.saving : `${form.dataset.saved} ${answer.saved}`);
    document.dispatchEvent(new CustomEvent("draft-saved", { detail: answer }));
  }

  function clash(input, conflict) {
    const row = document.getElementById(`row-${input.name}`);
    const shown = row.querySelector(".conflict");
    if (shown?.dataset.theirs === conflict.theirs) return; // its buttons may be under a finger
    shown?.remove();
    const box = document.createElement("div");
    box.className = "conflict";
    box.dataset.theirs = conflict.theirs;
    const text = document.createElement("p");
    text.textContent = `${form.dataset.theirs} ${conflict.who} ${conflict.when}: `;
    const value = document.createElement("b");
    value.textContent = conflict.theirs || "—";
    text.append(value);
    box.append(text, choice(form.dataset.mine, () => input.value), choice(form.dataset.take, () => conflict.theirs));
    row.append(box);

    function choice(label, chosen) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => {
        was(input).value = conflict.theirs;
        input.value = chosen();
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

  // The link stays until one comes back to this window: a save in between would take it away under the finger.
  function signedOut() {
    isOut = true;
    const link = document.createElement("a");
    link.href = form.dataset.signIn;
    link.textContent = form.dataset.signedOut;
    show("", true);
    say.append(link);
  }

  function changed(input) {
    keep();
    if (!isOut) show(form.dataset.saving); // what was said of the text before is not true of this one
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
  form.addEventListener("submit", (event) => {
    keep();
    if (navigator.onLine) leaving = true;
    else { event.preventDefault(); retry(); }
  });
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("online", () => later(0));
  addEventListener("pagehide", () => { keep(); save(); });
  document.addEventListener("visibilitychange", () => { keep(); isOut = false; save(); });

  const kept = Object.assign({}, ...shelves.map(([shelf]) => JSON.parse(shelf.getItem(store) || "{}")));
  for (const input of inputs) {
    const stands = input.value;
    const [value, opened, sent = []] = kept[input.name] || [stands];
    if (value === stands) continue;
    unanswered.set(input.name, sent);
    input.value = value;
    was(input).value = sent.includes(stands) ? stands : opened;
    input.closest("details")?.setAttribute("open", "");
  }
  keep();
  if (dirty().length) { show(form.dataset.restored, true); later(0); }
})();

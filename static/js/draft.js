// A form that saves while typing, such as a section of a draft: kept on this phone at every key, sent to the server
// while typing, found again after a cut. A form with data-whole is sent as a whole later; only its own account types in it.
// With each text the phone keeps what stood there when it was opened, so that a colleague's later value is not lost.
(() => {
  const form = document.getElementById("draft-form");
  if (!form) return;
  const say = document.getElementById("saved");
  const store = `draft:${form.dataset.keep}`;
  const isWhole = "whole" in form.dataset;
  const isTyped = (input) => !["hidden", "file", "checkbox", "submit"].includes(input.type);
  const isChoice = (input) => input.type === "radio"; // the first radio button of a name stands for all of them
  const group = (input) => isChoice(input) ? [...form.querySelectorAll(`[name="${input.name}"]`)] : [input];
  const inputs = [...form.elements].filter((input) => input.name && group(input)[0] === input
    && (isWhole ? isTyped(input) : form.elements[`was-${input.name}`]));
  const opened = new Map(inputs.map((input) => [input, { value: defaultOf(input) }]));
  const was = (input) => form.elements[`was-${input.name}`] || opened.get(input);
  const pending = new Map(inputs.map((input) => [input.name, []])); // texts sent whose answer was lost: perhaps saved
  const dirty = () => inputs.filter((input) => valueOf(input) !== was(input).value);
  let timer = 0, busy = false, again = false, leaving = false, isOut = false;

  const isPersonal = (input) => "personal" in input.dataset;
  const shelves = [[localStorage, (input) => !isPersonal(input)], [sessionStorage, isPersonal]]; // personal values go with the window

  function valueOf(input) {
    return isChoice(input) ? group(input).find((radio) => radio.checked)?.value ?? "" : input.value;
  }

  function put(input, value) {
    if (isChoice(input)) for (const radio of group(input)) radio.checked = radio.value === value;
    else input.value = value;
  }

  function defaultOf(input) {
    if (isChoice(input)) return group(input).find((radio) => radio.defaultChecked)?.value ?? "";
    if (!input.options) return input.defaultValue;
    return ([...input.options].find((option) => option.defaultSelected) || input.options[0])?.value ?? "";
  }

  const errorOf = (input) => document.getElementById(`e-${input.name}`) || document.getElementById(`id_${input.name}_error`);

  function keep() {
    for (const [shelf, belongs] of shelves) {
      const values = dirty().filter(belongs).map((input) => [input.name, [valueOf(input), was(input).value, pending.get(input.name)]]);
      if (values.length) shelf.setItem(store, JSON.stringify(Object.fromEntries(values)));
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
    const texts = dirty();
    if (!texts.length || leaving || isOut) return;
    if (busy) { again = true; return; }
    busy = true;
    const body = new URLSearchParams();
    for (const input of texts) {
      body.set(input.name, valueOf(input));
      body.set(`was-${input.name}`, was(input).value);
      pending.get(input.name).push(valueOf(input));
    }
    keep();
    const request = new Map(texts.map((input) => [input.name, valueOf(input)]));
    show(form.dataset.saving);
    try {
      const answer = await fetch(form.action || location.href, {
        method: "POST", body, credentials: "same-origin", keepalive: body.toString().length < 60000, redirect: "error",
        headers: { "X-Autosave": "1", "X-CSRFToken": token() },
      });
      if (answer.status === 401 || answer.status === 403) signedOut();
      else if (answer.status < 500) settle(await answer.json(), request);
      else retry();
    } catch {
      retry();
    }
    busy = false;
    if (again) { again = false; later(0); }
  }

  function token() {
    const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrftoken="));
    return cookie ? cookie.slice(10) : form.elements.csrfmiddlewaretoken.value;
  }

  function settle(answer, request) {
    if (answer.error) return show(answer.error, true);
    const clashes = new Map(answer.conflicts.map((conflict) => [conflict.name, conflict]));
    for (const input of inputs) {
      const theirs = clashes.get(input.name)?.theirs;
      if (pending.get(input.name).includes(theirs)) {
        clashes.delete(input.name);
        was(input).value = theirs;
        later(0);
      } else if (clashes.has(input.name)) clash(input, clashes.get(input.name));
      else if (request.has(input.name) && !answer.unsaved?.includes(input.name)) was(input).value = request.get(input.name);
      if (request.has(input.name)) pending.set(input.name, []);
      const problem = errorOf(input);
      problem.textContent = answer.problems[input.name] || "";
      if (!problem.textContent) forget(input);
      input.setAttribute("aria-invalid", String(Boolean(answer.problems[input.name])));
    }
    keep();
    const hasMore = dirty().length > 0;
    if (clashes.size) show(form.dataset.clash, true);
    else show(hasMore ? form.dataset.saving : `${form.dataset.saved} ${answer.saved}`);
    document.dispatchEvent(new CustomEvent("draft-saved", { detail: answer }));
  }

  // The summary above the form leaves out what is right by now.
  function forget(input) {
    const summary = document.getElementById("summary");
    summary?.querySelector(`a[href="#${input.id}"]`)?.closest("li")?.remove();
    if (summary && !summary.querySelector("li")) summary.remove();
  }

  function clash(input, conflict) {
    const row = document.getElementById(`row-${input.name}`);
    const present = row.querySelector(".conflict");
    if (present?.dataset.theirs === conflict.theirs) return; // its buttons may be under a finger
    present?.remove();
    const box = document.createElement("div");
    box.className = "conflict";
    box.dataset.theirs = conflict.theirs;
    const text = document.createElement("p");
    text.textContent = `${form.dataset.theirs} ${conflict.who} ${conflict.when}: `;
    const value = document.createElement("b");
    value.textContent = conflict.theirs || "—";
    text.append(value);
    box.append(text, choice(form.dataset.mine, () => valueOf(input)), choice(form.dataset.take, () => conflict.theirs));
    row.append(box);

    function choice(label, value) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => {
        was(input).value = conflict.theirs;
        put(input, value());
        box.remove();
        react(input);
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

  function react(input) {
    keep();
    if (!isOut) show(form.dataset.saving); // what was said of the text before is not true of this one
    later(400);
    if (input.name === "name" && form.dataset.similar) askSimilar(input.value);
  }

  let asking = 0;
  function askSimilar(name) {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      const answer = await fetch(`${form.dataset.similar}&name=${encodeURIComponent(name)}`).catch(() => null);
      if (answer?.ok) document.getElementById("similar").innerHTML = await answer.text();
    }, 500);
  }

  form.addEventListener("input", (event) => {
    const input = inputs.find((one) => group(one).includes(event.target));
    if (input) react(input);
  });
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

  // What was kept of this form before it was last sent.
  const older = isWhole ? Object.keys(localStorage).filter((name) => name.startsWith(`draft:${form.dataset.whole}:`) && name !== store) : [];
  for (const name of older) localStorage.removeItem(name);

  const backup = Object.assign({}, ...shelves.map(([shelf]) => JSON.parse(shelf.getItem(store) || "{}")));
  for (const input of inputs) {
    const stands = valueOf(input);
    const [value, original, requests = []] = backup[input.name] || [stands];
    if (value === stands) continue;
    pending.set(input.name, requests);
    put(input, value);
    was(input).value = requests.includes(stands) ? stands : original;
    input.closest("details")?.setAttribute("open", "");
  }
  keep();
  if (dirty().length) { show(form.dataset.restored, true); later(0); }
})();

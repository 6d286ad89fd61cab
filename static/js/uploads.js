// Photos and proof: made smaller on the phone, sent in parts, going on by themselves after a cut. Photos of a draft are
// shown as soon as they are sent; proof leaves a ticket in its form, which is sent once all of its files are.
(() => {
  const EDGE = 2560, SMALL = 1.5 * 1024 * 1024;
  const NO_UPLOAD = "00000000-0000-0000-0000-000000000000";
  const open = new Map(); // form: number of files on their way
  const waiting = new Map(); // form: the button it is to be sent with

  async function smaller(file) {
    if (file.size <= SMALL || !/jpeg|png|webp/.test(file.type)) return file;
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
    if (!picture) return file;
    const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? blob : file;
  }

  async function keyOf(file) {
    const name = new TextEncoder().encode(`${location.pathname} ${document.body.dataset.account || ""} ${file.name} ${file.size} ${file.lastModified}`);
    if (!crypto.subtle) return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16));
    const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", name))].slice(0, 16);
    const hex = hash.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  function token(form) {
    const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrftoken="));
    return cookie ? cookie.slice(10) : form.elements.csrfmiddlewaretoken.value;
  }

  async function post(address, body, picker, note) {
    for (let wait = 1000; ; wait = Math.min(wait * 2, 15000)) {
      try {
        const headers = { "X-Autosave": "1", "X-CSRFToken": token(picker.form) };
        const answer = await fetch(address, { method: "POST", body, headers, credentials: "same-origin" });
        if (answer.status < 500) return [answer.status, await answer.json()];
      } catch { /* the network went: wait and go on */ }
      note.textContent = picker.dataset.waiting;
      await new Promise((done) => { setTimeout(done, wait); addEventListener("online", done, { once: true }); });
    }
  }

  // The answer to the last part of the file; null if it was refused, which its line says.
  async function send(picker, list, file) {
    const line = document.createElement("li");
    const label = document.createElement("span");
    const meter = document.createElement("progress");
    const note = document.createElement("span");
    label.textContent = file.name;
    meter.max = 100;
    meter.setAttribute("aria-label", file.name);
    line.append(label, meter, note);
    list.append(line);
    const content = await smaller(file);
    const key = await keyOf(file);
    const begin = new URLSearchParams({ upload: key, name: file.name, size: content.size });
    let [status, answer] = await post(picker.dataset.begin, begin, picker, note);
    const address = picker.dataset.part.replace(NO_UPLOAD, key);
    const step = answer.part || 512 * 1024;
    while (status === 200 && !answer.done && answer.received < content.size) {
      const part = content.slice(answer.received, answer.received + step);
      [status, answer] = await post(`${address}?offset=${answer.received}`, part, picker, note);
      if (answer.resume) status = 200;
      meter.value = (answer.received / content.size) * 100;
      note.textContent = `${picker.dataset.sending} ${Math.round(meter.value)} %`;
    }
    note.textContent = status === 200 ? picker.dataset.done : answer.error || status;
    line.classList.toggle("error", status !== 200);
    meter.hidden = true;
    if (status !== 200) return null;
    if (answer.ticket) line.append(ticketOf(picker, answer.ticket), remover(picker, line));
    return answer;
  }

  function ticketOf(picker, ticket) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = `${picker.name}-sent`;
    input.value = ticket;
    return input;
  }

  function remover(picker, line) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = picker.dataset.remove;
    button.addEventListener("click", () => { line.remove(); require(picker); });
    return button;
  }

  const listOf = (picker) => picker.parentElement.querySelector(".sending") || picker.form.querySelector(".sending");

  // A file that was sent already need not be chosen again.
  function require(picker) {
    picker.required = "must" in picker.dataset && !listOf(picker).querySelector("input");
  }

  async function sendAll(picker) {
    const files = [...picker.files], form = picker.form, list = listOf(picker);
    const shown = !picker.dataset.remove; // a photo of a draft: the page shows it once it is sent
    open.set(form, (open.get(form) || 0) + files.length);
    picker.value = ""; // else the form would send them again
    picker.required = false;
    let count = 0;
    for (const file of files) {
      if (await send(picker, list, file)) count += 1;
      open.set(form, open.get(form) - 1);
    }
    require(picker);
    if (open.get(form)) return;
    if (shown && count === files.length) location.reload();
    else if (waiting.has(form)) {
      const button = waiting.get(form);
      waiting.delete(form);
      if (count === files.length) form.requestSubmit(button);
    }
  }

  for (const picker of document.querySelectorAll("input[type=file][data-begin]")) {
    if (picker.required) picker.dataset.must = "";
    for (const line of listOf(picker).querySelectorAll("li")) line.append(remover(picker, line));
    const button = picker.form.querySelector(".without-script");
    if (button) button.hidden = true;
    picker.addEventListener("change", () => sendAll(picker));
    picker.form.addEventListener("submit", (event) => {
      if (!open.get(picker.form)) return;
      event.preventDefault();
      waiting.set(picker.form, event.submitter);
    });
  }
  addEventListener("beforeunload", (event) => {
    if ([...open.values()].some(Boolean)) event.preventDefault();
  });
})();

// Photos: made smaller on the phone, sent in parts, going on by themselves after a cut.
(() => {
  const form = document.getElementById("photo-form");
  if (!form) return;
  const picker = document.getElementById("photo-files");
  const list = document.getElementById("sending");
  const EDGE = 2560, SMALL = 1.5 * 1024 * 1024;
  let open = 0;
  document.querySelector(".without-script").hidden = true;

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
    const name = new TextEncoder().encode(`${location.pathname} ${file.name} ${file.size} ${file.lastModified}`);
    if (!crypto.subtle) return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16));
    const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", name))].slice(0, 16);
    const hex = hash.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  function token() {
    const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrftoken="));
    return cookie ? cookie.slice(10) : form.elements.csrfmiddlewaretoken.value;
  }

  async function post(address, body, line) {
    for (let wait = 1000; ; wait = Math.min(wait * 2, 15000)) {
      try {
        const headers = { "X-Autosave": "1", "X-CSRFToken": token() };
        const answer = await fetch(address, { method: "POST", body, headers, credentials: "same-origin" });
        if (answer.status < 500) return [answer.status, await answer.json()];
      } catch { /* the network went: wait and go on */ }
      line.textContent = form.dataset.waiting;
      await new Promise((done) => { setTimeout(done, wait); addEventListener("online", done, { once: true }); });
    }
  }

  async function send(file) {
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
    let [status, answer] = await post(form.dataset.begin, begin, note);
    const address = form.dataset.part.replace("00000000-0000-0000-0000-000000000000", key);
    const step = answer.part || 512 * 1024;
    while (status === 200 && !answer.done && answer.received < content.size) {
      const part = content.slice(answer.received, answer.received + step);
      [status, answer] = await post(`${address}?offset=${answer.received}`, part, note);
      if (answer.resume) status = 200;
      meter.value = (answer.received / content.size) * 100;
      note.textContent = `${form.dataset.sending} ${Math.round(meter.value)} %`;
    }
    note.textContent = status === 200 ? form.dataset.done : answer.error || status;
    line.classList.toggle("error", status !== 200);
    return status === 200;
  }

  picker.addEventListener("change", async () => {
    const files = [...picker.files];
    open += files.length;
    let count = 0;
    for (const file of files) {
      if (await send(file)) count += 1;
      open -= 1;
    }
    if (count === files.length && !open) location.reload();
  });
  addEventListener("beforeunload", (event) => { if (open) event.preventDefault(); });
})();

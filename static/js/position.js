// Choosing positions: set on the map, the phone's own, or pasted. The map moves nothing by itself: a finger scrolls the
// page, and a tap counts only after the button "set". Where pasted coordinates are from is guessed from their text, or
// asked beside them; a position of the map or the phone is WGS 84. Where a form has several positions, the next one that
// is blank follows.
addEventListener("load", () => {
  const box = document.querySelector(".pick");
  const fields = [...document.querySelectorAll("#f-position, [data-position]")];
  const system = document.getElementById("f-coordinate_system");
  if (!box || !fields.length) return;
  box.hidden = false;
  const whose = document.getElementById("pick-for");
  const note = document.getElementById("here-said");
  const setting = document.getElementById("set");
  const undo = document.getElementById("unset");
  const marks = new Map(), picks = new Map();
  let field, before = null;
  turnTo(fields.find((input) => !input.value) ?? fields[0]);
  field.closest("details")?.setAttribute("open", "");
  const { sites, villages } = JSON.parse(document.getElementById("others").textContent);
  const isTouched = matchMedia("(pointer: coarse)").matches;
  const canvas = document.getElementById("pick-map");
  const map = L.map(canvas, { attributionControl: false, zoomControl: false, preferCanvas: true, dragging: !isTouched, scrollWheelZoom: false });
  L.control.zoom({ zoomInTitle: canvas.dataset.zoomIn, zoomOutTitle: canvas.dataset.zoomOut }).addTo(map);
  const bounds = sites.length ? L.latLngBounds(sites.map(([lat, lng]) => [lat, lng])) : L.latLngBounds([[39.2, 117.8], [39.8, 118.5]]);
  map.fitBounds(bounds.pad(0.2));
  for (const [lat, lng, name] of sites) {
    const label = document.createElement("span");
    label.textContent = name;
    L.circleMarker([lat, lng], { radius: 4, color: "#515a63", weight: 1, fillOpacity: 0.5 }).bindTooltip(label).addTo(map);
  }

  // Names of villages; where two would cover each other, only the first is written.
  const names = L.layerGroup().addTo(map);
  function writeNames() {
    names.clearLayers();
    const labels = [];
    for (const [lat, lng, name] of villages) {
      const { x, y } = map.latLngToLayerPoint([lat, lng]);
      const width = name.length * 13 + 8;
      if (labels.some((other) => Math.abs(other.x - x) < (other.width + width) / 2 && Math.abs(other.y - y) < 20)) continue;
      labels.push({ x, y, width });
      const label = document.createElement("span");
      label.textContent = name;
      L.marker([lat, lng], { interactive: false, keyboard: false, icon: L.divIcon({ className: "village-name", html: label, iconSize: [width, 18], iconAnchor: [width / 2, -4] }) }).addTo(names);
    }
  }
  map.on("zoomend", writeNames);
  writeNames();

  function turnTo(next) {
    field = next;
    if (whose) whose.textContent = field.dataset.position ?? "";
  }

  function show(lat, lng) {
    marks.get(field)?.remove();
    marks.set(field, L.circleMarker([lat, lng], { radius: 9, color: "#b3121d", weight: 3, fillOpacity: 0.4 }).addTo(map));
  }

  function write(position, from) {
    field.value = position;
    system.value = from;
    for (const input of [field, system]) input.dispatchEvent(new Event("change", { bubbles: true }));
    askSystem(from === "gcj02" || from === "bd09");
  }

  function choose(lat, lng) {
    before = [field, field.value, system.value, marks.get(field)?.getLatLng()];
    picks.set(field, `${lng.toFixed(6)}, ${lat.toFixed(6)}`);
    write(picks.get(field), "wgs84");
    show(lat, lng);
    undo.hidden = false;
    note.textContent = note.dataset.done;
    const next = fields.find((input) => !input.value);
    if (next) turnTo(next);
    else listen(false);
  }

  undo.addEventListener("click", () => {
    const [input, position, from, place] = before;
    turnTo(input);
    write(position, from);
    if (place) show(place.lat, place.lng);
    else marks.get(input)?.remove();
    undo.hidden = true;
    note.textContent = "";
  });

  function listen(isOn) {
    setting.setAttribute("aria-pressed", String(isOn));
    box.classList.toggle("is-setting", isOn);
    if (isTouched) map.dragging[isOn ? "enable" : "disable"]();
    if (isOn) note.textContent = note.dataset.tap;
  }
  setting.addEventListener("click", () => listen(setting.getAttribute("aria-pressed") !== "true"));
  map.on("click", (event) => {
    if (setting.getAttribute("aria-pressed") === "true") choose(event.latlng.lat, event.latlng.lng);
  });

  function look(lat, lng, zoom) {
    show(lat, lng);
    map.setView([lat, lng], zoom);
  }

  for (const input of fields) input.addEventListener("focus", () => turnTo(input));
  const start = document.getElementById("pick-map").dataset;
  if (start.lat) look(Number(start.lat), Number(start.lng), 13);
  // A pasted position is turned into WGS 84 by the server.
  document.addEventListener("draft-saved", (event) => {
    const place = event.detail.position;
    if (place && field.value !== picks.get(field)) look(place[1], place[0], map.getZoom());
  });

  // Where pasted coordinates are from; several positions of one form have one system, which is always asked.
  const row = document.getElementById("row-coordinate_system");
  const HINTS = [["gcj02", /amap|gaode|高德|map\.qq|腾讯|gcj/i], ["bd09", /baidu|百度|bd-?09/i], ["wgs84", /wgs|^geo:|[°度]/i], ["cgcs2000", /cgcs|测绘/i]];
  const PAIR = /(\d{1,3}\.\d{3,})\s*[,，;；\s]\s*(\d{1,3}\.\d{3,})/;
  function askSystem(isAsked) {
    if (!row) return;
    row.hidden = !isAsked;
    if (isAsked) row.querySelector("details")?.setAttribute("open", "");
  }
  function guess(text) {
    const [from] = HINTS.find(([, pattern]) => pattern.test(text)) || [""];
    if (!system.querySelector("option[value='']")) system.prepend(new Option(note.dataset.ask, ""));
    system.value = from;
    askSystem(true);
    system.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (row) {
    field.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text");
      const pair = PAIR.exec(text);
      if (!pair) return;
      event.preventDefault();
      field.value = `${pair[1]}, ${pair[2]}`;
      guess(text);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    field.addEventListener("input", (event) => {
      undo.hidden = true;
      if (field.value.trim() === "") askSystem(false);
      else if (event.isTrusted && row.hidden && PAIR.test(field.value)) guess(field.value);
    });
    askSystem(field.value !== "" && ["gcj02", "bd09", ""].includes(system.value));
  }

  document.getElementById("here").addEventListener("click", () => {
    note.textContent = "…";
    const fail = () => { note.textContent = note.dataset.failed; };
    if (!navigator.geolocation) return fail();
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      choose(coords.latitude, coords.longitude);
      note.textContent = `± ${Math.round(coords.accuracy)} m`;
      map.setView([coords.latitude, coords.longitude], 14);
    }, fail, { enableHighAccuracy: true, timeout: 10000 });
  });
});

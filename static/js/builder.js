/* The map of a builder: a tap takes a site in or out; a zone's outline is drawn corner by corner. What the server
   answered last is what the map shows. Nothing from the data is ever read as HTML. */
"use strict";

addEventListener("load", () => {
  const box = document.getElementById("builder-map");
  if (!box || !window.L) return;
  const tap = document.getElementById("tap");
  const text = document.getElementById("id_outline_text");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const now = () => JSON.parse(document.getElementById("map-now").textContent);
  box.closest(".pick").hidden = false;

  const map = L.map(box, { attributionControl: false, zoomControl: false, preferCanvas: true });
  L.control.zoom({ zoomInTitle: box.dataset.zoomIn, zoomOutTitle: box.dataset.zoomOut }).addTo(map);
  map.fitBounds([[39.2, 117.8], [39.8, 118.5]]);
  const overlay = L.layerGroup().addTo(map);
  const sites = new Map();
  const [draw, undo, close, clear] = ["draw", "draw-undo", "draw-close", "draw-clear"].map((id) => document.getElementById(id));
  let corners = null, request = null; // being drawn; and closed, but not answered yet

  const labelOf = (name) => {
    const label = document.createElement("span");
    label.textContent = name;
    return label;
  };

  function show() {
    const { chosen, outline, fault } = now();
    overlay.clearLayers();
    if (outline && !corners) L.geoJSON(outline, { interactive: false, style: { color: css("--link"), weight: 2, fillOpacity: 0.08 } }).addTo(overlay);
    if (corners) {
      L.polyline(corners, { color: css("--accent"), weight: 2, dashArray: "6 4", interactive: false }).addTo(overlay);
      for (const corner of corners) L.circleMarker(corner, { radius: 4, color: css("--accent"), interactive: false }).addTo(overlay);
    }
    if (fault) L.circleMarker(fault, { radius: 12, color: css("--bad"), weight: 3, fill: false, interactive: false }).addTo(overlay);
    const places = chosen.filter((key) => sites.has(key));
    if (!text) L.polyline(places.map((key) => sites.get(key).place), { color: css("--link"), weight: 3, interactive: false }).addTo(overlay);
    for (const [key, site] of sites) {
      const at = places.indexOf(key);
      site.mark.setStyle({ color: at < 0 ? css("--ink-soft") : css("--accent"), weight: at < 0 ? 1 : 3, fillOpacity: at < 0 ? 0.6 : 1 });
      site.mark.setRadius(at < 0 ? 5 : 8);
      if (at >= 0 && !text) L.tooltip({ permanent: true, direction: "top", offset: [0, -8] }).setLatLng(site.place).setContent(labelOf(`${at + 1} ${site.name}`)).addTo(overlay);
    }
    return { places, outline, fault };
  }

  function ask(key) {
    const rows = [...document.querySelectorAll("#chosen [name=row]")];
    const row = rows.find((input) => document.getElementsByName(`place-${input.value}`)[0].value === key);
    tap.value = row && now().chosen.includes(key) ? `out-${row.value}` : `add-${key}`;
    tap.click();
  }

  box.setAttribute("aria-busy", "true");
  const places = (query) => fetch(box.dataset.places + query, { credentials: "same-origin" }).then((answer) => answer.json());
  const add = (found) => {
    for (const [key, name, lat, lng, premium] of found) {
      if (sites.has(key)) continue;
      const mark = L.circleMarker([lat, lng], { radius: 5, fillColor: premium ? css("--chart-premium") : "#8b97a3", bubblingMouseEvents: false });
      mark.bindTooltip(labelOf(name)).addTo(map);
      mark.on("click", (event) => (corners ? corner(event) : ask(key)));
      sites.set(key, { name, place: [lat, lng], mark });
    }
  };

  /* Where there are more sites than are sent at once, each move of the map asks for those of its box. */
  const askByBox = () => map.on("moveend", () => {
    const bounds = map.getBounds();
    const edges = [Math.max(bounds.getWest(), -180), Math.max(bounds.getSouth(), -90), Math.min(bounds.getEast(), 180), Math.min(bounds.getNorth(), 90)];
    places(`?bbox=${edges.map((edge) => edge.toFixed(5))}`).then(({ places: found }) => { add(found); show(); }).catch(() => {});
  });

  places("").then(({ places: found, has_more }) => {
    add(found);
    if (has_more) askByBox();
    const { places: keys, outline } = show();
    const bounds = L.latLngBounds(keys.length ? keys.map((key) => sites.get(key).place) : [...sites.values()].map(({ place }) => place));
    if (outline) bounds.extend(L.geoJSON(outline).getBounds());
    if (bounds.isValid()) map.fitBounds(bounds.pad(0.15), { maxZoom: 14 });
  }).catch(() => {}).finally(() => box.removeAttribute("aria-busy"));

  document.addEventListener("htmx:afterSwap", ({ target }) => {
    if (target.id !== "chosen") return;
    const isRefused = request && !now().outline;
    if (isRefused) corners = request;
    request = null;
    const { fault } = isRefused ? tools() : show();
    if (fault && !map.getBounds().contains(fault)) map.panTo(fault);
  });

  /* Drawing. The corners become the text of the outline, which is what is sent. */
  if (!text) return;
  document.querySelector(".draw-tools").hidden = false;

  function tools() {
    draw.setAttribute("aria-pressed", String(corners !== null));
    draw.textContent = corners ? draw.dataset.drawing : draw.dataset.draw;
    undo.disabled = !corners?.length;
    close.disabled = !corners || corners.length < 3;
    document.body.classList.toggle("drawing", corners !== null);
    return show();
  }

  function corner({ latlng }) {
    if (!corners) return;
    corners.push([latlng.lat, latlng.lng]);
    tools();
  }

  function setOutline(value) {
    corners = null;
    text.value = value;
    tools();
    text.dispatchEvent(new Event("change", { bubbles: true }));
  }

  map.on("click", corner);
  draw.addEventListener("click", () => { corners = corners ? null : []; tools(); });
  undo.addEventListener("click", () => { corners.pop(); tools(); });
  clear.addEventListener("click", () => setOutline(""));
  close.addEventListener("click", () => {
    const ring = [...corners, corners[0]].map(([lat, lng]) => [Number(lng.toFixed(6)), Number(lat.toFixed(6))]);
    document.getElementById("id_outline_system").value = "cgcs2000";
    const shape = corners;
    setOutline(JSON.stringify({ type: "Polygon", coordinates: [ring] }));
    request = shape;
  });
  document.getElementById("id_outline_file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file || file.size > 1000000) return;
    event.stopPropagation();
    const content = await file.text();
    event.target.value = "";
    setOutline(content);
  });
});

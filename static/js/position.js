// Choosing positions: a tap on the map, or the phone's own. Both are WGS 84, which the forms keep as CGCS2000. Where a
// form has several positions, the next one that is blank follows.
addEventListener("load", () => {
  const box = document.querySelector(".pick");
  const fields = [...document.querySelectorAll("#f-position, [data-position]")];
  const system = document.getElementById("f-coordinate_system");
  if (!box || !fields.length) return;
  box.hidden = false;
  const whose = document.getElementById("pick-for");
  const marks = new Map(), chosen = new Map();
  let field;
  turnTo(fields.find((input) => !input.value) ?? fields[0]);
  field.closest("details")?.setAttribute("open", "");
  const others = JSON.parse(document.getElementById("others").textContent);
  const map = L.map("pick-map", { attributionControl: false, preferCanvas: true });
  const bounds = others.length ? L.latLngBounds(others.map(([lat, lng]) => [lat, lng])) : L.latLngBounds([[39.2, 117.8], [39.8, 118.5]]);
  map.fitBounds(bounds.pad(0.2));
  for (const [lat, lng, name] of others) {
    const label = document.createElement("span");
    label.textContent = name;
    L.circleMarker([lat, lng], { radius: 4, color: "#515a63", weight: 1, fillOpacity: 0.5 }).bindTooltip(label, { permanent: fields.length > 1 }).addTo(map);
  }

  function turnTo(next) {
    field = next;
    if (whose) whose.textContent = field.dataset.position ?? "";
  }

  function show(lat, lng) {
    marks.get(field)?.remove();
    marks.set(field, L.circleMarker([lat, lng], { radius: 9, color: "#b3121d", weight: 3, fillOpacity: 0.4 }).addTo(map));
  }

  function choose(lat, lng) {
    chosen.set(field, `${lng.toFixed(6)}, ${lat.toFixed(6)}`);
    field.value = chosen.get(field);
    system.value = "cgcs2000";
    show(lat, lng);
    for (const input of [field, system]) input.dispatchEvent(new Event("change", { bubbles: true }));
    turnTo(fields.find((input) => !input.value) ?? field);
  }

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
    if (place && field.value !== chosen.get(field)) look(place[1], place[0], map.getZoom());
  });
  map.on("click", (event) => choose(event.latlng.lat, event.latlng.lng));
  const note = document.getElementById("here-said");
  document.getElementById("here").addEventListener("click", () => {
    note.textContent = "…";
    const fail = () => { note.textContent = note.dataset.failed; };
    if (!navigator.geolocation) return fail();
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      note.textContent = `± ${Math.round(coords.accuracy)} m`;
      choose(coords.latitude, coords.longitude);
      map.setView([coords.latitude, coords.longitude], 14);
    }, fail, { enableHighAccuracy: true, timeout: 10000 });
  });
});

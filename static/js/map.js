/* The page of the map: lights up a belt from the list, swaps the map without a new page, draws the coordinate view.
   Nothing from the data is ever read as HTML. */
"use strict";

(() => {
  let map = null;

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const element = (name, text, attributes = {}) => {
    const tag = document.createElement(name);
    tag.textContent = text;
    for (const [key, value] of Object.entries(attributes)) {
      tag.setAttribute(key, value);
    }
    return tag;
  };

  /* Belts: what the pointer or the focus is on in the list is lit up in the drawing. */
  const light = (event, on) => {
    const item = event.target.closest(".map-list [data-belt]");
    if (!item) return;
    const code = CSS.escape(item.dataset.belt);
    const isLit = on || document.querySelector(`.map-list .is-lit[data-belt="${code}"]`) !== null;
    for (const belt of document.querySelectorAll(`.map-belt[data-belt="${code}"]`)) {
      belt.classList.toggle("is-lit", isLit);
      belt.closest(".map").classList.toggle("has-lit", isLit || document.querySelector(".map-list .is-lit") !== null);
    }
  };
  for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
    document.addEventListener(name, (event) => light(event, on));
  }

  /* Choices left as they are by default need no place in the address. */
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt.id !== "map-filters") return;
    for (const chooser of detail.elt.querySelectorAll("select")) {
      if (chooser.selectedIndex === 0) detail.formData.delete(chooser.name);
    }
    if (!detail.elt.querySelector("[type=checkbox]:not(:checked)")) detail.formData.delete("layer");
  });

  const popup = (properties, box, lines) => {
    const content = document.createElement("div");
    content.append(element("b", properties.name));
    for (const line of [properties.words, ...lines]) {
      if (line) content.append(element("p", line));
    }
    const last = document.createElement("p");
    last.append(element("a", box.dataset.open, { href: properties.url }));
    content.append(last);
    return content;
  };

  const colours = (theme) => {
    const levels = { national: css("--ink"), provincial: "#1d4f86", municipal: "#5b95cc", district: "#a9bccd" };
    return (properties) => {
      if (theme === "level") return levels[properties.level];
      if (properties.premium) return css("--chart-premium");
      return theme === "field" ? css(`--field-${properties.field}`) : "#8b97a3";
    };
  };

  /* Premium points are diamonds, so that colour is not needed to tell them. */
  const Diamond = () =>
    L.CircleMarker.extend({
      _updatePath() {
        const context = this._renderer._ctx;
        if (!this._renderer._drawing || this._empty()) return;
        const { x, y } = this._point;
        const size = this._radius * 1.25;
        context.beginPath();
        context.moveTo(x, y - size);
        context.lineTo(x + size, y);
        context.lineTo(x, y + size);
        context.lineTo(x - size, y);
        context.closePath();
        this._renderer._fillStroke(context, this);
      },
    });

  const graticule = (target, bounds) => {
    const step = 0.1;
    const style = { color: css("--line"), weight: 1, interactive: false };
    const [south, west] = [bounds.getSouth(), bounds.getWest()].map((edge) => Math.floor(edge / step - 2) * step);
    const [north, east] = [bounds.getNorth(), bounds.getEast()].map((edge) => Math.ceil(edge / step + 2) * step);
    for (let lat = south; lat <= north + 1e-9; lat += step) L.polyline([[lat, west], [lat, east]], style).addTo(target);
    for (let lng = west; lng <= east + 1e-9; lng += step) L.polyline([[south, lng], [north, lng]], style).addTo(target);
  };

  const layers = (data, box, outline, renderer) => {
    const dashesOf = (built) => (built ? null : "6 5");
    const belt = "#46566a";
    const bound = (lines) => (feature, layer) => layer.bindPopup(() => popup(feature.properties, box, lines(feature.properties)));
    const nothing = () => [];
    const parts = [];
    if (outline) {
      parts.push(L.geoJSON(outline, { renderer, interactive: false, style: { color: css("--ink-soft"), weight: 1, fill: false }, pointToLayer: () => null }));
    }
    parts.push(
      L.geoJSON(data.zones, {
        renderer,
        style: ({ properties: { built } }) => ({ color: built ? "#7d9cbd" : belt, weight: 1, dashArray: dashesOf(built), fillColor: "#dfeaf5", fillOpacity: built ? 0.5 : 0 }),
        onEachFeature: bound(nothing),
      }),
      L.geoJSON(data.belts, {
        renderer,
        style: ({ properties: { built, level } }) => ({ color: belt, weight: { national: 4, provincial: 4, municipal: 3 }[level] || 2, opacity: 0.75, dashArray: dashesOf(built) }),
        onEachFeature: bound(nothing),
      }),
      pointLayer(data, box, renderer),
    );
    return parts;
  };

  /* The points, or the clusters they form where they are many: a tap on one goes nearer. */
  const pointLayer = (data, box, renderer) => {
    const colour = colours(box.dataset.theme);
    const radius = box.clientWidth < 500 ? 3.5 : 5;
    const diamond = Diamond();
    const points = L.geoJSON(data.points, {
      pointToLayer: ({ properties }, place) =>
        new (properties.premium ? diamond : L.CircleMarker)(place, { renderer, radius, weight: 1, color: css("--paper"), fillColor: colour(properties), fillOpacity: 1 }),
      onEachFeature: ({ properties }, layer) =>
        layer.bindPopup(() => {
          const { position_illustrative: made_up, measured: { lng, lat, system } } = properties;
          return popup(properties, box, [`${box.dataset.measured} ${system}: ${lng}, ${lat}`, made_up ? box.dataset.illustrative : ""]);
        }),
    });
    L.geoJSON(data.clusters, {
      pointToLayer: ({ properties: { count } }, place) =>
        L.circleMarker(place, { renderer, radius: 12 + 3 * Math.log10(count), weight: 1, color: css("--paper"), fillColor: "#46566a", fillOpacity: 0.9 }),
      onEachFeature: ({ properties: { count, words } }, layer) => {
        layer.bindTooltip(element("span", count, { title: words }), { permanent: true, direction: "center", className: "map-cluster" });
        layer.on("click", () => map.setView(layer.getLatLng(), map.getZoom() + 2));
      },
    }).eachLayer((layer) => points.addLayer(layer));
    return points;
  };

  /* Where not every point was sent, each move of the map asks for the points of its box. */
  const askByBox = (address, box, renderer, shown) => {
    let asked = 0;
    map.on("moveend", async () => {
      const turn = ++asked;
      const bounds = map.getBounds();
      const edges = [Math.max(bounds.getWest(), -180), Math.max(bounds.getSouth(), -90), Math.min(bounds.getEast(), 180), Math.min(bounds.getNorth(), 90)];
      const data = await read(`${address}${address.includes("?") ? "&" : "?"}bbox=${edges.map((edge) => edge.toFixed(5))}`).catch(() => null);
      if (!data || turn !== asked || !map) return;
      shown.remove();
      shown = pointLayer(data, box, renderer).addTo(map);
    });
  };

  const read = async (address) => {
    if (!address) return null;
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(response.statusText);
    return response.json();
  };

  const draw = async () => {
    const box = document.getElementById("coordinates");
    if (map) {
      map.remove();
      map = null;
    }
    if (!box || !window.L) return;
    try {
      const [data, outline] = await Promise.all([read(box.dataset.url), read(box.dataset.outline).catch(() => null)]);
      box.replaceChildren();
      const renderer = L.canvas({ tolerance: 3 });
      map = L.map(box, { attributionControl: false, zoomControl: false, renderer, zoomSnap: 0.25 });
      L.control.zoom({ zoomInTitle: box.dataset.zoomIn, zoomOutTitle: box.dataset.zoomOut }).addTo(map);
      map.on("popupopen", ({ popup: { _closeButton: button } }) => button?.setAttribute("aria-label", box.dataset.close));
      if (box.dataset.tiles) L.tileLayer(box.dataset.tiles).addTo(map);
      const parts = layers(data, box, outline, renderer);
      const rows = parts.slice(-3).filter((layer) => layer.getLayers().length);
      const filled = rows.length ? rows : parts.filter((layer) => layer.getLayers().length);
      const bounds = filled.reduce((all, layer) => all.extend(layer.getBounds()), L.latLngBounds([]));
      map.fitBounds(bounds.isValid() ? bounds : [[39.2, 117.8], [39.7, 118.4]], { padding: [16, 16] });
      if (!box.dataset.tiles) graticule(map, map.getBounds());
      parts.forEach((layer) => layer.addTo(map));
      if (data.clusters.features.length) askByBox(box.dataset.url, box, renderer, parts.at(-1));
      L.control.scale({ imperial: false }).addTo(map);
    } catch {
      box.replaceChildren(element("p", box.dataset.failed, { class: "map-wait", role: "status" }));
    }
  };

  document.addEventListener("htmx:afterSwap", draw);
  draw();
})();

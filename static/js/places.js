// Narrowing the list of places while one types: by name, pinyin or first letters.
(() => {
  const row = document.querySelector(".places-filter");
  const list = document.getElementById("place");
  if (!row || !list) return;
  row.hidden = false;
  const field = document.getElementById("places-q");
  const none = document.getElementById("places-none");
  const groups = [...list.querySelectorAll("section")].map((group) => [group, [...group.querySelectorAll("li")]]);
  field.addEventListener("input", () => {
    const text = field.value.normalize("NFKC").replace(/\s/g, "").toLowerCase();
    let first = null;
    for (const [group, places] of groups) {
      for (const place of places) place.hidden = !place.dataset.find.includes(text);
      const fitting = places.filter((place) => !place.hidden);
      group.hidden = !fitting.length;
      first ||= fitting[0];
    }
    none.hidden = Boolean(first);
    const pick = list.querySelector("input:checked");
    if (first && text) first.querySelector("input").checked = true;
    else if (pick) pick.checked = false;
  });
  if (matchMedia("(pointer: fine)").matches) field.focus();
})();

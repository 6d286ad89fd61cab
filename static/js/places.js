// Narrowing the list of places while one types: by name or by the first letters.
(() => {
  const row = document.querySelector(".places-filter");
  const list = document.getElementById("place");
  if (!row || !list) return;
  row.hidden = false;
  const field = document.getElementById("places-q");
  const all = [...list.querySelectorAll("optgroup")].map((group) => [group, [...group.children]]);
  field.addEventListener("input", () => {
    const text = field.value.trim();
    let first = null;
    for (const [group, options] of all) {
      const fits = options.filter((option) => option.textContent.includes(text));
      group.replaceChildren(...fits);
      group.hidden = !fits.length;
      first ||= fits[0];
    }
    if (text && first) first.selected = true;
  });
  field.focus();
})();

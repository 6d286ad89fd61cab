// What a finger cannot use: a control under 40 px high, a sign of one character under 40 px wide, or what is too narrow for
// what it says. A link is a control where it is laid out as a block of its own; a link in running text or in the text of a
// cell is not. A box to tick is as large as its label. A field of free text may be narrower than a long text, but not than
// a short one. Called with the element to look in; gives a line for each fault.
(root) => {
    const LEAST = 40, READABLE = 160;
    const shown = (element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true})
        && !element.closest(".unseen, .skip, svg, .leaflet-control-attribution, [inert]")
        && [...element.querySelectorAll("img")].every((picture) => picture.naturalWidth); // one that is not there yet has no size
    const isControl = (element) => element.tagName !== "A" || element.matches(".button")
        || (getComputedStyle(element).display !== "inline" && !element.closest("td, th, .metro, .crumb"));
    const box = (element) => {
        const label = ["checkbox", "radio"].includes(element.type) && (element.closest("label") || element.labels[0]);
        const {width, height} = (label || element).getBoundingClientRect();
        return {width: Math.round(width), height: Math.round(height)};
    };
    const canvas = document.createElement("canvas").getContext("2d");
    const words = (element) => element.tagName === "SELECT" ? element.selectedOptions[0]?.text ?? ""
        : element.value || element.placeholder || "";
    const text = (element) => (element.innerText || words(element)).trim();
    const isNarrow = (element) => {
        if (["checkbox", "radio", "file", "range", "color"].includes(element.type) || element.tagName === "TEXTAREA") {
            return element.tagName === "TEXTAREA" && element.clientWidth < READABLE;
        }
        if (!["INPUT", "SELECT"].includes(element.tagName)) return element.scrollWidth > element.clientWidth + 1;
        const style = getComputedStyle(element);
        canvas.font = style.font;
        const room = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        return room + 1 < Math.min(canvas.measureText(words(element)).width, READABLE);
    };
    const name = (element) => {
        const path = [];
        for (let at = element; at && at !== document.body && path.length < 3; at = at.parentElement) {
            path.unshift(at.tagName.toLowerCase() + (at.name ? `[name=${at.name}]` : "")
                + [...at.classList].map((word) => `.${word}`).join(""));
        }
        return `${path.join(" > ")} “${text(element).slice(0, 20)}”`;
    };
    return [...root.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")]
        .filter((element) => shown(element) && isControl(element))
        .flatMap((element) => {
            const {width, height} = box(element);
            return [
                ...(height < LEAST || (width < LEAST && text(element).length < 2) ? [`${name(element)} is ${width} × ${height} pixels`] : []),
                ...(isNarrow(element) ? [`${name(element)} is narrower than what it says`] : []),
            ];
        });
}

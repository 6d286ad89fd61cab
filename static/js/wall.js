/* The wall screen: lights one township after the other, at most every 30 seconds, until a button stops it; shows the
   time; loads its content anew, and says so when it could not. All numbers come from the server as HTML. */
"use strict";

(() => {
  const RETRY = 60_000;
  const PATIENCE = 30_000;
  const PARTS = ["wall-title", "content"]; // what is replaced when the page is loaded anew

  const pause = document.querySelector("[data-pause]");
  const clock = document.querySelector("[data-clock]");
  const stamp = document.querySelector("[data-stamp]");
  const { turnSeconds, loadSeconds } = document.querySelector("[data-wall]").dataset;
  const turnEvery = Math.max(30, Number(turnSeconds)) * 1000;
  const loadEvery = Number(loadSeconds) * 1000;
  const language = document.documentElement.lang;
  const timeZone = clock.dataset.zone; // that of the registry, whatever the screen is set to
  const day = new Intl.DateTimeFormat(language, { timeZone, month: "long", day: "numeric", weekday: "long" });
  const time = new Intl.DateTimeFormat(language, { timeZone, hour: "2-digit", minute: "2-digit", hour12: false });

  let current = 0;
  let turning = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let nextTurn = Date.now() + turnEvery;
  let loadedAt = new Date();
  let nextLoad = loadedAt.getTime() + loadEvery;
  let loading = false;
  let isDown = false;

  function show(place) {
    const cards = [...document.querySelectorAll(".wall-townships > li")];
    if (!cards.length) {
      return;
    }
    current = (place + cards.length) % cards.length;
    cards.forEach((card, index) => {
      card.hidden = index !== current;
    });
    cards[0].parentElement.classList.add("is-turning");
    const { township } = cards[current].dataset;
    for (const part of document.querySelectorAll(".map-tile, .wall-ranking > li")) {
      part.classList.toggle("is-lit", part.dataset.township === township);
    }
    nextTurn = Date.now() + turnEvery;
  }

  function keepTurning(wanted) {
    turning = wanted;
    nextTurn = Date.now() + turnEvery;
    pause.textContent = turning ? pause.dataset.wordsPause : pause.dataset.wordsGo;
  }

  function write(element, text) {
    if (element.textContent !== text) {
      element.textContent = text;
    }
  }

  function showTime(now) {
    const [date, hour] = clock.children;
    write(date, day.format(now));
    write(hour, time.format(now));
    const late = isDown || now - loadedAt > 2 * loadEvery;
    const since = loadedAt.toDateString() === now.toDateString() ? "" : `${day.format(loadedAt)} `;
    const { wordsFresh, wordsStale } = stamp.dataset;
    write(stamp, `${wordsFresh} ${since}${time.format(loadedAt)}${late ? wordsStale : ""}`);
    stamp.classList.toggle("late", late);
  }

  /* Scripts and styles of another version ask for the whole page. */
  const filesOf = (page) =>
    [...page.querySelectorAll("script[src], link[rel=stylesheet]")]
      .map((file) => file.getAttribute("src") || file.getAttribute("href"))
      .join();

  function replace(page) {
    const focus = document.activeElement?.getAttribute("href");
    for (const id of PARTS) {
      document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
    }
    show(current);
    if (focus) {
      document.querySelector(`a[href="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
    }
  }

  async function load() {
    loading = true;
    try {
      const answer = await fetch(window.location.href, { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok || !page.querySelector("[data-wall]")) {
        throw new Error(`no wall screen: ${answer.status}`);
      }
      if (filesOf(page) !== filesOf(document)) {
        window.location.reload();
      }
      const turn = nextTurn;
      replace(page);
      nextTurn = turn;
      loadedAt = new Date();
      isDown = false;
    } catch {
      isDown = true;
    }
    loading = false;
    nextLoad = Date.now() + (isDown ? RETRY : loadEvery);
    showTime(new Date());
  }

  /* One clock for all: after a night asleep everything that is due is done at once. */
  function tick() {
    const now = new Date();
    showTime(now);
    if (turning && now >= nextTurn) {
      show(current + 1);
    }
    if (!loading && now >= nextLoad) {
      load();
    }
  }

  pause.addEventListener("click", () => keepTurning(!turning));
  document.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      show(current + (event.key === "ArrowRight" ? 1 : -1));
    }
  });
  window.addEventListener("online", () => {
    nextLoad = Date.now();
  });

  document.documentElement.classList.add("turning");
  clock.append(document.createElement("span"), document.createElement("b"));
  for (const part of [pause, clock, stamp]) {
    part.hidden = false;
  }
  show(0);
  keepTurning(turning);
  showTime(new Date());
  setInterval(tick, 1000);
})();

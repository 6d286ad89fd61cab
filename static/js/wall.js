/* The wall screen: one section at a time, turned at most every 30 seconds, stopped by a button or by touching it. */
"use strict";

(() => {
  const nav = document.querySelector("[data-wall]");
  const pause = nav.querySelector("[data-pause]");
  const links = [...nav.querySelectorAll('a[href^="#"]')];
  const screens = links.map((link) => document.querySelector(link.hash));
  const milliseconds = Math.max(30, Number(nav.dataset.seconds)) * 1000;
  let shown = Math.max(0, links.findIndex((link) => link.hash === window.location.hash));
  let turning = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let timer = null;

  function show(place) {
    shown = (place + screens.length) % screens.length;
    screens.forEach((screen, index) => {
      screen.hidden = index !== shown;
    });
    links.forEach((link, index) => {
      if (index === shown) {
        link.setAttribute("aria-current", "true");
      } else {
        link.removeAttribute("aria-current");
      }
    });
  }

  function keepTurning(wanted) {
    turning = wanted;
    clearInterval(timer);
    timer = turning ? setInterval(() => show(shown + 1), milliseconds) : null;
    pause.textContent = turning ? pause.dataset.wordsPause : pause.dataset.wordsGo;
  }

  links.forEach((link, index) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      window.history.replaceState(null, "", link.hash);
      show(index);
      keepTurning(turning);
    });
  });
  pause.addEventListener("click", () => keepTurning(!turning));
  document.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      show(shown + (event.key === "ArrowRight" ? 1 : -1));
      keepTurning(turning);
    }
  });

  document.documentElement.classList.add("turning");
  pause.hidden = false;
  show(shown);
  keepTurning(turning);
})();

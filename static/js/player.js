// @ts-check
// Brings a page's player to life, keeps it going, and says in the page what becomes of it.

import { keepGoing } from "./playback-renewal.js";
import { fetchWhenWanted } from "./player-module.js";

/** @typedef {import("./playback-answer.js").End} End */

/** @param {ParentNode} root */
function start(root) {
  for (const player of root.querySelectorAll("[data-player]")) bind(/** @type {HTMLElement} */ (player));
}

/** @param {HTMLElement} player */
function bind(player) {
  const stage = /** @type {HTMLElement} */ (player.closest("[data-stage]"));
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (stage.querySelector(`[data-player-${name}]`));
  const button = /** @type {HTMLButtonElement} */ (part("play"));
  const trouble = () => (part("trouble").hidden = false);

  fetchWhenWanted(player, button, trouble);
  keepGoing(player, {
    waiting: (isWaiting) => (part("waiting").hidden = !isWaiting),
    end: (end) => showEnd(part, end),
    trouble,
  });
  player.addEventListener("playing", () => {
    part("trouble").hidden = true;
    button.remove();
  });
}

/** @param {(name: string) => HTMLElement} part @param {End} end */
function showEnd(part, { words, step }) {
  part("frame").remove();
  part("trouble").hidden = true;
  part("end-words").textContent = words;
  if (step) {
    const link = /** @type {HTMLAnchorElement} */ (part("end-step"));
    link.textContent = step.text;
    link.href = step.url;
    link.hidden = false;
  }
  part("end").hidden = false;
}

start(document);
document.addEventListener("part:replaced", (event) => start(/** @type {Element} */ (event.target)));

// @ts-check
// Asks whether the programme or its next video has got further, and shows it without a reload.

import { replaceParts } from "./parts.js";

const ARRIVED_MS = 1_000; // the whole file is sent, and Mux is about to say so
const QUICK_MS = 2_000;
const CALM_MS = 4_000; // the video may come by another way, too

const words = document.querySelector("[data-live-words]");
let timer = 0;

const state = () => document.querySelector("[data-live]");
const heading = () => document.querySelector("#replacement[data-news] h2") ?? document.querySelector("#video h2");

function plan() {
  clearTimeout(timer);
  const pause = pauseBefore(state());
  if (pause) timer = setTimeout(ask, document.hidden ? CALM_MS : pause);
}

/** How long to wait before asking; 0 where there is nothing to ask. @param {Element | null} asked */
function pauseBefore(asked) {
  const awaited = asked?.getAttribute("data-awaits");
  if (awaited === "video") return QUICK_MS;
  if (awaited !== "file" || isBusy()) return 0;
  return document.querySelector("[data-upload-started]") ? ARRIVED_MS : CALM_MS;
}

async function ask() {
  const asked = state();
  if (!asked) return;
  try {
    const answer = await fetch(asked.getAttribute("data-live") ?? "", { redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 404) {
      say("This page no longer updates itself. Reload it to go on.");
      return;
    }
    if (answer.status === 200 && state() === asked && !isBusy()) {
      replaceParts(await answer.text());
      say(heading()?.textContent ?? "");
    }
  } catch {
    // Out of reach: the next round asks again.
  }
  plan();
}

const isBusy = () => document.querySelector("[data-busy]") !== null;

/** @param {string} text */
function say(text) {
  if (words) words.textContent = text;
}

plan();
document.addEventListener("upload:changed", plan);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && pauseBefore(state())) ask();
});

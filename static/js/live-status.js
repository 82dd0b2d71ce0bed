// @ts-check
// Asks whether the programme's status has changed, and shows the new one without a reload.

import { replaceParts } from "./parts.js";

const ARRIVED_MS = 1_000; // the whole file is sent, and Mux is about to say so
const QUICK_MS = 2_000;
const CALM_MS = 4_000; // the video may come by another way, too

const words = document.querySelector("[data-live-words]");
let timer = 0;

const section = () => document.querySelector("[data-live]");

function plan() {
  clearTimeout(timer);
  const pause = pauseBefore(section());
  if (pause) timer = setTimeout(ask, document.hidden ? CALM_MS : pause);
}

/** How long to wait before asking; 0 where there is nothing to ask. @param {Element | null} asked */
function pauseBefore(asked) {
  const status = asked?.getAttribute("data-status");
  if (status === "processing") return QUICK_MS;
  if (status !== "awaiting_upload" || asked?.querySelector("[data-busy]")) return 0;
  return asked?.querySelector("[data-upload-started]") ? ARRIVED_MS : CALM_MS;
}

async function ask() {
  const asked = section();
  if (!asked) return;
  try {
    const answer = await fetch(asked.getAttribute("data-live") ?? "", { redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 404) {
      say("This page no longer updates itself. Reload it to go on.");
      return;
    }
    if (answer.status === 200 && section() === asked && !asked.querySelector("[data-busy]")) {
      replaceParts(await answer.text());
      say(section()?.querySelector("h2")?.textContent ?? "");
    }
  } catch {
    // Out of reach: the next round asks again.
  }
  plan();
}

/** @param {string} text */
function say(text) {
  if (words) words.textContent = text;
}

plan();
document.addEventListener("upload:changed", plan);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && pauseBefore(section())) ask();
});

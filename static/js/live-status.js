// @ts-check
// Asks whether the programme's status has changed, and shows the new one without a reload.

import { replaceParts } from "./parts.js";

const QUICK_MS = 2_000;
const CALM_MS = 10_000;
const MOVING = new Set(["awaiting_upload", "processing"]);

const words = document.querySelector("[data-live-words]");
let timer = 0;

const section = () => document.querySelector("[data-live]");

function plan() {
  clearTimeout(timer);
  const status = section()?.getAttribute("data-status") ?? "";
  if (!MOVING.has(status)) return;
  const isQuiet = status === "awaiting_upload" && !document.querySelector("[data-upload-started]");
  timer = setTimeout(ask, document.hidden || isQuiet ? CALM_MS : QUICK_MS);
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
document.addEventListener("visibilitychange", () => (document.hidden ? plan() : MOVING.has(section()?.getAttribute("data-status") ?? "") && ask()));
document.addEventListener("upload:changed", plan);

// @ts-check
// Once a video is being sent, saving must not leave the page: the form goes in the background, its answer into the
// page's parts.

import { replaceParts } from "./parts.js";

document.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches("[data-in-place]") || !document.querySelector("[data-upload-started]")) return;
  event.preventDefault();
  const button = event.submitter;
  button?.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    replaceParts(await answer.text());
    document.querySelector(".field-invalid .input, .flash")?.scrollIntoView({ block: "nearest" });
  } catch {
    button?.removeAttribute("aria-disabled");
    window.alert("That was not saved: the portal can’t be reached. Check your connection, then press the button again.");
  }
});

// @ts-check
// Once a video is being sent, saving must not leave the page: the form goes in the background, its answer into the
// page's parts. Whoever saves is told where nothing was saved, whatever kept it from that.

import { replaceParts } from "./parts.js";

const SIGNED_OUT = "you are signed out. The video is still being sent: once it has arrived, reload this page and sign in.";
const FAILED = "the portal failed. Press the button again; if that does not help, reload this page once the video has arrived.";
const OUT_OF_REACH = "the portal can’t be reached. Check your connection, then press the button again.";

document.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches("[data-in-place]") || !document.querySelector("[data-upload-started]")) return;
  event.preventDefault();
  const button = event.submitter;
  button?.setAttribute("aria-disabled", "true");
  const trouble = await save(form).catch(() => OUT_OF_REACH);
  button?.removeAttribute("aria-disabled");
  if (trouble) window.alert(`That was not saved: ${trouble}`);
  else document.querySelector(".field-invalid .input, .flash")?.scrollIntoView({ block: "nearest" });
});

/** Sends the form and shows its answer; what kept it from that, if anything. @param {HTMLFormElement} form */
async function save(form) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
  if (isRefusal(answer)) return SIGNED_OUT;
  if (!answer.ok && answer.status !== 422) return FAILED; // 422: this page, with what is wrong beside its field
  replaceParts(await answer.text());
  return null;
}

/** Whether the session has ended: its form token is refused, or the sign-in page answers. @param {Response} answer */
function isRefusal(answer) {
  if (!answer.ok) return [400, 401, 403].includes(answer.status);
  return new URL(answer.url).pathname !== location.pathname;
}

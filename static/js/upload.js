// @ts-check
// Sends the chosen video to Mux: a fresh address for every file, progress in words, and a question before leaving.

import { freshAddress, inPlainWords } from "./upload-address.js";

/** @param {ParentNode} root */
function start(root) {
  for (const box of root.querySelectorAll("[data-upload]")) bind(/** @type {HTMLElement} */ (box));
}

/** @param {HTMLElement} box */
async function bind(box) {
  const uploader = /** @type {any} */ (box.querySelector("mux-uploader"));
  const pause = /** @type {HTMLButtonElement} */ (box.querySelector("[data-upload-pause]"));
  const cancel = /** @type {HTMLElement | null} */ (document.querySelector("[data-upload-cancel]"));
  cancel?.addEventListener("submit", () => delete box.dataset.busy); // whoever cancels means to leave
  uploader.endpoint = (/** @type {File} */ file) => freshAddress(box, file);

  uploader.addEventListener("uploadstart", (/** @type {CustomEvent} */ event) => {
    const { file } = event.detail;
    box.dataset.busy = box.dataset.uploadStarted = "";
    show(box, { file: `${file.name} · ${size(file.size)}`, message: "Keep this page open until the file has arrived. You can fill in the rest meanwhile." });
    pause.hidden = false;
    pause.textContent = "Pause";
    if (cancel) cancel.hidden = false;
    changed(box);
  });
  uploader.addEventListener("success", () => {
    finish(box, pause);
    show(box, { file: box.querySelector("[data-upload-file]")?.textContent ?? "", message: "Your video has arrived. It is being prepared." });
    changed(box);
  });
  uploader.addEventListener("uploaderror", (/** @type {CustomEvent} */ event) => {
    finish(box, pause);
    delete box.dataset.uploadStarted;
    uploader.dispatchEvent(new CustomEvent("reset"));
    show(box, { trouble: inPlainWords(String(event.detail?.message ?? "")) });
    changed(box);
  });
  uploader.addEventListener("offline", () => show(box, { message: "You are offline. Sending goes on by itself once you are back." }));
  uploader.addEventListener("online", () => show(box, { message: "You are back. Sending goes on." }));
  uploader.addEventListener("chunksuccess", () => label(uploader, pause));
  pause.addEventListener("click", () => {
    uploader.paused = !uploader.paused;
    pause.textContent = uploader.paused ? "Pausing after this piece …" : "Pause";
  });
  bindDrop(box, uploader);
  if (await load(box)) nameProgress(uploader);
}

/**
 * Until the component is here, whoever wants to choose a file is told so, and then gets what they asked for.
 *
 * @param {HTMLElement} box @returns {Promise<boolean>} whether it came
 */
async function load(box) {
  const choose = /** @type {HTMLButtonElement} */ (box.querySelector("[slot=file-select]"));
  let isAsked = false;
  const answer = () => {
    isAsked = true;
    show(box, { message: "One moment, the uploader is still on its way." });
  };
  choose.addEventListener("click", answer);
  const isHere = await import(box.dataset.module ?? "").then(() => true, () => false);
  choose.removeEventListener("click", answer);
  if (!isHere) show(box, { trouble: "The uploader could not be loaded. Check your connection, then reload this page." });
  if (!isHere || !isAsked) return isHere;
  show(box, {});
  if (navigator.userActivation?.isActive) choose.click();
  return true;
}

/** The component leaves its progress bar without an accessible name. @param {HTMLElement} uploader */
function nameProgress(uploader) {
  for (const progress of uploader.shadowRoot?.querySelectorAll("mux-uploader-progress") ?? []) {
    progress.shadowRoot?.querySelector("[role=progressbar]")?.setAttribute("aria-label", "Sent");
  }
}

/** Whoever pauses waits for the piece that is on its way. @param {any} uploader @param {HTMLButtonElement} pause */
function label(uploader, pause) {
  pause.textContent = uploader.paused ? "Resume" : "Pause";
}

/** @param {HTMLElement} box @param {HTMLElement} pause */
function finish(box, pause) {
  delete box.dataset.busy;
  pause.hidden = true;
}

/** @param {HTMLElement} box */
function changed(box) {
  box.dispatchEvent(new CustomEvent("upload:changed", { bubbles: true }));
}

/** @param {HTMLElement} box @param {HTMLElement} uploader */
function bindDrop(box, uploader) {
  const canTake = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") && !("uploadStarted" in box.dataset);
  box.addEventListener("dragover", (event) => {
    if (!canTake(event)) return;
    event.preventDefault();
    box.classList.add("is-dropping");
  });
  for (const name of ["dragleave", "drop"]) box.addEventListener(name, () => box.classList.remove("is-dropping"));
  box.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file || !canTake(event)) return;
    event.preventDefault();
    uploader.toggleAttribute("file-ready", true);
    uploader.dispatchEvent(new CustomEvent("file-ready", { bubbles: true, composed: true, detail: file }));
  });
}

/** @param {HTMLElement} box @param {{file?: string, message?: string, trouble?: string}} words */
function show(box, words) {
  for (const name of /** @type {const} */ (["message", "trouble"])) write(box, name, words[name] ?? "");
  if (words.file !== undefined || words.trouble) write(box, "file", words.file ?? "");
  /** @type {HTMLElement} */ (box.querySelector("[data-upload-idle]")).hidden = "uploadStarted" in box.dataset;
}

/** @param {HTMLElement} box @param {string} name @param {string} text */
function write(box, name, text) {
  const place = /** @type {HTMLElement} */ (box.querySelector(`[data-upload-${name}]`));
  place.textContent = text;
  place.hidden = !text;
}

/** @param {number} bytes */
function size(bytes) {
  const megabytes = bytes / 1e6;
  return megabytes >= 1000 ? `${(megabytes / 1000).toFixed(1)} GB` : `${Math.max(megabytes, 0.1).toFixed(1)} MB`;
}

window.addEventListener("beforeunload", (event) => {
  if (document.querySelector("[data-upload][data-busy]")) event.preventDefault();
});
start(document);
document.addEventListener("part:replaced", (event) => start(/** @type {Element} */ (event.target)));

// @ts-check
// Lets a card's picture move while somebody points at it or has come to it by keyboard; not for whoever wants no motion
// or saves data. The moving picture is fetched at that moment and not before.

const WAIT_MS = 250; // passing over a card fetches nothing

const wantsNone = () =>
  matchMedia("(prefers-reduced-motion: reduce)").matches ||
  Boolean(/** @type {any} */ (navigator).connection?.saveData);

/** @param {HTMLElement} card */
function bind(card) {
  const poster = card.querySelector("[data-preview]");
  if (!(poster instanceof HTMLElement)) return;
  let timer = 0;
  const show = () => {
    clearTimeout(timer);
    if (!wantsNone()) timer = setTimeout(() => add(poster), WAIT_MS);
  };
  const hide = () => {
    clearTimeout(timer);
    poster.querySelector(".poster-preview")?.remove();
  };
  card.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show());
  card.addEventListener("pointerleave", hide);
  card.addEventListener("focusin", () => card.querySelector(":focus-visible") && show());
  card.addEventListener("focusout", hide);
}

/** @param {HTMLElement} poster */
function add(poster) {
  const image = document.createElement("img");
  image.className = "poster-preview";
  image.alt = "";
  image.width = 640;
  image.height = 360;
  image.addEventListener("error", () => image.remove());
  image.src = poster.dataset.preview ?? "";
  poster.append(image);
}

for (const card of document.querySelectorAll(".card")) bind(/** @type {HTMLElement} */ (card));

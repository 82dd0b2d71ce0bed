// @ts-check
// Fetches Mux Player (1.1 MB) when a person shows up at the page, or some time after it is loaded. Until then the page
// shows the video's still and a play button of its own.

const SIGNS_OF_A_PERSON = ["pointermove", "pointerdown", "touchstart", "wheel", "keydown"];
const WAIT_AFTER_LOAD_MS = 6_000;

/**
 * @param {HTMLElement} player
 * @param {HTMLButtonElement} button
 * @param {() => void} complain
 */
export function fetchWhenWanted(player, button, complain) {
  const fetchPlayer = once(async () => {
    await import(player.dataset.module ?? "").catch(complain);
    if (!button.matches(":active, :focus, .is-pressed")) button.remove(); // else its click is still to come
  });

  button.hidden = false;
  button.addEventListener("click", async () => {
    button.classList.add("is-pressed");
    await fetchPlayer();
    button.remove(); // it stands before the player, so that the next press of Tab leads to the player's controls
    /** @type {any} */ (player).play?.().catch(() => {}); // a browser may want one more press, on the player itself
  });
  for (const sign of SIGNS_OF_A_PERSON) document.addEventListener(sign, fetchPlayer, { once: true, passive: true });
  afterLoad(() => setTimeout(() => savesData() || fetchPlayer(), WAIT_AFTER_LOAD_MS));
}

/** @param {() => void} call */
function afterLoad(call) {
  if (document.readyState === "complete") call();
  else window.addEventListener("load", call, { once: true });
}

/** @param {() => Promise<void>} call @returns {() => Promise<void>} */
function once(call) {
  /** @type {Promise<void> | undefined} */
  let running;
  return () => (running ??= call());
}

const savesData = () => Boolean(/** @type {any} */ (navigator).connection?.saveData);

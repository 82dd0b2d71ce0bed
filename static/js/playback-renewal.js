// @ts-check
// Keeps a player going across the end of its tokens: before they end while it plays, when it is resumed or sought in
// after they have ended, and when the stream fails. It goes on where it was; if access has ended, it stops and says so.

import { askForPlayback } from "./playback-answer.js";
import { goOn, isPlayedBy, placeOf, stop } from "./playback-source.js";

/** @typedef {import("./playback-answer.js").End} End */

const LEAD_MS = 60_000; // before the end, while there is time to ask again
const LEAD_SHARE = 0.25; // of a life that is shorter than that
const SETTLED_MS = 5_000; // a stream that fails again this soon after a renewal is not helped by another

/**
 * @param {any} player
 * @param {{waiting: (isWaiting: boolean) => void, end: (end: End) => void, trouble: () => void}} tell
 */
export function keepGoing(player, tell) {
  let dueAt = momentOf(player.dataset.expiresIn ? Number(player.dataset.expiresIn) : null);
  let changedAt = -Infinity;
  let position = 0;
  let isBusy = false;

  /** @param {boolean} hasFailed */
  async function renew(hasFailed) {
    isBusy = true;
    const answer = await askForPlayback(player.dataset.renewedAt, () => tell.waiting(true));
    tell.waiting(false);
    if ("words" in answer) {
      stop(player);
      tell.end(answer);
      return; // and stays busy: nothing follows
    }
    isBusy = false;
    dueAt = momentOf(answer.expiresIn);
    if (!isPlayedBy(player, answer.playback)) {
      changedAt = Date.now();
      const place = placeOf(player);
      goOn(player, answer.playback, { ...place, seconds: place.seconds || position });
    } else if (hasFailed) tell.trouble();
  }

  const renewWhenDue = () => {
    position = player.currentTime || position;
    if (Date.now() >= dueAt && !isBusy) void renew(false);
  };
  for (const name of ["timeupdate", "play", "seeking"]) player.addEventListener(name, renewWhenDue);
  player.addEventListener("error", (/** @type {CustomEvent} */ event) => {
    if (event.detail?.fatal === false || isBusy) return;
    if (Date.now() < changedAt + SETTLED_MS) tell.trouble();
    else void renew(true);
  });
}

/** @param {?number} expiresInSeconds By our own clock, whatever it shows: when to ask for something fresher. */
function momentOf(expiresInSeconds) {
  if (expiresInSeconds === null) return Infinity;
  const lifeMs = expiresInSeconds * 1_000;
  return Date.now() + lifeMs - Math.min(LEAD_MS, lifeMs * LEAD_SHARE);
}

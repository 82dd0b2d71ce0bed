// @ts-check
// Keeps a phone's screen on while a video is being sent: a phone that sleeps stops sending.

/** @type {WakeLockSentinel | null | undefined} */
let lock;

async function follow() {
  const isSending = Boolean(document.querySelector("[data-upload][data-busy]"));
  if (isSending && !document.hidden) lock = await navigator.wakeLock?.request("screen").catch(() => null);
  else if (!isSending) await lock?.release();
}

document.addEventListener("upload:changed", follow);
document.addEventListener("visibilitychange", follow); // the browser lets go of the lock when the page is hidden

// @ts-check
// Asks the portal for fresh addresses and tokens, for as long as it takes to get an answer.

/**
 * @typedef {{url: string, playbackId: string, posterUrl: string, storyboardUrl: string,
 *   tokens: {playback: ?string, thumbnail: ?string, storyboard: ?string}}} Playback
 * @typedef {{playback: Playback, expiresIn: ?number}} Fresh
 * @typedef {{words: string, step: ?{text: string, url: string}}} End
 */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const ANSWER_MS = 15_000;
const ENDS = [401, 403, 404];

/**
 * What the portal says: how to go on, or that access has ended. Nothing else ends the asking.
 *
 * @param {string} address
 * @param {() => void} tellOfWaiting
 * @returns {Promise<Fresh | End>}
 */
export async function askForPlayback(address, tellOfWaiting) {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const answer = await ask(address);
    if (answer) return answer;
    tellOfWaiting();
    await pause(wait * (0.75 + Math.random() / 2)); // not all viewers at once after an interruption
  }
}

/** @param {string} address @returns {Promise<Fresh | End | null>} null: no answer that tells anything */
async function ask(address) {
  try {
    const answer = await fetch(address, {
      headers: { Accept: "application/json" },
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (answer.ok) return await answer.json();
    if (!ENDS.includes(answer.status)) return null;
    const problem = await answer.json();
    return { words: problem.detail, step: problem.next ?? null };
  } catch {
    return null;
  }
}

/** @param {number} ms Cut short when the browser says that the connection is back. */
function pause(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    window.addEventListener("online", done);
    function done() {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      resolve(undefined);
    }
  });
}

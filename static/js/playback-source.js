// @ts-check
// What Mux Player plays: from where, how to put something fresher in its place, and how to take it away.

/** @typedef {import("./playback-answer.js").Playback} Playback */
/** @typedef {{seconds: number, isPlaying: boolean, rate: number, volume: number, isMuted: boolean}} Place */

const NEAR_ENOUGH_SECONDS = 0.5;
const ALL = ["src", "playback-id", "playback-token", "thumbnail-token", "storyboard-token", "poster", "storyboard-src"];

/** @param {any} player @param {Playback} playback */
export function isPlayedBy(player, playback) {
  if (!player.hasAttribute("playback-id")) return player.getAttribute("src") === playback.url;
  const token = player.getAttribute("playback-token");
  return player.getAttribute("playback-id") === playback.playbackId && token === playback.tokens.playback;
}

/** @param {any} player @returns {Place} */
export function placeOf(player) {
  return {
    seconds: player.currentTime || 0,
    isPlaying: !player.paused && !player.ended,
    rate: player.playbackRate,
    volume: player.volume,
    isMuted: player.muted,
  };
}

/**
 * Plays the same video from a fresh source, where the former was. The picture stands still over it meanwhile.
 *
 * @param {any} player @param {Playback} playback @param {Place} place
 */
export function goOn(player, playback, place) {
  const uncover = cover(player);
  player.setAttribute("start-time", String(place.seconds));
  player.addEventListener("loadedmetadata", () => restore(player, place, uncover), { once: true });
  if (player.hasAttribute("playback-id")) {
    set(player, "thumbnail-token", playback.tokens.thumbnail);
    set(player, "storyboard-token", playback.tokens.storyboard);
    set(player, "playback-id", playback.playbackId);
    set(player, "playback-token", playback.tokens.playback); // this one makes the player load
  } else {
    set(player, "storyboard-src", playback.storyboardUrl);
    set(player, "src", playback.url);
  }
  if (place.isPlaying) player.play()?.catch(() => {});
}

/** @param {any} player */
export function stop(player) {
  player.pause?.();
  for (const name of ALL) player.removeAttribute(name);
}

/** @param {any} player @param {Place} place @param {() => void} uncover */
function restore(player, place, uncover) {
  player.removeAttribute("start-time");
  if (Math.abs(player.currentTime - place.seconds) > NEAR_ENOUGH_SECONDS) player.currentTime = place.seconds;
  player.playbackRate = place.rate;
  player.volume = place.volume;
  player.muted = place.isMuted;
  if (place.isPlaying) player.play()?.catch(() => {}); // a browser may want one more press, on the player itself
  else uncover();
}

/** @param {any} player @param {string} name @param {?string} value */
function set(player, name, value) {
  if (value === null) player.removeAttribute(name);
  else if (player.getAttribute(name) !== value) player.setAttribute(name, value);
}

/**
 * Lays the picture that is shown now over the player, until the next one is there.
 *
 * @param {any} player
 */
function cover(player) {
  const picture = document.createElement("canvas");
  const video = player.media?.nativeEl ?? player.media;
  const uncover = () => picture.remove();
  if (video?.videoWidth) {
    picture.className = "player-cover";
    picture.width = video.videoWidth;
    picture.height = video.videoHeight;
    picture.getContext("2d")?.drawImage(video, 0, 0);
    player.after(picture);
    for (const name of ["playing", "error"]) player.addEventListener(name, uncover, { once: true });
  }
  return uncover;
}

// @ts-check
// Swaps parts of the page, elements with `data-part` and an id, for newer ones from the server.

/** @param {string} html A whole page or some of its parts. */
export function replaceParts(html) {
  const newer = new DOMParser().parseFromString(html, "text/html");
  for (const part of newer.querySelectorAll("[data-part]")) {
    const old = document.getElementById(part.id);
    if (old && !mustStay(old, part)) replace(old, part);
  }
}

/**
 * A part stays while it sends a file, and as long as it is of the same version: a video plays on. What is known of the
 * programme stays with the part that sends.
 * @param {Element} old @param {Element} part
 */
function mustStay(old, part) {
  const version = old.getAttribute("data-version");
  if (version !== null && version === part.getAttribute("data-version")) return true;
  return old.querySelector("[data-busy]") || (old.hasAttribute("data-live") && document.querySelector("[data-busy]"));
}

/** @param {Element} old @param {Element} part */
function replace(old, part) {
  const hadFocus = old.contains(document.activeElement);
  const fresh = document.adoptNode(part); // not imported: components come to life once they stand in the page
  old.replaceWith(fresh);
  fresh.dispatchEvent(new CustomEvent("part:replaced", { bubbles: true }));
  if (hadFocus) /** @type {HTMLElement | null} */ (fresh.querySelector("[tabindex='-1'], a, button"))?.focus();
}

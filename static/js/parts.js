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

/** A part stays while it sends a file, and afterwards until there is news. @param {Element} old @param {Element} part */
function mustStay(old, part) {
  const isSameStatus = old.getAttribute("data-status") === part.getAttribute("data-status");
  return old.querySelector("[data-busy]") || (isSameStatus && old.querySelector("[data-upload-started]"));
}

/** @param {Element} old @param {Element} part */
function replace(old, part) {
  const hadFocus = old.contains(document.activeElement);
  const fresh = document.importNode(part, true);
  old.replaceWith(fresh);
  fresh.dispatchEvent(new CustomEvent("part:replaced", { bubbles: true }));
  if (hadFocus) /** @type {HTMLElement | null} */ (fresh.querySelector("[tabindex='-1'], a, button"))?.focus();
}

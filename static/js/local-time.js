// @ts-check
// Writes moments in the reader's own zone; without it they stand in UTC.

const format = new Intl.DateTimeFormat(document.documentElement.lang + "-GB", { dateStyle: "long", timeStyle: "short" });

/** @param {ParentNode} root */
function start(root) {
  for (const time of root.querySelectorAll("time[data-local-time]")) {
    const inUtc = time.textContent ?? "";
    time.textContent = format.format(new Date(time.getAttribute("datetime") ?? ""));
    time.setAttribute("title", inUtc);
    time.removeAttribute("data-local-time");
  }
}

start(document);
document.addEventListener("part:replaced", (event) => start(/** @type {Element} */ (event.target)));

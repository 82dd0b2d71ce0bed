// @ts-check
// Loads the page anew once the programme's status is another than the one it shows.

const PAUSE_MS = 5_000;
const address = document.querySelector("[data-reload-when-changed]")?.getAttribute("data-reload-when-changed");

async function ask() {
  const answer = document.hidden ? null : await fetch(address ?? "", { redirect: "manual" }).catch(() => null);
  if (answer?.status === 200) location.reload();
  else if (!answer || answer.status === 204 || answer.status >= 500) setTimeout(ask, PAUSE_MS);
}

if (address) setTimeout(ask, PAUSE_MS);

// Keeps the page's state current: fetches it anew every second while someone looks.
const REFRESH_MILLISECONDS = 1000;
const main = document.querySelector("[data-refresh]");
let shown = main.innerHTML;

async function refresh() {
  if (document.hidden || main.contains(document.activeElement)) return;
  const response = await fetch(main.dataset.refresh, { headers: { Accept: "text/html" } });
  const state = response.ok ? await response.text() : shown;
  if (state === shown || main.contains(document.activeElement)) return;
  main.innerHTML = state;
  shown = state;
}

async function keepRefreshing() {
  try {
    await refresh();
    document.body.classList.remove("away");
  } catch {
    document.body.classList.add("away");
  }
  setTimeout(keepRefreshing, REFRESH_MILLISECONDS);
}

// "Send again" without leaving the page; without this script the form does the same.
main.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  await fetch(event.target.action, { method: "POST", headers: { Accept: "application/json" } });
  button.blur();
  await refresh();
  button.disabled = false;
});

keepRefreshing();

// @ts-check
// Gets the address that a chosen file is sent to, or says in plain words why there is none. Messages of ours are
// marked with # and are fixed texts: the uploader writes what it is told into the page as HTML.

const REFUSED = /^image\/|^application\/(pdf|zip|msword|vnd\.(ms-|openxmlformats|oasis))/;

/** @param {HTMLElement} box @param {File} file @returns {Promise<string>} */
export async function freshAddress(box, file) {
  if (file.size === 0) throw new Error("#This file is empty. Choose another one.");
  if (REFUSED.test(file.type)) throw new Error("#This file is not a video. Choose the video itself.");
  const headers = { "X-CSRFToken": box.dataset.csrfToken ?? "", Accept: "application/json" };
  const answer = await fetch(box.dataset.url ?? "", { method: "POST", headers }).catch(() => null);
  if (!answer) throw new Error("#The portal can’t be reached. Check your connection, then choose the file again.");
  if (answer.ok) return (await answer.json()).url;
  if ([400, 401, 403].includes(answer.status)) throw new Error("#You were signed out. Reload this page, then choose the file again.");
  if (answer.status === 409) throw new Error("#This programme has changed in the meantime. Reload this page.");
  if (answer.status === 429) throw new Error("#Too many tries in a short time. Wait a minute, then choose the file again.");
  throw new Error("#Our video service can’t take the file at the moment. Wait a minute, then choose it again.");
}

/** What an `uploaderror` means for the person who sends. @param {string} message */
export function inPlainWords(message) {
  const own = message.split("#")[1];
  return own ?? "Sending was interrupted. Check your connection, then choose the file again: it will be sent through a fresh link.";
}

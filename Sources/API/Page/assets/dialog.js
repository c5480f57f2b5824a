// Confirms every change: says what will happen, and asks for the token only then.

import { Problem, send, token } from "./api.js";
import { h, note } from "./dom.js";

/** A modal dialog; resolves to what `close(value)` was given, or null. */
export function open(title, build) {
  return new Promise((resolve) => {
    let result = null;
    const close = (value) => { result = value; dialog.close(); };
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, h("h2", { id: "dialog-title" }, title), build(close));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(result); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function askToken(reason) {
  return open("A token is needed", (close) => {
    const input = h("input", { type: "password", name: "token", autocomplete: "off", spellcheck: "false", required: true, "aria-describedby": "token-help" });
    return h("form", { onsubmit: (event) => { event.preventDefault(); close(input.value.trim()); } },
      h("p", reason),
      h("label.field", h("span", "Token"), input),
      h("p.quiet", { id: "token-help" }, "It is in the file ", h("code", "admin.token"), " (or ", h("code", "read.token"),
        ", for reading only) in the gateway's state directory. This browser tab keeps it until you close the tab."),
      h("div.actions", h("button", { type: "button", onclick: () => close(null) }, "Cancel"), h("button.primary", { type: "submit" }, "Use token")));
  });
}

function confirm(title, lines, action, dangerous) {
  return open(title, (close) => h("form", { onsubmit: (event) => { event.preventDefault(); close(true); } },
    lines.map((line) => (line instanceof Node ? line : h("p", line))),
    h("div.actions", h("button", { type: "button", onclick: () => close(null), autofocus: true }, "Cancel"),
      h(dangerous ? "button.danger" : "button.primary", { type: "submit" }, action))));
}

/**
 * Makes a change: confirmation, token, request, and a note with the result.
 *
 * @param change `{ title, lines, action, dangerous, method, path, body }`
 * @returns the answer, or null if it was not made.
 */
export async function makeChange(change) {
  if (!(await confirm(change.title, change.lines, change.action, change.dangerous))) return null;
  let reason = "A change needs the admin token.";
  for (;;) {
    if (!token.value) {
      const given = await askToken(reason);
      if (!given) return null;
      token.value = given;
    }
    try {
      const answer = await send(change.method, change.path, change.body);
      note(answer.message || (answer.reset !== undefined ? `${answer.reset} sessions were reset` : "Done"));
      return answer;
    } catch (error) {
      if (error instanceof Problem && (error.status === 401 || error.status === 403)) {
        token.value = "";
        reason = error.status === 403 ? "This token may only read. A change needs the admin token."
          : "The gateway does not know this token. Check that it belongs to this gateway.";
        continue;
      }
      await open("The change failed", (close) => h("form", { onsubmit: (event) => { event.preventDefault(); close(true); } },
        h("p", error.message), error.remedy && h("p.remedy", error.remedy),
        h("div.actions", h("button.primary", { type: "submit", autofocus: true }, "Close"))));
      return null;
    }
  }
}

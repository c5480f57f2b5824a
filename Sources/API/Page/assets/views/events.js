// The history, newest first, updated live.

import { fill, h, say } from "../dom.js";
import { number, when, words } from "../format.js";
import { live } from "../live.js";

const tones = [
  [/refused|Gone|Began|unresponsive|failed|Lost|notReplaced/i, "bad", "▲"],
  [/stopp|ending|drain|reset|ended|detached|paused|aborted/i, "warn", "◆"],
  [/serving|started|attached|Ended$|completed|took/i, "good", "●"],
];

function tone(kind) {
  if (kind === "problemEnded") return ["good", "●"];
  const found = tones.find(([pattern]) => pattern.test(kind));
  return found ? [found[1], found[2]] : ["info", "·"];
}

function detailText(detail) {
  return Object.entries(detail).filter(([key]) => key !== "by").map(([key, value]) =>
    `${words(key)}: ${typeof value === "number" ? number(value) : typeof value === "object" ? detailText(value) || "none" : value}`).join(", ");
}

/** One entry of the tape. */
export function eventRow(event, brief = false) {
  const date = new Date(event.time.replace(/(\.\d{3})\d*/, "$1"));
  const [name, mark] = tone(event.kind);
  const details = detailText(event.detail ?? {});
  return h("li", h("time", { datetime: event.time, title: event.time }, when(date)),
    h(`span.kind.${name}`, h("span", { "aria-hidden": "true" }, `${mark} `), words(event.kind)),
    h("span.what", h("b", event.subject), event.cause ? ` ${event.cause}` : "", !brief && details && h("span.quiet", ` ${details}`),
      event.detail?.by && h("span.by", ` by ${event.detail.by}`)));
}

export function create() {
  const text = h("input", { type: "search", placeholder: "instance 2, admin, drain …", "aria-label": "Show events that contain" });
  const kind = h("select", { "aria-label": "Kind" });
  const list = h("ol.tape.long");
  const summary = h("p.quiet", { role: "status" });
  const element = h("section", h("h1", "Events"),
    h("form.filters", { onsubmit: (event) => event.preventDefault() }, h("label.field", h("span", "Contains"), text), h("label.field", h("span", "Kind"), kind)), summary, h("div.panel", list));
  let lastKey = "";
  const update = (what) => {
    if (what === "status") return;
    const kinds = [...new Set(live.events.map((event) => event.kind))].sort();
    if (kind.options.length !== kinds.length + 1) {
      const chosen = kind.value;
      fill(kind, h("option", { value: "" }, "every kind"), kinds.map((each) => h("option", { value: each }, words(each))));
      kind.value = chosen;
    }
    const wanted = text.value.trim().toLowerCase();
    const chosen = live.events.filter((event) => (!kind.value || event.kind === kind.value)
      && (!wanted || `${words(event.kind)} ${event.kind} ${event.subject} ${event.cause ?? ""} ${detailText(event.detail ?? {})} ${event.detail?.by ?? ""}`.toLowerCase().includes(wanted))).slice(-300).reverse();
    const key = `${chosen[0]?.id} ${chosen.length} ${wanted} ${kind.value}`;
    if (key !== lastKey) fill(list, chosen.length ? chosen.map((event) => eventRow(event)) : h("li.quiet", live.events.length ? "No event matches this filter." : "No events yet."));
    lastKey = key;
    say(summary, `${number(chosen.length)} events${live.eventsLost ? `; ${number(live.eventsLost)} were skipped because this page was slow` : ""}. New events appear as they occur.`);
  };
  text.addEventListener("input", () => update());
  kind.addEventListener("change", () => update());
  return { element, update };
}

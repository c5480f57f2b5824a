// The frame: views by the URL's hash, the connection's state, theme and keys.

import { Problem, token, Unreachable } from "./api.js";
import { askToken, open } from "./dialog.js";
import { fill, h, note, say } from "./dom.js";
import { duration, healthWords, timeOfDay } from "./format.js";
import { age, follow, listen, live, look } from "./live.js";
import * as overview from "./views/overview.js";
import * as sessions from "./views/sessions.js";
import * as risk from "./views/risk.js";
import * as explain from "./views/explain.js";
import * as events from "./views/events.js";
import * as flows from "./views/flows.js";
import * as fleet from "./views/fleet.js";

const views = [
  ["overview", "Overview", overview], ["sessions", "Sessions", sessions], ["risk", "At risk", risk],
  ["explain", "Explain", explain], ["events", "Events", events], ["flows", "Flow logs", flows],
  ["fleet", "Fleet", fleet],
];

const place = document.getElementById("view");
const banner = document.getElementById("banner");
const nav = document.getElementById("nav");
const element = (name) => document.getElementById(name);

fill(nav, views.map(([name, title], index) =>
  h("a", { href: `#/${name}`, "data-view": name, "aria-keyshortcuts": String(index + 1) }, title, h("kbd", { "aria-hidden": "true" }, index + 1))));

// MARK: Views

let shown = null;
let shownName = "";

function route() {
  const [path, search = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/");
  return { name: name || "overview", rest: rest.map(decodeURIComponent), query: new URLSearchParams(search) };
}

function show() {
  if (location.hash && !location.hash.startsWith("#/")) return;
  if (!live.status) {
    if (live.trouble) fill(place, h("p.quiet", "No data yet."));
    return;
  }
  const now = route();
  const [name, title, view] = views.find((each) => each[0] === now.name) ?? views[0];
  // A session's page is not the list.
  const full = now.rest.length ? `${name}/${now.rest.join("/")}` : name;
  if (shown && shownName === full && shown.go) {
    shown.go(now);
  } else {
    shown?.end?.();
    const isFirst = !shownName;
    shownName = full;
    shown = view.create(now);
    fill(place, shown.element);
    if (!isFirst) { place.focus({ preventScroll: true }); scrollTo(0, 0); }
  }
  document.title = `${title} · ${live.status?.gateway ?? "Sluice"}`;
  for (const link of nav.children) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  shown.update?.();
}

addEventListener("hashchange", show);

// MARK: The connection

function pulse() {
  const target = element("pulse");
  const status = live.status;
  if (live.trouble) {
    target.className = "pulse bad";
    say(target, live.trouble instanceof Unreachable ? "⚠ Disconnected" : "⚠ No data");
  } else if (status) {
    const health = healthWords[status.health.level];
    target.className = `pulse ${health.tone}`;
    say(target, `${health.mark} ${health.word}`);
  }
  // Not everybody sees the tab's icon, but its title is read by all.
  if (status) {
    const mark = live.trouble ? "⚠ " : status.health.level === "healthy" ? "" : `${healthWords[status.health.level].mark} `;
    document.title = mark + document.title.replace(/^[⚠!✕] /, "");
  }
}

function tellTrouble() {
  const trouble = live.trouble;
  document.body.classList.toggle("stale", trouble !== null && live.status !== null);
  if (!trouble) {
    banner.hidden = true;
    fill(banner);
    return;
  }
  const old = live.date ? ` The data shown is from ${timeOfDay(live.date)}, ${duration(age())} ago.` : "";
  if (trouble instanceof Problem && (trouble.status === 401 || trouble.status === 403)) {
    if (banner.dataset.kind !== "token" || banner.hidden) {
      banner.dataset.kind = "token";
      fill(banner, h("b", trouble.status === 401 ? "This gateway requires a token." : "This token may not read."), " This browser tab keeps the token. ",
        h("button.primary", { type: "button", onclick: giveToken }, "Enter the token"));
    }
  } else {
    banner.dataset.kind = "connection";
    const what = trouble instanceof Unreachable ? "No connection to the gateway." : `The gateway does not answer: ${trouble.message}.`;
    const text = `${old} It may be restarting. Trying again every 2 seconds.`;
    if (!banner.firstChild || banner.dataset.kind !== banner.dataset.shown || banner.hidden) {
      fill(banner, h("b"), h("span", { "aria-live": "off" }));
    }
    say(banner.firstChild, what);
    say(banner.lastChild, text);
  }
  banner.dataset.shown = banner.dataset.kind;
  banner.hidden = false;
}

async function giveToken() {
  const given = await askToken("This gateway answers only with a token.");
  if (given) { token.value = given; look(); }
}

listen((what) => {
  if (what === "back" && live.samples.length) note("Connected again");
  tellTrouble();
  if (live.status) {
    const status = live.status;
    const speed = status.scaled && status.timeScale !== 1 ? ` · time ×${status.timeScale}` : "";
    say(element("gateway"), `${status.gateway}${speed}`);
    element("gateway").title = speed ? `Every duration of the profile is divided by ${status.timeScale}` : "";
  }
  if (!shown) show();
  else if (what !== "trouble") shown.update?.(what);
  pulse();
});

setInterval(() => {
  if (live.trouble) tellTrouble();
  else shown?.tick?.();
}, 1000);

// MARK: Theme, token, keys

const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const nameTheme = () => say(element("theme"), isDark() ? "Light" : "Dark");
element("theme").setAttribute("title", "Switch between light and dark");
element("theme").addEventListener("click", () => {
  const next = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try { localStorage.setItem("theme", next); } catch { /* Then it holds until the page is left. */ }
  nameTheme();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameTheme);
nameTheme();

element("forget").hidden = !token.value;
element("forget").addEventListener("click", () => { token.value = ""; note("The token was removed from this tab"); });

const keys = [
  ["1 to 7", "Go to a view"], ["/", "Go to the filter or the form"], ["Tab", "Next control"],
  ["Enter", "Open, or sort by a column"], ["Esc", "Close a dialog or a session"], ["t", "Light or dark"], ["?", "This help"],
];
const help = () => open("Keys", (close) => h("form", { onsubmit: (event) => { event.preventDefault(); close(null); } },
  h("dl.keys", keys.map(([key, does]) => [h("dt", h("kbd", key)), h("dd", does)])),
  h("div.actions", h("button.primary", { type: "submit", autofocus: true }, "Close"))));
element("help").addEventListener("click", help);

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  const isTyping = event.target.matches?.("input, select, textarea");
  if (event.key === "Escape") {
    if (isTyping) event.target.blur();
    else shown?.escape?.();
    return;
  }
  if (isTyping) return;
  const view = views[Number(event.key) - 1];
  if (view) location.hash = `#/${view[0]}`;
  else if (event.key === "/") { place.querySelector("input, select")?.focus(); event.preventDefault(); }
  else if (event.key === "?") help();
  else if (event.key === "t") element("theme").click();
});

look();
follow();

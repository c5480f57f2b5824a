// Established sessions that end next if no packet arrives.

import { sessionPage } from "../api.js";
import { bar, setBar } from "../chart.js";
import { copyable, h, keyed, say } from "../dom.js";
import { className, clock, duration, endpoint, number } from "../format.js";
import { timeLeft } from "./sessions.js";

const mostPages = 5;
const mostRows = 100;
const refreshMilliseconds = 4000;

export function create() {
  const text = h("input", { type: "search", placeholder: "address, port or rule", "aria-label": "Show sessions that contain" });
  const all = h("input", { type: "checkbox" });
  const body = h("tbody");
  const summary = h("p", { role: "status" }, "Looking.");
  const element = h("section", h("h1", "Sessions at risk"),
    h("p.lead", "These TCP sessions have been idle for more than half of their timeout, and no end's keep-alive was seen that is frequent enough. A packet from either end restarts the idle timer. If none arrives, the session ends. With a keep-alive every 30 seconds a session never expires."),
    h("form.filters", { onsubmit: (event) => event.preventDefault() }, h("label.field", h("span", "Contains"), text), h("label.check", all, "All established sessions")), summary,
    h("div.panel.scroll", { tabindex: "0", role: "region", "aria-label": "Table of sessions at risk" }, h("table.cards",
      h("thead", h("tr", ["Time left", "Source", "Destination", "Class", "Then", "Rule", "Keep-alive", "Idle"].map((title) => h("th", { scope: "col" }, title)))), body)));

  let sessions = [];
  let seen = 0;
  let isCut = false;
  let read = 0;
  let isLooking = false;
  const control = new AbortController();

  async function refresh() {
    if (isLooking) return;
    isLooking = true;
    try {
      const found = [];
      let cursor = "";
      let count = 0;
      for (let page = 0; page < mostPages; page += 1) {
        const answer = await sessionPage({ state: "established", ...(all.checked ? {} : { atRisk: "true" }) }, cursor, 1000, control.signal);
        count += answer.sessions.length;
        found.push(...answer.sessions);
        cursor = answer.next;
        if (!cursor) break;
      }
      sessions = found.sort((a, b) => timeLeft(a) - timeLeft(b));
      seen = count;
      isCut = cursor !== "";
      read = performance.now();
      draw();
    } catch (error) {
      if (error.remedy) say(summary, `${error.message}. ${error.remedy}`);
    }
    isLooking = false;
  }

  function draw() {
    const wanted = text.value.trim().toLowerCase();
    const chosen = sessions.filter((each) => !wanted
      || `${endpoint(each.source)} ${endpoint(each.destination)} ${each.rule}`.toLowerCase().includes(wanted));
    keyed(body, chosen.slice(0, mostRows), (each) => each.id, make, update);
    say(summary, `${number(chosen.length)} of ${number(seen)} ${all.checked ? "established sessions" : "sessions at risk"}${chosen.length > mostRows ? `, the first ${mostRows} shown` : ""}${isCut ? `. There are more than ${number(seen)}` : ""}.`);
    tick();
  }

  function make(session) {
    const parts = { left: h("b.clock"), bar: bar(0), idle: h("span") };
    const row = h("tr",
      h("td", { "data-title": "Time left" }, parts.left, parts.bar),
      h("td", { "data-title": "Source" }, h("a", { href: `#/sessions/${session.id}` }, endpoint(session.source))),
      h("td", { "data-title": "Destination" }, copyable(endpoint(session.destination))),
      h("td", { "data-title": "Class" }, className[session.trafficClass] ?? session.trafficClass),
      h("td", { "data-title": "Then" }, { reset: "reset, both ends", silent: "expires without a RST", probe: "probed" }[session.onIdle] ?? session.onIdle),
      h("td", { "data-title": "Rule" }, session.rule),
      h("td", { "data-title": "Keep-alive" }, keepAlive(session)), h("td", { "data-title": "Idle" }, parts.idle));
    row.parts = parts;
    return row;
  }

  function update(row, session) { row.session = session; }

  function tick() {
    const passed = (performance.now() - read) / 1000;
    for (const row of body.children) {
      const { session, parts } = row;
      const left = timeLeft(session) - passed;
      say(parts.left, left > 0 ? clock(left) : "due");
      setBar(parts.bar, 1 - left / session.idleTimeoutSeconds);
      parts.bar.classList.toggle("warn", left < 0.1 * session.idleTimeoutSeconds);
      say(parts.idle, `${duration(session.idleSeconds + passed)} of ${duration(session.idleTimeoutSeconds)}`);
    }
  }

  text.addEventListener("input", draw);
  all.addEventListener("change", refresh);
  refresh();
  return { element, tick, update: (what) => { if (what === "back" || performance.now() - read > refreshMilliseconds) refresh(); }, end: () => control.abort() };
}

/** Which ends' keep-alives were seen. */
function keepAlive({ keepAlive: seen }) {
  const ends = [["source", seen.source], ["destination", seen.destination]].filter(([, interval]) => interval).map(([end]) => end);
  return ends.length > 0 ? `seen from the ${ends.join(" and the ")}` : "none seen";
}

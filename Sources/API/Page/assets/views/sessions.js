// Sessions: filter, table, page of one session, resets.

import { get, query, sessionPage } from "../api.js";
import { bar, setBar } from "../chart.js";
import { makeChange } from "../dialog.js";
import { copyable, fill, h, keyed, note, say } from "../dom.js";
import { bytes, className, clock, duration, endpoint, number, words } from "../format.js";
import { live } from "../live.js";

const filterNames = ["source", "destination", "port", "protocol", "class", "state", "instance"];
const pageSize = 100;
/** Maximum number of pages of 1000 sessions that are counted before a reset of many. */
const mostPages = 20;

const total = (pair) => pair.toDestination + pair.toSource;
export const timeLeft = (session) => session.idleTimeoutSeconds - session.idleSeconds;
const columns = [
  ["source", "Source", (each) => endpoint(each.source)], ["destination", "Destination", (each) => endpoint(each.destination)],
  ["protocol", "Protocol", (each) => each.protocol], ["state", "State", (each) => each.state], ["class", "Class", (each) => each.trafficClass],
  ["rule", "Rule", (each) => each.rule], ["instance", "Inst.", (each) => each.instance],
  ["age", "Age", (each) => each.ageSeconds], ["idle", "Idle", (each) => each.idleSeconds], ["bytes", "Bytes", (each) => total(each.bytes)],
];
const numeric = new Set(["instance", "age", "idle", "bytes"]);

export function create(place) {
  return place.rest[0] ? detail(place) : list(place);
}

function field(title, control) {
  return h("label.field", h("span", title), control);
}

function choice(name, values) {
  return h("select", { name }, h("option", { value: "" }, "any"), values.map(([value, text]) => h("option", { value }, text)));
}

function list(place) {
  const form = h("form.filters", { role: "search", onsubmit: apply },
    field("Source", h("input", { name: "source", placeholder: "10.1.0.0/16", spellcheck: "false", size: 16 })),
    field("Destination", h("input", { name: "destination", placeholder: "203.0.113.10", spellcheck: "false", size: 16 })),
    field("Port", h("input", { name: "port", inputmode: "numeric", pattern: "[0-9]{1,5}", placeholder: "any", size: 6 })),
    field("Protocol", choice("protocol", ["tcp", "udp", "icmp", "icmpv6", "gre", "esp", "sctp"].map((each) => [each, each]))),
    field("Class", choice("class", Object.entries(className))),
    field("State", choice("state", ["synSent", "synReceived", "established", "closing", "closed", "resetting"].map((each) => [each, words(each)]))),
    field("Instance", h("input", { name: "instance", inputmode: "numeric", pattern: "[0-9]{1,5}", placeholder: "any", size: 4 })),
    h("div.actions", h("button.primary", { type: "submit" }, "Filter"), h("button", { type: "button", onclick: () => { location.hash = "#/sessions"; } }, "Clear")));
  form.addEventListener("change", (event) => { if (event.target.matches("select")) apply(); });

  let filter = {};
  let sort = { by: "age", up: true };
  let cursors = [""];
  let sessions = [];
  let next = "";
  let control = null;
  let lookedAt = 0;

  const heads = columns.map(([name, title]) => h(numeric.has(name) ? "th.num" : "th", { scope: "col", "data-column": name },
    h("button", { type: "button", onclick: () => { sort = { by: name, up: sort.by === name ? !sort.up : !numeric.has(name) }; draw(); } }, title, h("span", { "aria-hidden": "true" }))));
  const body = h("tbody");
  const summary = h("p", { role: "status" });
  const problem = h("p.problem", { role: "alert", hidden: true });
  const before = h("button", { type: "button", onclick: () => { cursors.pop(); refresh(); } }, "← Before");
  const after = h("button", { type: "button", onclick: () => { cursors.push(next); refresh(); } }, "More →");
  const reset = h("button.danger", { type: "button", onclick: resetMany }, "Reset these…");
  const element = h("section", h("h1", "Sessions"), form, problem,
    h("div.bar-row", summary, h("span.actions", before, after, reset)),
    h("div.panel.scroll", { tabindex: "0", role: "region", "aria-label": "Table of sessions" }, h("table.cards", h("thead", h("tr", heads)), body)));

  function apply(event) {
    event?.preventDefault();
    const values = Object.fromEntries(filterNames.map((name) => [name, form.elements[name].value.trim()]));
    const hash = `#/sessions${query(values)}`;
    if (hash === (location.hash || "#/sessions")) refresh();
    else location.hash = hash;
  }

  function read(now) {
    filter = Object.fromEntries(filterNames.map((name) => [name, now.query.get(name) ?? ""]).filter(([, value]) => value));
    for (const name of filterNames) form.elements[name].value = filter[name] ?? "";
    cursors = [""];
    refresh();
  }

  async function refresh() {
    control?.abort();
    control = new AbortController();
    lookedAt = performance.now();
    try {
      const page = await sessionPage(filter, cursors.at(-1), pageSize, control.signal);
      sessions = page.sessions;
      next = page.next;
      problem.hidden = true;
    } catch (error) {
      if (error.name === "AbortError" || !error.remedy) return;
      sessions = [];
      next = "";
      say(problem, `${error.message}. ${error.remedy}`);
      problem.hidden = false;
      form.elements[error.field]?.focus();
    }
    draw();
  }

  function draw() {
    const value = columns.find(([name]) => name === sort.by)[2];
    const sorted = [...sessions].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      const order = typeof x === "number" ? x - y : x.localeCompare(y, "en", { numeric: true });
      return (sort.up ? 1 : -1) * order || a.id.localeCompare(b.id);
    });
    for (const head of heads) {
      const isSorted = head.dataset.column === sort.by;
      if (isSorted) head.setAttribute("aria-sort", sort.up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
      say(head.querySelector("span"), isSorted ? (sort.up ? " ↑" : " ↓") : "");
    }
    keyed(body, sorted, (each) => each.id, makeRow, fillRow);
    const isFiltered = Object.keys(filter).length > 0;
    const position = cursors.length > 1 ? `Part ${cursors.length}: ` : "";
    say(summary, sessions.length || cursors.length > 1
      ? `${position}${number(sessions.length)} sessions${isFiltered ? " match the filter" : ""}${next ? ", and there are more. Sorting is within this part." : "."}`
      : isFiltered ? "No session matches this filter." : "There is no session. The first packet that a rule allows creates one.");
    before.hidden = cursors.length < 2;
    after.hidden = !next;
    reset.hidden = !sessions.length;
    say(reset, isFiltered ? "Reset all that match…" : "Reset all…");
  }

  /** Counts what would be reset, asks for confirmation, and resets only if the number is still the same. */
  async function resetMany() {
    let count = 0;
    let cursor = "";
    try {
      for (let page = 0; page < mostPages; page += 1) {
        const answer = await sessionPage(filter, cursor, 1000);
        count += answer.sessions.filter((each) => each.state !== "closed" && each.state !== "resetting").length;
        cursor = answer.next;
        if (!cursor) break;
      }
    } catch (error) {
      return note(error.message);
    }
    if (cursor) return note("The filter matches more sessions than this page resets at once. Narrow the filter, or use: sluice session reset");
    if (!count) return note("There are no sessions to reset.");
    const isFiltered = Object.keys(filter).length > 0;
    const { port, instance, ...texts } = filter;
    const body = { ...(isFiltered ? texts : { all: true }), confirm: count };
    if (port) body.port = Number(port);
    if (instance) body.instance = Number(instance);
    const answer = await makeChange({
      title: `Reset ${number(count)} ${count === 1 ? "session" : "sessions"}?`, action: `Reset ${number(count)}`, dangerous: true, method: "POST", path: "/v1/sessions:reset", body,
      lines: [
        isFiltered ? h("p", "All sessions with ", Object.entries(filter).map(([name, value], index) => [index ? ", " : "", h("b", `${name} ${value}`)]), ` of gateway ${live.status?.gateway}.`)
          : h("p", "Every session of gateway ", h("b", live.status?.gateway ?? ""), "."),
        "Both ends of each receive a TCP RST at once. Applications see “Connection reset by peer”.",
      ],
    });
    if (answer) refresh();
  }

  read(place);
  return {
    element,
    go: read,
    update: (what) => { if (what === "back" || performance.now() - lookedAt > 3500) refresh(); },
    end: () => control?.abort(),
  };
}

function makeRow(session) {
  const cells = Object.fromEntries(columns.map(([name, title]) => [name, h(numeric.has(name) ? "td.num" : "td", { "data-title": title })]));
  const link = h("a", { href: `#/sessions/${session.id}`, title: `Session ${session.id}` }, endpoint(session.source));
  cells.source.append(link);
  cells.destination.append(copyable(endpoint(session.destination)));
  const left = bar(0);
  const idle = h("span");
  cells.idle.append(idle, left);
  const row = h("tr", { onclick: (event) => { if (!event.target.closest("a, button") && !String(getSelection())) location.hash = `#/sessions/${session.id}`; } }, Object.values(cells));
  row.parts = { cells, left, idle };
  return row;
}

function fillRow(row, session) {
  const { cells, left, idle } = row.parts;
  say(cells.protocol, session.protocol);
  say(cells.state, words(session.state));
  say(cells.class, className[session.trafficClass] ?? session.trafficClass);
  say(cells.rule, session.rule);
  say(cells.instance, session.instance);
  say(cells.age, duration(session.ageSeconds));
  say(idle, `${duration(session.idleSeconds)} of ${duration(session.idleTimeoutSeconds)}`);
  setBar(left, session.idleSeconds / session.idleTimeoutSeconds);
  say(cells.bytes, bytes(total(session.bytes)));
}

// MARK: One session

function pairs(entries) {
  return h("dl.pairs", entries.filter(Boolean).map(([name, ...value]) => [h("dt", name), h("dd", value)]));
}

function detail(place) {
  const id = place.rest[0];
  const body = h("div", h("p.quiet", "Loading."));
  const countdown = h("b.clock");
  const gauge = bar(0);
  const back = h("a.more", { href: "#/sessions" }, "← All sessions");
  const reset = h("button.danger", { type: "button", hidden: true }, "Reset this session…");
  const element = h("section", h("div.bar-row", h("h1", "Session ", copyable(id)), h("span.actions", back, reset)), body);
  let session = null;
  let read = 0;
  let isGone = false;

  async function refresh() {
    try {
      session = await get(`/v1/sessions/${encodeURIComponent(id)}`);
      read = performance.now();
      isGone = false;
      draw();
    } catch (error) {
      if (!error.status) return;
      isGone = true;
      reset.hidden = true;
      fill(body, h("p.problem", { role: "alert" }, `${error.message}. `), session && h("p.quiet", `It was last seen ${duration((performance.now() - read) / 1000)} ago. How it ended is in the flow log.`));
    }
  }

  function end(title, address, zone, position, sent) {
    return h("div.panel.end", h("h2", title), h("p.address", copyable(address.address), address.port ? [" port ", h("b", address.port)] : null), h("p", zone !== "none" && `zone ${zone}`),
      pairs([
        ["sent", `${bytes(sent.bytes)} in ${number(sent.packets)} packets`],
        session.protocol === "tcp" && ["sequence end", copyable(String(position.sequenceEnd), number(position.sequenceEnd))],
        session.protocol === "tcp" && ["acknowledged", copyable(String(position.acknowledged), number(position.acknowledged))],
      ]));
  }

  function draw() {
    const ends = { reset: "both ends receive a TCP RST", silent: "it expires without a RST", probe: "both ends are probed, and it continues if they answer" };
    reset.hidden = session.state === "closed" || session.state === "resetting";
    fill(body,
      h("div.ends", end("Originator", session.source, session.zones.source, session.positions.originator, { bytes: session.bytes.toDestination, packets: session.packets.toDestination }),
        h("div.between", h("b", session.protocol), h("span", { "aria-hidden": "true" }, "⟶"), h("span.state", words(session.state))),
        end("Responder", session.destination, session.zones.destination, session.positions.responder, { bytes: session.bytes.toSource, packets: session.packets.toSource })),
      h("div.halves",
        h("div.panel", h("h2", "Timers"), h("p", "Without a packet it ends in ", countdown, ". Then ", ends[session.onIdle] ?? session.onIdle, "."), gauge,
          pairs([["age", duration(session.ageSeconds)], ["idle", duration(session.idleSeconds)], ["idle timeout", duration(session.idleTimeoutSeconds)]]),
          session.tcpAuthentication && h("p.remedy", "The ends sign their segments (TCP-MD5 or TCP-AO): they accept no RST of the firewall.")),
        h("div.panel", h("h2", "Rule"), pairs([
          ["rule", session.rule], session.groupRule !== "none" && ["security group's rule", session.groupRule], ["class", className[session.trafficClass] ?? session.trafficClass],
          ["direction", session.direction], ["instance", String(session.instance)], session.endReason !== "none" && ["ended by", words(session.endReason)]]),
        h("a", { href: `#/explain${query({ protocol: session.protocol, source: session.source.address, sourcePort: session.source.port, destination: session.destination.address, destinationPort: session.destination.port })}` }, "Explain this decision"))));
    tick();
  }

  function tick() {
    if (!session || isGone) return;
    const left = timeLeft(session) - (performance.now() - read) / 1000;
    say(countdown, clock(left));
    setBar(gauge, 1 - left / session.idleTimeoutSeconds);
  }

  reset.addEventListener("click", async () => {
    const answer = await makeChange({
      title: "Reset this session?", action: "Reset it", dangerous: true, method: "POST", path: `/v1/sessions/${encodeURIComponent(id)}:reset`, body: {},
      lines: [h("p", h("b", `${endpoint(session.source)} → ${endpoint(session.destination)}`), ` (${session.protocol}, rule ${session.rule}, ${bytes(total(session.bytes))} so far).`),
        "Both ends receive a TCP RST at once. Their applications see “Connection reset by peer”."],
    });
    if (answer) refresh();
  });
  refresh();
  return { element, update: (what) => { if (what === "status" || what === "back") refresh(); }, tick, escape: () => { location.hash = "#/sessions"; } };
}

// Shows in five seconds: healthy or not, what carries traffic, what is dropped and why, who drains and until when.

import { bar, setBar, timeChart } from "../chart.js";
import { fill, h, keyed, say } from "../dom.js";
import { dropReasons } from "../drop-reasons.js";
import { bits, className, clock, duration, healthWords, instanceStates, number, percent, rate, words } from "../format.js";
import { age, live, ratesNow } from "../live.js";
import { eventRow } from "./events.js";

export function create() {
  const verdict = h("section.verdict", { "aria-label": "Health" });
  const tiles = {
    sessions: tile("Sessions", "#/sessions"), forwarded: tile("Forwarded", "#/flows"), turnover: tile("New sessions", "#/sessions"),
    dropped: tile("Dropped", "#/flows?decision=denied&last=1h"),
  };
  const sessionBar = bar(0);
  tiles.sessions.element.append(sessionBar);
  const boxes = h("ul.boxes");
  const zones = h("ul.zones");
  const fleetText = h("span.quiet");
  const dropBody = h("tbody");
  const dropText = h("span.quiet");
  const endBody = h("tbody");
  const endText = h("span.quiet");
  const eventList = h("ol.tape");
  const charts = [
    timeChart({ title: "Sessions", format: count, whole: true, series: [
      { name: "north-south", value: (each) => each.northSouth, area: true }, { name: "east-west", value: (each) => each.eastWest }] }),
    timeChart({ title: "Sessions per second", format: rate, series: [
      { name: "new", value: (each) => each.rates?.begun ?? null }, { name: "ended", value: (each) => each.rates?.ended ?? null }] }),
    timeChart({ title: "Forwarded", format: bits, smallest: 1000, series: [
      { name: "both directions", value: (each) => each.rates?.bits ?? null, area: true }] }),
    timeChart({ title: "Packets dropped per second", format: rate, series: [
      { name: "denied", value: (each) => each.rates?.drops.denied ?? null },
      { name: "other reasons", value: (each) => (each.rates ? Math.max(0, each.rates.dropped - (each.rates.drops.denied ?? 0)) : null) }] }),
  ];
  const element = h("div.overview",
    h("h1.hidden", "Overview"), verdict,
    h("div.tiles", Object.values(tiles).map((each) => each.element)),
    h("section.panel.fleetstrip", h("header", h("h2", "Instances"), fleetText, h("a.more", { href: "#/fleet" }, "Manage the fleet")), boxes, h("header", h("h2", "Zones")), zones),
    h("div.charts", charts.map((each) => each.element)),
    h("div.halves",
      h("div", h("section.panel.drops", h("header", h("h2", "Dropped, by reason"), dropText),
        h("table.plain", h("thead.hidden", h("tr", ["Reason", "Share, logarithmic", "Since the start", "Per second"].map((each) => h("th", { scope: "col" }, each)))), dropBody)),
        h("section.panel", h("header", h("h2", "Sessions ended, by reason"), endText),
          h("table.plain", h("thead.hidden", h("tr", ["Reason", "Share", "Sessions"].map((each) => h("th", { scope: "col" }, each)))), endBody))),
      h("section.panel", h("header", h("h2", "Last events"), h("a.more", { href: "#/events" }, "All events")), eventList)));

  const update = (what) => {
    const status = live.status;
    if (!status) return;
    if (what !== "events") {
      showVerdict(verdict, status);
      if (!status.sessions) return element.classList.add("empty");
      element.classList.remove("empty");
      const rates = ratesNow();
      const { sessions } = status;
      tiles.sessions.say(number(sessions.count), `${percent(sessions.count, sessions.capacity)} of ${number(sessions.capacity)}`,
        Object.entries(sessions.byClass).map(([name, value]) => `${number(value)} ${className[name] ?? name}`).reverse().join(" · "));
      setBar(sessionBar, sessions.count / sessions.capacity);
      tiles.forwarded.say(rates ? bits(rates.bits) : "…", rates ? `${rate(rates.packets)} packets per second` : "measuring", `${number(status.counters.forwardedPackets)} packets since the start`);
      tiles.turnover.say(rates ? `${rate(rates.begun)} /s` : "…", rates ? `${rate(rates.ended)} /s end` : "measuring", `${number(sessions.halfOpen)} half-open of ${number(sessions.halfOpenLimit)}`);
      const reasons = Object.entries(status.drops ?? {}).map(([reason, total]) => ({ reason, total, now: rates?.drops[reason] ?? 0 })).filter((each) => each.total > 0)
        .sort((a, b) => b.now - a.now || b.total - a.total);
      const total = reasons.reduce((sum, each) => sum + each.total, 0);
      const worst = reasons[0];
      tiles.dropped.say(rates ? `${rate(rates.dropped)} /s` : "…", worst ? (worst.now > 0 ? `mostly: ${words(worst.reason)}` : `last: ${words(worst.reason)}`) : "nothing dropped", `${number(total)} packets since the start`);
      tiles.dropped.element.classList.toggle("warn", (rates?.dropped ?? 0) >= 1);
      showDrops(dropBody, reasons);
      say(dropText, total ? `${number(total)} packets since the start` : "No packet was dropped.");
      showEnds(endBody, endText, status.recent);
      showBoxes(boxes, status);
      const { fleet } = status;
      say(fleetText, fleet ? `${fleet.serving} of ${fleet.desired} serve · capacity ${fleet.minCapacity} to ${fleet.maxCapacity}` : "The controller does not run.");
      showZones(zones, status);
      for (const chart of charts) chart.draw(live.samples);
    }
    const latest = live.events.slice(-8).reverse();
    fill(eventList, latest.length ? latest.map((event) => eventRow(event, true)) : h("li.quiet", "No events yet."));
  };
  return { element, update, tick: () => { if (live.status?.fleet) { showBoxes(boxes, live.status); tickVerdict(verdict, live.status); } } };
}

const count = (value) => (value >= 10000 ? `${Math.round(value / 1000)} k` : number(value));

function tile(title, href) {
  const big = h("b.big", "…");
  const second = h("span", "");
  const third = h("span.quiet", "");
  const element = h("a.tile", { href }, h("span.name", title), big, second, third);
  return { element, say: (a, b, c) => { say(big, a); say(second, b); say(third, c); } };
}

function showVerdict(place, status) {
  const health = healthWords[status.health.level];
  const findings = status.health.findings;
  const key = JSON.stringify([status.health, status.fleet?.serving, status.fleet?.instances.map((each) => each.state)]);
  if (place.dataset.key === key) return tickVerdict(place, status);
  place.dataset.key = key;
  place.className = `verdict ${health.tone}`;
  const draining = status.fleet?.instances.filter((each) => each.drain) ?? [];
  const summary = findings.length ? null
    : h("p", status.fleet ? `${status.counters?.forwardedPackets ? "Traffic passes." : "No traffic yet."} ${status.fleet.serving} of ${status.fleet.instances.length} instances serve` : "No finding",
      draining.length ? "." : status.fleet ? "; none drains." : ".");
  const drains = draining.length > 0 && h("p.draining", h("b", draining.map((each) => `Instance ${each.identifier}`).join(", ")), draining.length > 1 ? " drain: the last is gone in " : " drains, and is gone in ", h("b.clock"), ".");
  const one = (finding) => h("div.finding", h("p", h("b", finding.level === "down" ? "Down: " : ""), sentence(finding.reason)), finding.remedy && h("p.remedy", h("b", "Remedy: "), sentence(finding.remedy)));
  fill(place, h("span.mark", { "aria-hidden": "true" }, health.mark),
    h("div", h("h2", health.word), summary, drains, findings.length > 0 && one(findings[0]),
      findings.length > 1 && h("details", h("summary", `${findings.length - 1} more`), findings.slice(1).map(one))));
  tickVerdict(place, status);
}

function tickVerdict(place, status) {
  const ends = status.fleet?.instances.filter((each) => each.drain).map((each) => each.drain.deadlineInSeconds - age()) ?? [];
  const target = place.querySelector(".draining .clock");
  if (target && ends.length) say(target, clock(Math.max(...ends)));
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?`]$/.test(text) ? "" : ".");

/** The end of an instance's drain as text, and its progress. */
export function drainState(instance) {
  if (!instance.drain) return null;
  const passed = age();
  const reset = instance.drain.resetInSeconds - passed;
  const end = instance.drain.deadlineInSeconds - passed;
  const all = instance.drain.sinceSeconds + instance.drain.deadlineInSeconds;
  return {
    countdown: clock(end), share: all > 0 ? 1 - end / all : 1,
    text: reset > 0 ? `refuses new sessions; resets its sessions in ${clock(reset)}` : "resets both ends of its sessions",
    left: instance.drain.sessionsLeft,
  };
}

function showBoxes(list, status) {
  if (!status.fleet) return fill(list, h("li.quiet", "No data on instances."));
  if (!list.rowsByKey) fill(list);
  keyed(list, status.fleet.instances, (each) => each.identifier, () => {
    const parts = { state: h("span.state"), sessions: h("b"), load: h("span.quiet"), drain: h("div.drain", { hidden: true }), time: h("b.clock"), text: h("span"), bar: bar(0) };
    parts.drain.append(h("span", "Gone in "), parts.time, parts.bar, parts.text);
    const box = h("li.box", h("div", h("span.name"), parts.state), h("div", parts.sessions, " sessions"), parts.load, parts.drain);
    box.parts = parts;
    return box;
  }, (box, instance) => {
    const state = instanceStates[instance.state] ?? { word: instance.state, mark: "?", tone: "info" };
    box.className = `box ${state.tone}`;
    say(box.querySelector(".name"), `Instance ${instance.identifier}`);
    say(box.parts.state, `${state.mark} ${state.word}`);
    say(box.parts.sessions, number(instance.sessions));
    say(box.parts.load, `${bits(instance.bitsPerSecond)} · ${(100 * instance.cpu).toFixed(1)} % of a CPU`);
    const drain = drainState(instance);
    box.parts.drain.hidden = !drain;
    if (!drain) return;
    say(box.parts.time, drain.countdown);
    say(box.parts.text, drain.text);
    setBar(box.parts.bar, drain.share);
  });
}

function showZones(list, status) {
  fill(list, (status.zones ?? []).map((zone) => {
    const isWell = zone.interfaces.every((each) => each.present && each.attached);
    return h(`li.zone.${isWell ? "good" : "bad"}`, h("b", zone.name), " ",
      zone.interfaces.map((each) => h("span", `${each.name} `, each.attached ? "✓ attached" : each.present ? "✕ not attached" : "✕ gone", h("span.quiet", ` MTU ${each.mtu}`))));
  }));
}

function showDrops(body, reasons) {
  const top = Math.log10(1 + Math.max(1, ...reasons.map((each) => each.total)));
  keyed(body, reasons, (each) => each.reason, ({ reason }) => {
    const [meaning, advice] = dropReasons[reason] ?? ["", ""];
    const target = reason === "denied" ? "#/flows?decision=denied&last=1h" : null;
    const parts = { bar: bar(0, "drop"), total: h("td.num"), now: h("td.num") };
    const row = h("tr", h("th", { scope: "row" }, h("details", h("summary", words(reason)), h("p", meaning), h("p.remedy", sentence(advice)), target && h("a", { href: target }, "Who is denied"))),
      h("td.wide", parts.bar), parts.total, parts.now);
    row.parts = parts;
    return row;
  }, (row, { total, now }) => {
    setBar(row.parts.bar, Math.log10(1 + total) / top);
    say(row.parts.total, number(total));
    say(row.parts.now, `${rate(now)} /s`);
  });
}

function showEnds(body, text, recent) {
  const ends = Object.entries(recent?.ends ?? {}).filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
  const all = ends.reduce((sum, [, count]) => sum + count, 0);
  say(text, recent ? `${all ? number(all) : "None"} in the last ${duration(recent.seconds)}` : "No data on the last minute.");
  keyed(body, ends, ([reason]) => reason, ([reason]) => {
    const parts = { bar: bar(0), count: h("td.num") };
    const row = h("tr", h("th", { scope: "row" }, words(reason)), h("td.wide", parts.bar), parts.count);
    row.parts = parts;
    return row;
  }, (row, [, count]) => {
    setBar(row.parts.bar, count / all);
    say(row.parts.count, number(count));
  });
}

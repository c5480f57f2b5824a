// The fleet and its maintenance. Every change is described first, and must be confirmed.

import { makeChange } from "../dialog.js";
import { bar } from "../chart.js";
import { fill, h, keyed, say } from "../dom.js";
import { bits, duration, instanceStates, number, words } from "../format.js";
import { live, look } from "../live.js";
import { drainState } from "./overview.js";

const phases = { checking: "checking", waiting: "waits for its window", rolling: "replaces one instance after the other", rollingBack: "rolls back", completed: "completed", aborted: "aborted", rolledBack: "rolled back to the previous version" };
const running = new Set(["checking", "waiting", "rolling", "rollingBack"]);

async function change(what) {
  if (await makeChange(what)) look();
}

function button(title, what, dangerous) {
  return h(dangerous ? "button.danger" : "button", { type: "button", onclick: () => change(what()) }, title);
}

const fate = () => (live.status?.continuity === "preserve" ? "The other instances take over its sessions. No session ends."
  : "It takes no new session. After half of the drain its remaining sessions are reset: both ends receive a TCP RST.");

export function create() {
  const capacity = h("dl.pairs.wide");
  const body = h("tbody");
  const maintenance = h("div");
  const scaleInput = h("input", { name: "instances", type: "number", min: 1, max: 50, required: true, size: 4 });
  const least = h("input", { name: "minimum", type: "number", min: 2, max: 50, required: true, size: 4 });
  const most = h("input", { name: "maximum", type: "number", min: 2, max: 50, required: true, size: 4 });
  const scale = h("form.filters", { onsubmit: (event) => {
    event.preventDefault();
    const wanted = scaleInput.valueAsNumber;
    const { desired } = live.status.fleet;
    change({ title: `Scale to ${wanted} instances?`, action: `Scale to ${wanted}`, method: "PUT", path: "/v1/fleet/scale", body: { instances: wanted }, dangerous: wanted < desired,
      lines: [`The fleet of gateway ${live.status.gateway} has ${desired} now.`, wanted < desired ? `${desired - wanted} leave. ${fate()}` : "New instances serve within seconds. Existing sessions are not affected."] });
  } }, h("label.field", h("span", "Instances"), scaleInput), h("div.actions", h("button", { type: "submit" }, "Scale…")));
  const prescale = h("form.filters", { onsubmit: (event) => {
    event.preventDefault();
    const [minimum, maximum] = [least.valueAsNumber, most.valueAsNumber];
    change({ title: `Set the capacity to ${minimum} to ${maximum}?`, action: "Set it", method: "PUT", path: "/v1/fleet/prescale", body: { minimum, maximum },
      lines: [`Now it is ${live.status.fleet.minCapacity} to ${live.status.fleet.maxCapacity}. The autoscaler stays within these bounds.`] });
  } }, h("label.field", h("span", "At least"), least), h("label.field", h("span", "At most"), most), h("div.actions", h("button", { type: "submit" }, "Prescale…")));
  const reload = button("Reload the configuration…", () => ({ title: "Reload the configuration?", action: "Reload", method: "POST", path: "/v1/reload", body: {},
    lines: ["The file is read again. It applies completely or not at all. Sessions that the new rules deny are reset; all others stay."] }));
  const missing = h("p.problem", { hidden: true }, "The controller does not run, so the fleet can't be shown or changed. The kernel still forwards traffic. Start the controller: sluice run.");
  const parts = h("div", h("div.halves",
    h("section.panel", h("h2", "Capacity"), capacity, scale, prescale), h("section.panel", h("h2", "Maintenance"), maintenance, h("h2", "Configuration"), reload)),
    h("section.panel.scroll", { tabindex: "0", role: "region", "aria-label": "Instances" }, h("h2", "Instances"), h("table.cards",
      h("thead", h("tr", [["Instance"], ["State"], ["Drain"], ["Sessions", 1], ["Traffic", 1], ["CPU", 1], ["Heartbeat", 1], ["Process", 1], ["Why"], [""]].map(([title, isNumber]) => h(isNumber ? "th.num" : "th", { scope: "col" }, title)))), body)));
  const element = h("section", h("h1", "Fleet and maintenance"), missing, parts);
  let shownMaintenance = "";

  function update(what) {
    if (what === "events") return;
    const fleet = live.status?.fleet;
    missing.hidden = Boolean(fleet);
    parts.hidden = !fleet;
    if (!fleet) return;
    fill(capacity, [["serving", fleet.serving], ["desired", fleet.desired], ["at least", fleet.minCapacity], ["at most", fleet.maxCapacity], ["continuity", live.status.continuity]].map(([name, value]) => [h("dt", name), h("dd", value)]));
    for (const [input, value] of [[scaleInput, fleet.desired], [least, fleet.minCapacity], [most, fleet.maxCapacity]]) if (!input.value) input.value = value;
    const state = JSON.stringify(fleet.maintenance ?? null);
    if (state !== shownMaintenance) showMaintenance(fleet.maintenance);
    shownMaintenance = state;
    keyed(body, fleet.instances, (each) => each.identifier, make, show);
  }

  function showMaintenance(work) {
    const path = "/v1/maintenance";
    const isRunning = work && running.has(work.phase);
    const done = work ? work.updated.length : 0;
    const all = work ? done + work.remaining.length : 0;
    const gauge = bar(all ? done / all : 0);
    fill(maintenance,
      work ? [h("p", h("b", `Maintenance ${work.number}: `), work.paused ? "paused" : phases[work.phase] ?? words(work.phase), "."), all > 0 && isRunning && [gauge, h("p", `${done} of ${all} instances replaced.`)], work.text && h("p.quiet", work.text)]
        : h("p", "No maintenance is active. Maintenance replaces one instance after the other by a new process; each instance drains first."),
      h("div.actions",
        !isRunning && button("Start maintenance…", () => ({ title: "Start maintenance?", action: "Start", method: "POST", path, body: { now: true }, dangerous: live.status.continuity !== "preserve",
          lines: [`All ${live.status.fleet.instances.length} instances of gateway ${live.status.gateway} are replaced, one after the other, starting now, even outside the maintenance window. ${live.status.continuity === "preserve" ? "No session ends." : "Sessions that outlast the drain of their instance are reset."}`] })),
        isRunning && !work.paused && button("Pause…", () => ({ title: "Pause maintenance?", action: "Pause", method: "PATCH", path, body: { action: "pause" }, lines: ["The current drain continues to its end. No further instance is drained."] })),
        isRunning && work.paused && button("Resume…", () => ({ title: "Resume maintenance?", action: "Resume", method: "PATCH", path, body: { action: "resume" }, lines: [`${work.remaining.length} instances remain.`] })),
        isRunning && button("Abort…", () => ({ title: "Abort maintenance?", action: "Abort it", dangerous: true, method: "PATCH", path, body: { action: "abort" }, lines: [`${work.remaining.length} instances keep the old version. Instances that were replaced keep the new one.`] }), true)));
  }

  function make({ identifier }) {
    const titles = ["Instance", "State", "Drain", "Sessions", "Traffic", "CPU", "Heartbeat", "Process", "Why"];
    const cells = titles.map((title) => h(["Sessions", "Traffic", "CPU", "Heartbeat", "Process"].includes(title) ? "td.num" : "td", { "data-title": title }));
    cells[0].append(h("b", identifier));
    const path = `/v1/instances/${identifier}`;
    const name = `instance ${identifier} of gateway ${live.status.gateway}`;
    const sessions = () => number(live.status.fleet.instances.find((each) => each.identifier === identifier)?.sessions ?? 0);
    const drain = button("Drain…", () => ({ title: `Drain instance ${identifier}?`, action: `Drain instance ${identifier}`, dangerous: true, method: "POST", path: `${path}:drain`, body: {}, lines: [`It has ${sessions()} sessions. ${fate()}`] }));
    const cancel = button("Cancel drain…", () => ({ title: `Cancel the drain of instance ${identifier}?`, action: "Cancel the drain", method: "POST", path: `${path}:cancel-drain`, body: {}, lines: [`Then ${name} takes new sessions again.`] }));
    const stop = button("Stop…", () => ({ title: `Stop instance ${identifier} at once?`, action: `Stop instance ${identifier}`, dangerous: true, method: "POST", path: `${path}:stop`, body: {},
      lines: [`It has ${sessions()} sessions. ${live.status.continuity === "preserve" ? "The other instances take them over." : "There is no drain: they are lost, without a RST to their ends."}`] }), true);
    for (const [action, element] of [["Drain", drain], ["Cancel the drain of", cancel], ["Stop", stop]]) element.setAttribute("aria-label", `${action} instance ${identifier}`);
    const row = h("tr", cells, h("td", h("div.actions", drain, cancel, stop)));
    row.parts = { cells, drain, cancel, stop };
    return row;
  }

  function show(row, instance) {
    const { cells, drain, cancel, stop } = row.parts;
    const state = instanceStates[instance.state] ?? { word: instance.state, mark: "?", tone: "info" };
    cells[1].className = `state ${state.tone}`;
    say(cells[1], `${state.mark} ${state.word}, ${duration(instance.stateSeconds)}`);
    const leaving = drainState(instance);
    say(cells[2], leaving ? `gone in ${leaving.countdown}: ${leaving.text}` : "");
    say(cells[3], number(instance.sessions));
    say(cells[4], bits(instance.bitsPerSecond));
    say(cells[5], `${(100 * instance.cpu).toFixed(1)} %`);
    say(cells[6], `${duration(instance.heartbeatAgeSeconds)} ago`);
    say(cells[7], instance.processIdentifier || "–");
    say(cells[8], instance.cause);
    drain.hidden = instance.state !== "serving";
    cancel.hidden = !leaving;
    stop.hidden = instance.state === "stopped";
  }

  return { element, update, tick: () => update("tick") };
}

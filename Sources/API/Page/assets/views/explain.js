// Evaluates a packet with the kernel's own evaluator: what happens to it, by which rule.

import { query, send } from "../api.js";
import { fill, h } from "../dom.js";
import { className, duration, endpoint, words } from "../format.js";
import { live } from "../live.js";

const names = ["protocol", "source", "sourcePort", "destination", "destinationPort", "zone", "destinationZone"];
const stages = { ownRules: "Gateway's own rules", hostRules: "Rules for the gateway itself", outbound: "Security group, outbound of the source zone", inbound: "Security group, inbound of the destination zone" };

export function create(place) {
  const field = (title, name, more = {}) => h("label.field", h("span", title), h("input", { name, spellcheck: "false", ...more }));
  const port = { inputmode: "numeric", pattern: "[0-9]{1,5}", size: 6 };
  const zones = (name) => h("select", { name }, h("option", { value: "" }, "not given"), (live.status?.zones ?? []).map((each) => h("option", { value: each.name }, each.name)));
  const form = h("form.filters", { onsubmit: ask },
    h("label.field", h("span", "Protocol"), h("select", { name: "protocol" }, ["tcp", "udp", "icmp", "icmpv6", "gre", "esp", "ah", "sctp"].map((each) => h("option", { value: each }, each)))),
    field("Source", "source", { required: true, placeholder: "10.1.0.10", size: 18 }), field("Source port", "sourcePort", { ...port, placeholder: "any" }),
    field("Destination", "destination", { required: true, placeholder: "203.0.113.10", size: 18 }), field("Port", "destinationPort", { ...port, placeholder: "443" }),
    h("label.field", h("span", "From zone"), zones("zone")), h("label.field", h("span", "To zone"), zones("destinationZone")),
    h("div.actions", h("button.primary", { type: "submit" }, "Explain")));
  const result = h("div", { "aria-live": "polite" });
  const element = h("section", h("h1", "Explain"), h("p.lead", "What would happen to this packet? The kernel's own evaluator answers with the live rules, so a real packet gets the same decision."), form, result);

  function read(now) {
    for (const name of names) if (now.query.has(name)) form.elements[name].value = now.query.get(name);
    if (now.query.get("source") && now.query.get("destination")) explain();
  }

  function ask(event) {
    event.preventDefault();
    const hash = `#/explain${query(Object.fromEntries(names.map((name) => [name, form.elements[name].value.trim()])))}`;
    if (hash === location.hash) explain();
    else location.hash = hash;
  }

  async function explain() {
    const body = {};
    for (const name of names) {
      const value = form.elements[name].value.trim();
      if (value) body[name] = name.endsWith("Port") ? Number(value) : value;
    }
    try {
      fill(result, answer(await send("POST", "/v1/policy:explain", body)));
    } catch (error) {
      fill(result, h("p.problem", { role: "alert" }, `${error.message}. `, error.remedy ?? ""));
      form.elements[error.field]?.focus();
    }
  }

  read(place);
  return { element, go: read };
}

const priority = (step) => (step.rule === "none" ? "no rule matches" : `priority ${step.priority}`);

function answer(value) {
  const isAllowed = value.access === "Allow";
  const why = value.rule === "none" && value.groupRule === "none" ? "No rule allows it. What no rule allows is denied."
    : value.rule === "none" ? `The security group's rule ${value.groupRule} decides.` : `Rule ${value.rule} decides.`;
  return [
    h(`section.verdict.${isAllowed ? "good" : "bad"}`, h("span.mark", { "aria-hidden": "true" }, isAllowed ? "✓" : "✕"),
      h("div", h("h2", isAllowed ? "Allowed" : "Denied"), h("p", h("b", `${value.protocol} ${endpoint(value.source)} → ${endpoint(value.destination)}`)), h("p", why),
        isAllowed ? h("p.quiet", `${className[value.trafficClass] ?? value.trafficClass}, idle timeout ${duration(value.idleTimeoutSeconds)}, then ${value.onIdle === "reset" ? "both ends are reset" : value.onIdle === "probe" ? "both ends are probed" : "it expires without a RST"}.`)
          : h("p.quiet", "Its packets are counted as “denied” and written to the flow log."))),
    h("section.panel", h("h2", "How it was decided"), h("ol.steps", value.steps.map((step) => h(`li.${step.access === "Allow" ? "good" : "bad"}`,
      h("p", h("b", stages[step.stage] ?? words(step.stage)), step.group ? ` ${step.group}` : ""),
      h("p", h("span.decision", step.access === "Allow" ? "✓ Allow" : "✕ Deny"), " by ", h("b", step.rule === "none" ? "default" : step.rule), h("span.quiet", ` ${priority(step)}`)),
      step.laterRules.length > 0 && h("details", { open: step.laterRules.length <= 5 }, h("summary", `${step.laterRules.length} later ${step.laterRules.length === 1 ? "rule" : "rules"} match too, with lower precedence`),
        h("ul", step.laterRules.map((each) => h("li", `${each.access === "Allow" ? "✓ Allow" : "✕ Deny"} by ${each.rule}, priority ${each.priority}`)))))))),
    h("section.panel", h("h2", "Session"), value.session
      ? h("p", "A session exists: ", h("a", { href: `#/sessions/${value.session.id}` }, `session ${value.session.id}`), `, ${words(value.session.state)}, owned by instance ${value.session.instance}. Its packets pass without an evaluation of rules.`)
      : h("p", "There is no session with this 5-tuple now.")),
  ];
}

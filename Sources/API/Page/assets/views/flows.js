// The sums of the flow logs: top talkers, and counts by rule.

import { get, query } from "../api.js";
import { bar, setBar } from "../chart.js";
import { copyable, fill, h, say } from "../dom.js";
import { bytes, endpoint, number } from "../format.js";

export function create(place) {
  const select = (name, options) => h("select", { name }, options.map(([value, text]) => h("option", { value }, text)));
  const form = h("form.filters", { onsubmit: (event) => { event.preventDefault(); apply(); } },
    h("label.field", h("span", "Time"), select("last", [["1h", "last hour"], ["10m", "last 10 minutes"], ["24h", "last day"], ["7d", "last week"], ["", "all"]])),
    h("label.field", h("span", "Decision"), select("decision", [["", "all"], ["allowed", "allowed"], ["denied", "denied"]])),
    h("label.field", h("span", "Source"), h("input", { name: "source", placeholder: "10.1.0.0/16", size: 16, spellcheck: "false" })),
    h("label.field", h("span", "Destination"), h("input", { name: "destination", placeholder: "any", size: 16, spellcheck: "false" })),
    h("label.field", h("span", "Port"), h("input", { name: "port", inputmode: "numeric", pattern: "[0-9]{1,5}", placeholder: "any", size: 6 })),
    h("div.actions", h("button.primary", { type: "submit" }, "Show")));
  const names = ["last", "decision", "source", "destination", "port"];
  const result = h("div", h("p.quiet", "Reading the flow logs."));
  const summary = h("p", { role: "status" });
  const element = h("section", h("h1", "Flow logs"), form, summary, result);
  const control = new AbortController();
  let read = 0;
  let isLooking = false;

  function apply() {
    const hash = `#/flows${query(Object.fromEntries(names.map((name) => [name, form.elements[name].value.trim()])))}`;
    if (hash === location.hash) refresh();
    else location.hash = hash;
  }
  form.addEventListener("change", (event) => { if (event.target.matches("select")) apply(); });

  function go(now) {
    for (const name of names) form.elements[name].value = now.query.get(name) ?? (name === "last" && !now.query.size ? "1h" : "");
    refresh();
  }

  async function refresh() {
    if (isLooking) return;
    isLooking = true;
    read = performance.now();
    try {
      const values = Object.fromEntries(names.map((name) => [name, form.elements[name].value.trim()]));
      draw(await get(`/v1/flow-logs${query({ ...values, top: 50 })}`, control.signal), values.decision === "denied");
    } catch (error) {
      if (error.status === 404) fill(result, h("p.panel", "This gateway does not write flow logs. ", h("span.quiet", "Write flowLog: { directory: … } into its configuration, then reload.")));
      else if (error.status === 503) {
        // Another client's query is running: keep what is shown; the next refresh tries again.
        say(summary, `${error.message}. ${error.remedy}`);
        read = 0;
      } else if (error.status) fill(result, h("p.problem", { role: "alert" }, `${error.message}. ${error.remedy ?? ""}`));
      if (error.status && error.status !== 503) say(summary, "");
    }
    isLooking = false;
  }

  function draw(log, isDenied) {
    const left = Object.values(log.omitted).reduce((sum, each) => sum + each, 0);
    say(summary, `${bytes(log.total.bytes)} in ${number(log.total.packets)} packets; ${number(log.total.begun)} sessions began, ${number(log.total.ended)} ended, ${number(log.total.denied)} denied.${left ? ` ${number(left)} records were skipped under load.` : ""}${log.unreadable ? ` ${number(log.unreadable)} could not be read.` : ""}`);
    const weight = (sum) => (isDenied ? sum.denied : sum.bytes);
    const talkers = [...log.topTalkers].sort((a, b) => weight(b.sum) - weight(a.sum) || b.sum.denied - a.sum.denied);
    const most = Math.max(1, ...talkers.map((each) => weight(each.sum)));
    const rules = Object.entries(log.rules).sort(([, a], [, b]) => b.packets + b.denied - a.packets - a.denied);
    fill(result,
      h("section.panel.scroll", { tabindex: "0", role: "region", "aria-label": "Top talkers" }, h("h2", "Top talkers"), talkers.length ? h("table.cards",
        h("thead", h("tr", [["Source"], ["Destination"], ["Protocol"], [isDenied ? "Denied" : "Bytes", 1], ["Packets", 1], ["Sessions", 1], [isDenied ? "Bytes" : "Denied", 1], [""]].map(([title, isNumber]) => h(isNumber ? "th.num" : "th", { scope: "col" }, title)))),
        h("tbody", talkers.map((each) => {
          const share = bar(0, isDenied ? "drop" : "");
          setBar(share, weight(each.sum) / most);
          return h("tr", h("td", { "data-title": "Source" }, copyable(each.source)), h("td", { "data-title": "Destination" }, copyable(endpoint({ address: each.destination, port: each.destinationPort }))), h("td", { "data-title": "Protocol" }, each.protocol),
            h("td.num", { "data-title": isDenied ? "Denied" : "Bytes" }, isDenied ? number(each.sum.denied) : bytes(each.sum.bytes), share), h("td.num", { "data-title": "Packets" }, number(each.sum.packets)), h("td.num", { "data-title": "Sessions" }, number(each.sum.begun)), h("td.num", { "data-title": isDenied ? "Bytes" : "Denied" }, isDenied ? bytes(each.sum.bytes) : number(each.sum.denied)),
            h("td", h("a", { href: `#/explain${query({ protocol: each.protocol, source: each.source, destination: each.destination, destinationPort: each.destinationPort })}` }, "Explain")));
        }))) : h("p.quiet", "None in this time with this filter.")),
      h("section.panel.scroll", { tabindex: "0", role: "region", "aria-label": "By rule" }, h("h2", "By rule"), h("table.cards", h("thead", h("tr", [["Rule"], ["Began", 1], ["Ended", 1], ["Denied", 1], ["Bytes", 1]].map(([title, isNumber]) => h(isNumber ? "th.num" : "th", { scope: "col" }, title)))),
        h("tbody", rules.map(([name, sum]) => h("tr", h("th", { scope: "row", "data-title": "Rule" }, name), h("td.num", { "data-title": "Began" }, number(sum.begun)), h("td.num", { "data-title": "Ended" }, number(sum.ended)), h("td.num", { "data-title": "Denied" }, number(sum.denied)), h("td.num", { "data-title": "Bytes" }, bytes(sum.bytes))))))));
  }

  go(place);
  return { element, go, update: (what) => { if (what === "back" || performance.now() > read + 15000 || !read) refresh(); }, end: () => control.abort() };
}

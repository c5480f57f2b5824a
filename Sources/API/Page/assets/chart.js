// Charts of the last five minutes as SVG. Series differ by line style as well as by colour; numbers are in the legend.

import { fill, h, say } from "./dom.js";

const height = 132;
const edge = { top: 8, right: 6, bottom: 18, left: 64 };
const longestSeconds = 300;
const shortestSeconds = 60;

function niceTop(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 4, 5, 10]) if (value <= step * power) return step * power;
  return 10 * power;
}

/** `4.0` as `4`, `2.50 Mbit/s` as `2.5 Mbit/s`. */
const shortened = (text) => text.replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");

/**
 * A chart that redraws its samples on each call.
 *
 * @param series `[{ name, value(sample), area }]`: up to four; a value of null leaves a gap.
 * @param format a value's text
 * @param smallest the minimum range of the vertical axis
 */
export function timeChart({ title, series, format, smallest = 1, whole = false }) {
  const legendValues = series.map(() => h("b"));
  const legend = h("ul.legend", series.map((each, index) =>
    h("li", h("svg.swatch", { viewBox: "0 0 22 8", width: 22, height: 8, "aria-hidden": "true" },
      h(`line.series.s${index + 1}`, { x1: 1, x2: 21, y1: 4, y2: 4 })), each.name, " ", legendValues[index])));
  const moment = h("span.quiet");
  const svg = h("svg.chart", { role: "img", height });
  const element = h("figure.panel", h("figcaption", h("h3", title), moment, legend), svg);
  let samples = [];
  let width = 0;
  let pointer = null;

  const draw = () => {
    if (width < 80) return;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const now = samples.at(-1)?.time ?? 0;
    // The time axis begins with one minute, and grows to five.
    const spanSeconds = Math.min(longestSeconds, Math.max(shortestSeconds, now - (samples[0]?.time ?? now)));
    const inner = { width: width - edge.left - edge.right, height: height - edge.top - edge.bottom };
    let most = smallest;
    for (const sample of samples) for (const each of series) most = Math.max(most, each.value(sample) ?? 0);
    const top = niceTop(most);
    const x = (time) => edge.left + inner.width * (1 - (now - time) / spanSeconds);
    const y = (value) => edge.top + inner.height * (1 - value / top);
    const parts = [];
    for (const share of top === 1 && whole ? [0, 1] : [0, 0.5, 1]) {
      const level = y(share * top);
      parts.push(h("line.grid", { x1: edge.left, x2: width - edge.right, y1: level, y2: level }));
      parts.push(h("text.tick", { x: edge.left - 6, y: level + 4, "text-anchor": "end" }, shortened(format(share * top))));
    }
    for (const [text, seconds, anchor] of [[spanSeconds < 100 ? `${Math.round(spanSeconds)} s ago` : `${Math.floor(spanSeconds / 60)} min ago`, spanSeconds < 100 ? spanSeconds : 60 * Math.floor(spanSeconds / 60), spanSeconds < 100 ? "start" : "middle"], ["now", 0, "end"]]) {
      parts.push(h("text.tick", { x: x(now - seconds), y: height - 4, "text-anchor": anchor }, text));
    }
    series.forEach((each, index) => {
      let line = "";
      let isOpen = false;
      let first = null;
      let last = null;
      for (const sample of samples) {
        const value = each.value(sample);
        if (value === null || sample.time < now - spanSeconds) { isOpen = false; continue; }
        line += `${isOpen ? "L" : "M"}${x(sample.time).toFixed(1)} ${y(value).toFixed(1)}`;
        isOpen = true;
        first ??= sample;
        last = sample;
      }
      if (each.area && first) {
        parts.push(h(`path.area.s${index + 1}`, { d: `${line}L${x(last.time).toFixed(1)} ${y(0)}L${x(first.time).toFixed(1)} ${y(0)}Z` }));
      }
      if (line) parts.push(h(`path.series.s${index + 1}`, { d: line }));
    });
    let chosen = samples.at(-1);
    if (pointer !== null && samples.length) {
      const time = now - spanSeconds * (1 - (pointer - edge.left) / inner.width);
      chosen = samples.reduce((best, each) => (Math.abs(each.time - time) < Math.abs(best.time - time) ? each : best));
      parts.push(h("line.cursor", { x1: x(chosen.time), x2: x(chosen.time), y1: edge.top, y2: y(0) }));
    }
    say(moment, pointer !== null && chosen ? `${Math.round(now - chosen.time)} s ago` : "");
    const texts = series.map((each, index) => {
      const value = chosen ? each.value(chosen) : null;
      const text = value === null ? "–" : format(value);
      say(legendValues[index], text);
      return `${each.name} ${text}`;
    });
    svg.setAttribute("aria-label", `${title}: ${texts.join(", ")}`);
    fill(svg, parts);
  };

  svg.addEventListener("pointermove", (event) => { pointer = event.offsetX; draw(); });
  svg.addEventListener("pointerleave", () => { pointer = null; draw(); });
  new ResizeObserver(([entry]) => {
    const next = Math.round(entry.contentRect.width);
    if (next !== width) { width = next; draw(); }
  }).observe(svg);
  return { element, draw: (list) => { samples = list; draw(); } };
}

/** A bar from 0 to 1. A text beside it shows its value, so assistive technology ignores it. */
export function bar(share, tone = "") {
  const element = h(tone ? `span.bar.${tone}` : "span.bar", { "aria-hidden": "true" });
  setBar(element, share);
  return element;
}

export function setBar(element, share) {
  element.style.setProperty("--share", String(Math.max(0, Math.min(1, share || 0))));
}

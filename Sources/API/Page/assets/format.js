// Numbers with units, times for people, and the texts for states and reasons.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export const number = (value) => whole.format(value);

export function percent(part, all) {
  if (!all || !part) return "0 %";
  const share = (100 * part) / all;
  return `${share > 0 && share < 0.1 ? "< 0.1" : share < 10 ? share.toFixed(1) : share.toFixed(0)} %`;
}

function scaled(value, step, units) {
  let index = 0;
  while (value >= step && index < units.length - 1) {
    value /= step;
    index += 1;
  }
  const text = index === 0 || value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
  return `${text} ${units[index]}`;
}

export const bits = (value) => scaled(value, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]);
export const bytes = (value) => scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
export const rate = (value) =>
  value === 0 ? "0" : value < 0.1 ? "< 0.1" : value < 10 ? value.toFixed(1) : value < 1e4 ? number(value)
    : scaled(value, 1000, ["", "k", "M"]).replace(" ", " ");

/** Seconds as `8 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(seconds) {
  const value = Math.max(0, seconds);
  if (value < 0.05) return "0 s";
  if (value < 1) return `${value.toFixed(1)} s`;
  const s = Math.floor(value);
  if (s < 60) return `${s} s`;
  const two = (big, unit, small, other) => (small ? `${big} ${unit} ${small} ${other}` : `${big} ${unit}`);
  if (s < 3600) return two(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86400) return two(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return two(Math.floor(s / 86400), "d", Math.floor((s % 86400) / 3600), "h");
}

/** A countdown as `1:05`. */
export function clock(seconds) {
  const s = Math.max(0, Math.ceil(seconds));
  const pad = (value) => String(value).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${pad(s % 60)}` : `${Math.floor(s / 3600)}:${pad(Math.floor((s % 3600) / 60))}:${pad(s % 60)}`;
}

export const timeOfDay = (date) => date.toLocaleTimeString("en-GB");

export function when(date) {
  const today = new Date().toDateString() === date.toDateString();
  return today ? timeOfDay(date) : `${date.toLocaleDateString("en-CA")} ${timeOfDay(date)}`;
}

export function endpoint(end) {
  const address = end.address.includes(":") && end.port ? `[${end.address}]` : end.address;
  return end.port ? `${address}:${end.port}` : address;
}

/** `idleReset` as `idle reset`. */
export const words = (name) => name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();

export const className = { northSouth: "north-south", eastWest: "east-west" };

export const instanceStates = {
  serving: { word: "serving", mark: "●", tone: "good" },
  starting: { word: "starting", mark: "◔", tone: "info" },
  drainingRefuse: { word: "draining", mark: "◐", tone: "warn" },
  drainingReset: { word: "draining", mark: "◕", tone: "warn" },
  ending: { word: "ending", mark: "◌", tone: "warn" },
  unresponsive: { word: "unresponsive", mark: "▲", tone: "bad" },
  stopped: { word: "stopped", mark: "■", tone: "idle" },
};

export const healthWords = {
  healthy: { word: "Healthy", mark: "✓", tone: "good" },
  degraded: { word: "Degraded", mark: "!", tone: "warn" },
  down: { word: "Down", mark: "✕", tone: "bad" },
};

// The data of the page: the last status, samples of five minutes, and the events.

import { get, headers, Problem } from "./api.js";

export const pollSeconds = 2;
const mostSamples = 150;
const mostEvents = 1000;

export const live = {
  /** The last answer of /v1/status, when it came (`performance.now()`, and a date). */
  status: null, at: 0, date: null,
  /** For each poll: seconds, counts, and rates since the previous poll. */
  samples: [],
  /** Newest last. */
  events: [], eventsLost: 0, eventsConnected: false,
  /** The connection problem; null if there is none. */
  trouble: null, troubleSince: 0,
};

const listeners = new Set();
export const listen = (listener) => { listeners.add(listener); return () => listeners.delete(listener); };
const tell = (what) => { for (const listener of [...listeners]) listener(what); };

/** Seconds since the last status came. */
export const age = () => (live.at ? (performance.now() - live.at) / 1000 : 0);

function sample(status) {
  if (!status.sessions || !status.counters) return;
  const now = performance.now() / 1000;
  const next = {
    time: now, date: Date.now(),
    sessions: status.sessions.count, northSouth: status.sessions.byClass.northSouth ?? 0,
    eastWest: status.sessions.byClass.eastWest ?? 0,
    begun: status.counters.sessionsBegun ?? 0, bytes: status.counters.forwardedBytes ?? 0,
    packets: status.counters.forwardedPackets ?? 0, drops: status.drops ?? {},
    rates: null,
  };
  const last = live.samples.at(-1);
  if (last && (next.begun < last.begun || next.bytes < last.bytes)) {
    // The gateway has restarted its counters.
    live.samples.length = 0;
  } else if (last) {
    const seconds = Math.max(0.2, next.time - last.time);
    const begun = next.begun - last.begun;
    const drops = {};
    let dropped = 0;
    for (const [reason, count] of Object.entries(next.drops)) {
      const more = Math.max(0, count - (last.drops[reason] ?? 0));
      drops[reason] = more / seconds;
      dropped += more;
    }
    next.rates = {
      begun: begun / seconds,
      // Every session that began either exists or has ended.
      ended: Math.max(0, begun - (next.sessions - last.sessions)) / seconds,
      bits: (8 * (next.bytes - last.bytes)) / seconds,
      packets: (next.packets - last.packets) / seconds,
      drops, dropped: dropped / seconds,
    };
  }
  live.samples.push(next);
  if (live.samples.length > mostSamples) live.samples.shift();
}

/** Current rates: the mean of the last three polls. */
export function ratesNow() {
  const last = live.samples.slice(-3).map((each) => each.rates).filter(Boolean);
  if (!last.length) return null;
  const mean = (value) => last.reduce((sum, each) => sum + value(each), 0) / last.length;
  const drops = {};
  for (const reason of Object.keys(last.at(-1).drops)) drops[reason] = mean((each) => each.drops[reason] ?? 0);
  return {
    begun: mean((each) => each.begun), ended: mean((each) => each.ended), bits: mean((each) => each.bits),
    packets: mean((each) => each.packets), dropped: mean((each) => each.dropped), drops,
  };
}

let timer = 0;
let isLooking = false;

/** Polls at once, and then every two seconds while the page is visible. */
export async function look() {
  clearTimeout(timer);
  if (isLooking) return;
  isLooking = true;
  try {
    const status = await get("/v1/status");
    const wasTroubled = live.trouble !== null;
    live.status = status;
    live.at = performance.now();
    live.date = new Date();
    live.trouble = null;
    sample(status);
    tell(wasTroubled ? "back" : "status");
  } catch (error) {
    if (!live.trouble) live.troubleSince = performance.now();
    live.trouble = error;
    tell("trouble");
  }
  isLooking = false;
  if (!document.hidden) timer = setTimeout(look, pollSeconds * 1000);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });

function add(event) {
  const last = live.events.at(-1);
  // A new history counts from 1 again.
  if (last && event.id === last.id) return;
  live.events.push(event);
  if (live.events.length > mostEvents) live.events.shift();
}

/**
 * Follows the history. It reads the stream of server-sent events with fetch: EventSource can't send a token.
 */
export async function follow() {
  for (;;) {
    try {
      if (!live.events.length) {
        for (const event of await get("/v1/events?limit=300")) add(event);
        tell("events");
      }
      await stream();
    } catch (error) {
      if (error instanceof Problem && error.status === 429) await pause(10000);
    }
    live.eventsConnected = false;
    await pause(2000);
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function stream() {
  const last = live.events.at(-1)?.id ?? 0;
  const control = new AbortController();
  const answer = await fetch("/v1/events/stream", {
    headers: headers({ Accept: "text/event-stream", "Last-Event-ID": String(last) }), cache: "no-store", signal: control.signal,
  });
  if (!answer.ok) throw new Problem(answer.status, {});
  live.eventsConnected = true;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  // The server sends a comment every 15 s. Without one the connection is dead.
  let watchdog = 0;
  const alive = () => { clearTimeout(watchdog); watchdog = setTimeout(() => control.abort(), 40000); };
  try {
    for (;;) {
      alive();
      const { value, done } = await reader.read();
      if (done) return;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) entry(part);
      if (parts.length) tell("events");
    }
  } finally {
    clearTimeout(watchdog);
    control.abort();
  }
}

function entry(text) {
  let kind = "message";
  let data = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("data: ")) data += line.slice(6);
  }
  if (!data) return;
  try {
    const value = JSON.parse(data);
    if (kind === "lost") live.eventsLost += value.lost;
    else add(value);
  } catch {
    live.eventsLost += 1;
  }
}

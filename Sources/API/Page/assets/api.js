// Requests to the gateway's API. If a token is needed, the operator is asked for it once for each browser tab.

const storageKey = "sluice-token";

/** An answer with an error: the problem document of the API, or a substitute for it. */
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail || document.title || `The API answered ${status}.`);
    this.status = status;
    this.title = document.title || "";
    this.remedy = document.remedy || "";
    this.field = document.field || "";
  }
}

/** No answer at all. */
export class Unreachable extends Error {}

export const token = {
  get value() { return sessionStorage.getItem(storageKey) || ""; },
  set value(text) {
    if (text) sessionStorage.setItem(storageKey, text);
    else sessionStorage.removeItem(storageKey);
    document.getElementById("forget").hidden = !text;
  },
};

export function headers(more = {}) {
  return token.value ? { ...more, Authorization: `Bearer ${token.value}` } : more;
}

async function request(method, path, body, signal) {
  const limit = AbortSignal.timeout(method === "GET" ? 8000 : 90000);
  let answer;
  try {
    answer = await fetch(path, {
      method, cache: "no-store",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      headers: headers(body === undefined ? {} : { "Content-Type": "application/json" }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    let value = {};
    try {
      value = JSON.parse(text);
    } catch (error) {
      if (answer.ok) throw error;
    }
    if (!answer.ok) throw new Problem(answer.status, value);
    return { value, headers: answer.headers };
  } catch (error) {
    if (error instanceof Problem || error.name === "AbortError") throw error;
    throw new Unreachable("The API does not answer.");
  }
}

export const get = async (path, signal) => (await request("GET", path, undefined, signal)).value;
export const send = async (method, path, body = {}) => (await request(method, path, body)).value;

export function query(values) {
  const text = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  return text.size ? `?${text}` : "";
}

/** A page of sessions, and the cursor of the next one ("" at the end). */
export async function sessionPage(filter, cursor, limit, signal) {
  const answer = await request("GET", `/v1/sessions${query({ ...filter, limit, cursor })}`, undefined, signal);
  const next = /cursor=([0-9a-f]+)[^>]*>;\s*rel="next"/.exec(answer.headers.get("Link") || "");
  return { sessions: answer.value, next: next ? next[1] : "" };
}

// Questions to the server of this bench, and nothing else.

export class Refused extends Error {
  constructor(status, told) {
    super(told.error || `the bench answered with ${status}`);
    this.status = status;
    this.faults = told.faults || [];
  }
}

async function call(method, path, body, signal) {
  let answer;
  try {
    // A short message arrives even if the page is closed behind it.
    answer = await fetch(path, { method, body, signal, keepalive: typeof body === "string" && body.length < 30000, headers: body && !(body instanceof Blob) ? { "content-type": "application/json" } : {} });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(0, { error: "the bench does not answer: is `epidot ui` still running?" });
  }
  if (!answer.ok) {
    const text = await answer.text();
    let told = { error: text };
    try { told = JSON.parse(text); } catch { /* plain words */ }
    throw new Refused(answer.status, told);
  }
  return answer;
}

const query = (given) => {
  const text = new URLSearchParams(Object.entries(given).filter(([, v]) => v !== undefined && v !== "")).toString();
  return text ? `?${text}` : "";
};

export const ask = async (question, given = {}) => (await call("GET", `api/${question}${query(given)}`)).json();
// `signal` gives the question up; what was given up throws an `AbortError`.
export const tell = async (question, given = {}, signal = undefined) => (await call("POST", `api/${question}`, JSON.stringify(given), signal)).json();
export const upload = async (name, content) =>
  (await call("PUT", `api/files/${name.split("/").map(encodeURIComponent).join("/")}`, content)).json();
export const start = (command, subject, options = {}) => tell("jobs", { command, subject, options });
export const address = (question, given = {}) => `api/${question}${query(given)}`;

// One dot: the head, and its columns as 32-bit floats.
export async function atoms(given) {
  const raw = await (await call("GET", `api/run/atoms${query(given)}`)).arrayBuffer();
  const length = new DataView(raw).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(raw, 4, length)));
  const all = new Float32Array(raw, 4 + length);
  const names = ["x", "y", "z", "radius", "kind", "role", "layer", "strain"];
  const columns = Object.fromEntries(names.map((name, i) => [name, all.subarray(i * head.atoms, (i + 1) * head.atoms)]));
  return { head, columns };
}

// Jobs as they are, now and at every change; the same list for every listener.
const listeners = new Set();
let jobs = null;
export function onJobs(listener) {
  listeners.add(listener);
  if (jobs) listener(jobs);
  return () => listeners.delete(listener);
}
export function listen() {
  const source = new EventSource("api/events");
  source.onmessage = (event) => {
    jobs = JSON.parse(event.data).jobs;
    for (const one of listeners) one(jobs);
  };
}

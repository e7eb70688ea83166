// Jobs of this folder: the same list on every page that is open, whoever started them.

import { onJobs, start, tell } from "./api.js";
import { el, fill, faults, scripts } from "./dom.js";

// Where the results of a kind are looked at, and with what an unfinished one goes on.
const RESULTS = { sweep: "studies", calibrate: "studies", suggest: "suggest" };
const RESUMED = { run: { resume: true, overwrite: false }, sweep: { resume: true, overwrite: false }, calibrate: { resume: true, overwrite: false }, suggest: {} };

export async function show(place) {
  const list = el("div");
  fill(place, el("h2", {}, "Jobs"), el("p", { class: "quiet" }, "Each is a command in a process of its own: closing this page, or ending the bench, does not end it."), list);
  return onJobs((jobs) => fill(list, jobs.length ? jobs.map((job) => card(job)) : el("p", { class: "quiet" }, "No job was started in this folder yet.")));
}

export function card(job) {
  const atWork = ["running", "starting"].includes(job.state);
  const told = el("div");
  const act = (text, what, main) => el("button", {
    type: "button", class: main ? "main small" : "small",
    onclick: async (e) => {
      e.target.disabled = true;
      try { await tell(`jobs/${job.id}/${what}`); } catch (error) { fill(told, faults(error)); }
    },
  }, text);
  const { output } = job.options || {};
  const goOn = () => again(RESUMED[job.kind]);
  const again = async (more) => {
    try { await start(job.kind, job.subject, { ...job.options, ...more }); } catch (error) { fill(told, faults(error)); }
  };
  return el("div", { class: "panel job", "data-job": job.id, "data-state": job.state },
    el("div", { class: "row" }, el("strong", {}, `${job.kind} ${job.subject || ""}`), el("span", { class: `badge ${job.state === "failed" ? "bad" : ""}` }, job.state),
      atWork ? act("cancel", "cancel", true) : act("forget", "forget"),
      ["failed", "cancelled", "stopped"].includes(job.state) && RESUMED[job.kind] ? el("button", { type: "button", class: "small", onclick: goOn }, "go on with it") : null,
      ["failed", "cancelled", "stopped"].includes(job.state) && RESUMED[job.kind] ? el("button", { type: "button", class: "small", onclick: () => again({}) }, "start anew") : null,
      job.state === "done" && job.kind === "run" && output ? el("a", { href: `#/run?name=${encodeURIComponent(output)}` }, "open the run") : null,
      job.state === "done" && output && RESULTS[job.kind] ? el("a", { href: `#/${RESULTS[job.kind]}?kind=${job.kind}&name=${encodeURIComponent(output)}` }, "open the result") : null,
      job.state === "done" && job.kind === "claims" ? el("a", { href: "#/claims" }, "open the claims") : null),
    atWork ? el("progress", { max: 1, value: job.progress.fraction, "aria-label": "share done" }) : null,
    el("p", { class: "quiet" }, atWork ? job.progress.text : `started ${new Date(1000 * job.started).toLocaleString()}`),
    job.said ? el("pre", {}, job.said) : null, scripts(job.command), told);
}

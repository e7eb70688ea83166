// The papers' sentences and epidot's answers.

import { ask, onJobs, start, tell } from "./api.js";
import { choice, csvButton, el, faults, field, fill, notice, pm, scripts } from "./dom.js";

export async function show(place) {
  const { claims, verdicts } = await ask("claims");
  const ran = (await ask("runs")).runs;
  const told = el("div"), list = el("div"), counted = el("p", { class: "quiet" });
  let answers = {}, from = "", shown = [];
  // Words of a paper bring their own units.
  const printed = (c) => (c.paper_value !== null && Number.isFinite(Number(c.paper_value)) ? `${c.paper_value} ${c.unit === "1" ? "" : c.unit || ""}` : c.paper_value ?? "");
  const runsOf = (c) => {
    const mine = ran.filter((r) => c.recipes.some((n) => n.split("/").pop() === r.recipe?.split("/").pop()));
    return mine.length ? el("p", {}, "Runs of it here: ", mine.map((r) => [el("a", { href: `#/run?name=${encodeURIComponent(r.name)}` }, r.name), " "])) : null;
  };
  const pick = (key, text) => choice(key, [["", `every ${text}`], ...[...new Set(claims.map((c) => c[key]))].filter(Boolean).sort()], "", draw);
  const paper = pick("paper", "paper"), subsystem = pick("subsystem", "subsystem");
  const verdict = choice("verdict", [["", "every verdict"], ...verdicts], "", draw);
  const words = el("input", { name: "words", type: "search", placeholder: "words or C010", oninput: draw });
  const engine = choice("engine", [["meanfield", "mean field (about half a minute)"], ["both", "both engines (a few minutes)"]], "meanfield");
  const go = el("button", { class: "main", type: "button", onclick: async () => {
    try { await start("claims", "", { engine: engine.value, json: true }); notice("epidot is being asked: see Jobs"); } catch (error) { fill(told, faults(error)); }
  } }, "Ask epidot");

  function draw() {
    const found = claims.filter((c) => (!paper.value || c.paper === paper.value) && (!subsystem.value || c.subsystem === subsystem.value)
      && (!verdict.value || (answers[c.id] || {}).verdict === verdict.value)
      && (!words.value || `${c.id} ${c.claim}`.toLowerCase().includes(words.value.toLowerCase())));
    shown = found;
    counted.textContent = `${found.length} of ${claims.length} claims${from}`;
    fill(list, el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ["", "the paper says", "printed", "epidot", "verdict", "basis"].map((h) => el("th", {}, h)))),
      el("tbody", {}, found.map((c) => {
        const a = answers[c.id];
        return el("tr", { "data-claim": c.id }, el("td", {}, c.id),
          el("td", {}, c.claim, el("div", { class: "quiet" }, `${c.paper}, ${c.where}`),
            el("details", {}, el("summary", {}, "detail"), a ? el("p", {}, a.detail) : null,
              c.recipes.length ? el("p", {}, "Rests on ", c.recipes.map((r) => [el("a", { href: `#/recipe?name=${encodeURIComponent(r)}` }, r), " "])) : null, runsOf(c), scripts(c.command, c.python))),
          el("td", {}, c.paper_value === null ? "" : printed(c)), el("td", {}, a ? answer(a) : "–"),
          el("td", { class: `verdict ${a && a.verdict === "conflict" ? "bad" : ""}` }, a ? a.verdict : ""), el("td", {}, a ? a.basis : ""));
      })))));
  }

  const answer = (a) => (Array.isArray(a.value) ? a.value.map((v) => pm(v)).join(", ") : typeof a.value === "boolean" ? (a.value ? "holds" : "does not hold") : pm(a.value, typeof a.sigma === "number" ? a.sigma : null));
  fill(place, el("h2", {}, "Claims of the papers"), el("div", { class: "row" }, field("paper", paper), field("subsystem", subsystem), field("verdict", verdict), field("search", words), field("engine", engine), go, csvButton("claims", ["id", "paper", "where", "claim", "printed", "unit", "epidot", "sigma", "verdict", "basis"], () => shown.map((c) => { const a = answers[c.id] || {}; return [c.id, c.paper, c.where, c.claim, c.paper_value, c.unit, a.value, a.sigma, a.verdict, a.basis]; }))), told, counted, list);
  draw();
  let read = "";
  return onJobs(async (jobs) => {
    const done = jobs.find((j) => j.kind === "claims" && j.state === "done");
    if (!done || done.id === read) return;
    read = done.id;
    const { result } = await tell(`jobs/${done.id}/result`);
    if (!result) return;
    answers = Object.fromEntries(result.claims.map((c) => [c.id, c]));
    from = `; answers of ${new Date(1000 * done.started).toLocaleString()} (${Object.entries(result.counts).filter(([, v]) => typeof v === "number").map(([k, v]) => `${k} ${v}`).join(", ")})`;
    draw();
  });
}

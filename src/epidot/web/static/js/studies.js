// Studies: one recipe with many values in it, or numbers back from data; what it would take, progress, report.

import { address, ask, onJobs, start, tell } from "./api.js";
import { choice, el, faults, field, fill, notice, scripts } from "./dom.js";
import { card } from "./jobs.js";

const KINDS = [["sweep", "sweep: many values of a recipe"], ["calibrate", "calibrate: numbers back from data"]];
export const show = (place, asked) => studies(place, asked, "Studies", KINDS);

// What a study takes, in words; what is not here is told by its own name.
const SAID = { calls: "runs of the recipe", known: "of these known already", cpu_s: "processor time / s", by: "done by", runs: "runs of the recipes", designs: "designs compared" };

export async function studies(place, asked, title, kinds) {
  const told = el("div"), verdict = el("div", { role: "status", "aria-live": "polite" }), script = el("div"), work = el("div"), result = el("div");
  const text = el("textarea", { name: "study", rows: 14, spellcheck: "false", "aria-label": "the study as YAML", oninput: () => typed() });
  const name = el("input", { name: "study-name", placeholder: "sweep.yaml", oninput: () => commands() });
  const output = el("input", { name: "output", placeholder: "sweep-…", oninput: () => commands() });
  const pick = el("span"), shown = el("span"), more = el("div", { class: "row" });
  const kind = choice("kind", kinds, asked.get("kind") || kinds[0][0], () => fresh());
  const go = el("button", { type: "button", class: "main", disabled: true, onclick: () => run(false) }, "Run it");
  let wait = 0, running = 0, own = [], results = [], examples = {}, set = {};

  const mine = (one) => kinds.some(([k]) => k === one.kind);

  // What only a suggestion is asked: what is known already, how many, of what.
  // Heard as it is typed: told only when the field is left, the click on "Run it" that leaves it would find the button locked.
  function questions() {
    if (kind.value !== "suggest") { fill(more); return; }
    const put = (key, value) => { if (value === null || value === "" || value.length === 0) delete set[key]; else set[key] = value; typed(); };
    const known = results.filter((r) => r.kind === "calibrate").map((r) => r.name);
    if (set.posterior && !known.includes(set.posterior)) delete set.posterior;
    fill(more, field("what is known", choice("posterior", [["", "the priors of the study"], ...known.map((n) => [n, `the calibration ${n}`])], set.posterior || "", (e) => put("posterior", e.target.value))),
      field("how many", el("input", { type: "number", name: "batch", min: 1, max: 100, placeholder: "1", value: set.batch || "", oninput: (e) => put("batch", e.target.value === "" ? null : Number(e.target.value)) })),
      field("together", choice("same", [["", "in any flask"], ["flask", "in one flask"], ["temperature", "at one temperature"]], set.same || "", (e) => put("same", e.target.value))),
      field("about", el("input", { name: "about", placeholder: "every parameter", title: "parameters of interest, apart by ,", value: (set.about || []).join(", "), oninput: (e) => put("about", e.target.value.split(",").map((n) => n.trim()).filter(Boolean)) })));
  }
  const options = () => ({ output: output.value.trim() || kind.value, ...(kind.value === "suggest" ? set : {}) });

  async function refresh() {
    const found = await ask("studies");
    ({ studies: own, results, examples } = found);
    fill(pick, field("file", choice("study-file", [["", "– a draft –"], ...own.filter((s) => s.kind === kind.value).map((s) => s.name)], own.some((s) => s.kind === kind.value && s.name === name.value) ? name.value : "", (e) => e.target.value && open(e.target.value))));
    fill(shown, field("results", choice("result", [["", "–"], ...results.filter(mine).map((r) => [`${r.kind}:${r.name}`, `${r.name} (${r.kind})`])], "", (e) => look(...e.target.value.split(/:(.*)/s)))));
    questions();
    return found;
  }
  async function open(file) {
    try {
      text.value = (await ask("recipe", { name: file })).text;
      name.value = file;
      output.value = `${kind.value}-${file.split("/").pop().replace(/\.ya?ml$/, "")}`;
      typed();
    } catch (error) { fill(told, faults(error)); }
  }
  function look(of, folder) {
    fill(result, folder ? el("div", { class: "panel" }, el("h3", {}, folder), el("iframe", { src: address("study/report", { name: folder, kind: of }), title: `report of ${folder}` })) : null);
  }
  function typed() {
    clearTimeout(wait);
    running++; // an answer that is on its way is of an older text
    go.disabled = true;
    if (!verdict.querySelector("[data-role=checking]")) verdict.prepend(el("p", { class: "quiet", "data-role": "checking" }, "checking…"));
    verdict.querySelector("[data-role=explained]")?.remove();
    for (const one of verdict.querySelectorAll(".fault")) one.classList.add("stale");
    wait = setTimeout(check, 300);
    commands();
  }
  async function check() {
    const turn = ++running;
    try {
      const found = await tell("study/explain", { kind: kind.value, text: text.value, options: options() });
      if (turn !== running) return;
      go.disabled = false;
      fill(verdict, el("p", { class: "good", "data-role": "explained" }, "✓ good: nothing runs yet"), el("table", {}, Object.entries(found).filter(([, v]) => v !== null && typeof v !== "object").map(([k, v]) => el("tr", {}, el("td", {}, SAID[k] || k.replaceAll("_", " ")), el("td", {}, typeof v === "number" ? Number(v.toPrecision(3)) : String(v))))),
        Object.entries(found).filter(([, v]) => v && typeof v === "object").map(([k, v]) => el("details", {}, el("summary", {}, k.replaceAll("_", " ")), el("pre", {}, JSON.stringify(v, null, 1)))));
    } catch (error) { if (turn === running) fill(verdict, faults(error)); }
  }
  async function commands() {
    if (!name.value.trim() || !output.value.trim()) { fill(script); return; }
    try {
      const found = await tell("study/command", { kind: kind.value, name: name.value.trim(), options: options() });
      fill(script, scripts(found.command, found.python));
    } catch { fill(script); }
  }
  async function run(resume) {
    fill(told);
    try {
      const kept = await tell("recipe/save", { name: name.value.trim() || `${kind.value}.yaml`, text: text.value });
      name.value = kept.name;
      await start(kind.value, kept.name, resume ? { ...options(), resume: true } : options());
      notice("the study has begun");
    } catch (error) { fill(told, faults(error)); }
  }

  // The first study of this kind that lies in the folder, or an example to begin with.
  async function fresh() {
    name.value = "";
    const found = await refresh();
    const first = own.find((s) => s.kind === kind.value);
    if (first) { await open(first.name); return; }
    text.value = found.examples[kind.value];
    name.value = { sweep: "stage-two.yaml", calibrate: "study.yaml", suggest: "next.yaml" }[kind.value];
    output.value = `${kind.value}-${name.value.replace(".yaml", "")}`;
    typed();
  }

  fill(place, el("h2", {}, title), el("div", { class: "row" }, kinds.length > 1 ? field("what", kind) : null, pick, field("save as", name), field("into", output), go, kind.value === "suggest" ? null : el("button", { type: "button", onclick: () => run(true) }, "Go on with it"), shown), more,
    el("div", { class: "columns" }, el("div", {}, el("div", { class: "panel stack code" }, text), told, script), el("div", {}, el("div", { class: "panel" }, el("h3", {}, "What it takes"), verdict), work)), result);
  await fresh();
  const wanted = results.filter(mine).find((r) => r.name === asked.get("name") && (!asked.get("kind") || r.kind === asked.get("kind")));
  if (wanted) look(wanted.kind, wanted.name);
  let done = "";
  const stop = onJobs((jobs) => {
    const own = jobs.filter(mine).slice(0, 4);
    fill(work, own.map((j) => card(j)));
    const ended = own.filter((j) => j.state === "done").map((j) => j.id).join();
    if (ended !== done) { done = ended; refresh().catch((error) => fill(told, faults(error))); }
  });
  return () => { clearTimeout(wait); stop(); };
}

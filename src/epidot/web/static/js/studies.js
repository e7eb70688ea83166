// Studies: one recipe with many values in it, or numbers back from data; what it would take, progress, report.

import { address, ask, onJobs, start, tell } from "./api.js";
import { choice, el, faults, field, fill, notice, scripts } from "./dom.js";
import { card } from "./jobs.js";

export async function show(place, asked) {
  const told = el("div"), verdict = el("div", { role: "status", "aria-live": "polite" }), script = el("div"), work = el("div"), result = el("div");
  const text = el("textarea", { name: "study", rows: 14, spellcheck: "false", "aria-label": "the study as YAML", oninput: () => typed() });
  const name = el("input", { name: "study-name", placeholder: "sweep.yaml", oninput: () => commands() });
  const output = el("input", { name: "output", placeholder: "sweep-…", oninput: () => commands() });
  const pick = el("span"), shown = el("span");
  const kind = choice("kind", [["sweep", "sweep: many values of a recipe"], ["calibrate", "calibrate: numbers back from data"]], asked.get("kind") || "sweep", () => fresh());
  let wait = 0, running = 0, own = [], results = [], examples = {};

  async function refresh() {
    const found = await ask("studies");
    ({ studies: own, results, examples } = found);
    fill(pick, field("file", choice("study-file", [["", "– a draft –"], ...own.filter((s) => s.kind === kind.value).map((s) => s.name)], name.value, (e) => e.target.value && open(e.target.value))));
    fill(shown, field("results", choice("result", [["", "–"], ...results.map((r) => [r.name, `${r.name} (${r.kind})`])], "", (e) => look(e.target.value))));
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
  function look(folder) {
    fill(result, folder ? el("div", { class: "panel" }, el("h3", {}, folder), el("iframe", { src: address("study/report", { name: folder }), title: `report of ${folder}` })) : null);
  }
  function typed() {
    clearTimeout(wait);
    wait = setTimeout(check, 300);
    commands();
  }
  async function check() {
    const mine = ++running;
    try {
      const found = await tell("study/explain", { kind: kind.value, text: text.value });
      if (mine !== running) return;
      fill(verdict, el("p", { class: "good", "data-role": "explained" }, "✓ good: nothing runs yet"), el("table", {}, Object.entries(found).filter(([, v]) => v !== null && typeof v !== "object").map(([k, v]) => el("tr", {}, el("td", {}, k.replaceAll("_", " ")), el("td", {}, typeof v === "number" ? Number(v.toPrecision(3)) : String(v))))),
        Object.entries(found).filter(([, v]) => v && typeof v === "object").map(([k, v]) => el("details", {}, el("summary", {}, k.replaceAll("_", " ")), el("pre", {}, JSON.stringify(v, null, 1)))));
    } catch (error) { if (mine === running) fill(verdict, faults(error)); }
  }
  async function commands() {
    if (!name.value.trim() || !output.value.trim()) { fill(script); return; }
    try {
      const found = await tell("study/command", { kind: kind.value, name: name.value.trim(), output: output.value.trim() });
      fill(script, scripts(found.command, found.python));
    } catch { fill(script); }
  }
  async function run(resume) {
    fill(told);
    try {
      const kept = await tell("recipe/save", { name: name.value.trim() || `${kind.value}.yaml`, text: text.value });
      name.value = kept.name;
      const options = { output: output.value.trim() || kind.value };
      if (resume) options.resume = true;
      await start(kind.value, kept.name, options);
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
    name.value = kind.value === "sweep" ? "stage-two.yaml" : "study.yaml";
    output.value = `${kind.value}-${name.value.replace(".yaml", "")}`;
    typed();
  }

  fill(place, el("h2", {}, "Studies"), el("div", { class: "row" }, field("what", kind), pick, field("save as", name), field("into", output), el("button", { type: "button", class: "main", onclick: () => run(false) }, "Run it"), el("button", { type: "button", onclick: () => run(true) }, "Go on with it"), shown),
    el("div", { class: "columns" }, el("div", {}, el("div", { class: "panel stack" }, text), told, script), el("div", {}, el("div", { class: "panel" }, el("h3", {}, "What it takes"), verdict), work)), result);
  await fresh();
  if (results.some((r) => r.name === asked.get("name"))) look(asked.get("name"));
  let done = "";
  const stop = onJobs((jobs) => {
    const mine = jobs.filter((j) => ["sweep", "calibrate"].includes(j.kind)).slice(0, 4);
    fill(work, mine.map((j) => card(j)));
    const ended = mine.filter((j) => j.state === "done").map((j) => j.id).join();
    if (ended !== done) { done = ended; refresh().catch((error) => fill(told, faults(error))); }
  });
  return () => { clearTimeout(wait); stop(); };
}

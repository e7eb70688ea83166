// Studies: one recipe with many values in it; what it would take, its progress, its report.

import { address, ask, onJobs, start, tell } from "./api.js";
import { choice, el, faults, field, fill, notice, scripts } from "./dom.js";
import { card } from "./jobs.js";

export async function show(place, asked) {
  const told = el("div"), verdict = el("div", { role: "status", "aria-live": "polite" }), script = el("div"), work = el("div"), result = el("div");
  const text = el("textarea", { name: "sweep", rows: 14, spellcheck: "false", "aria-label": "the sweep as YAML", oninput: () => typed() });
  const name = el("input", { name: "sweep-name", placeholder: "sweep.yaml", oninput: () => told2() });
  const output = el("input", { name: "output", placeholder: "sweep-…", oninput: () => told2() });
  const pick = el("span"), shown = el("span");
  let wait = 0, running = 0, own = [], results = [];

  async function refresh() {
    const found = await ask("studies");
    ({ sweeps: own, results } = found);
    fill(pick, field("sweep", choice("sweep-file", [["", "– a draft –"], ...own], name.value, (e) => e.target.value && open(e.target.value))));
    fill(shown, field("results", choice("result", [["", "–"], ...results], "", (e) => look(e.target.value))));
    return found;
  }
  async function open(file) {
    try {
      text.value = (await ask("recipe", { name: file })).text;
      name.value = file;
      output.value = `sweep-${file.split("/").pop().replace(/\.ya?ml$/, "")}`;
      typed();
    } catch (error) { fill(told, faults(error)); }
  }
  function look(folder) {
    fill(result, folder ? el("div", { class: "panel" }, el("h3", {}, folder), el("iframe", { src: address("study/report", { name: folder }), title: `report of ${folder}` })) : null);
  }
  function typed() {
    clearTimeout(wait);
    wait = setTimeout(check, 300);
    told2();
  }
  async function check() {
    const mine = ++running;
    try {
      const found = await tell("study/explain", { text: text.value });
      if (mine !== running) return;
      fill(verdict, el("p", { class: "good", "data-role": "explained" }, "✓ good: nothing runs yet"), el("table", {}, Object.entries(found).filter(([, v]) => v !== null && typeof v !== "object").map(([k, v]) => el("tr", {}, el("td", {}, k.replaceAll("_", " ")), el("td", {}, typeof v === "number" ? Number(v.toPrecision(3)) : String(v))))),
        Object.entries(found).filter(([, v]) => v && typeof v === "object").map(([k, v]) => el("details", {}, el("summary", {}, k.replaceAll("_", " ")), el("pre", {}, JSON.stringify(v, null, 1)))));
    } catch (error) { if (mine === running) fill(verdict, faults(error)); }
  }
  async function told2() {
    if (!name.value.trim() || !output.value.trim()) { fill(script); return; }
    try {
      const found = await tell("study/command", { name: name.value.trim(), output: output.value.trim() });
      fill(script, scripts(found.command, found.python));
    } catch { fill(script); }
  }
  async function run(resume) {
    fill(told);
    try {
      const kept = await tell("recipe/save", { name: name.value.trim() || "sweep.yaml", text: text.value });
      name.value = kept.name;
      const options = { output: output.value.trim() || "sweep" };
      if (resume) options.resume = true;
      await start("sweep", kept.name, options);
      notice("the sweep has begun");
    } catch (error) { fill(told, faults(error)); }
  }

  fill(place, el("h2", {}, "Studies"), el("div", { class: "row" }, pick, field("file", name), field("into", output), el("button", { type: "button", class: "main", onclick: () => run(false) }, "Run the sweep"), el("button", { type: "button", onclick: () => run(true) }, "Go on with it"), shown),
    el("div", { class: "columns" }, el("div", {}, el("div", { class: "panel stack" }, text), told, script), el("div", {}, el("div", { class: "panel" }, el("h3", {}, "What it takes"), verdict), work)), result);
  const found = await refresh();
  if (asked.get("name") && results.includes(asked.get("name"))) look(asked.get("name"));
  if (own.length) await open(own[0]);
  else { text.value = found.example; name.value = "stage-two.yaml"; output.value = "sweep-stage-two"; typed(); }
  let done = "";
  const stop = onJobs((jobs) => {
    const mine = jobs.filter((j) => j.kind === "sweep").slice(0, 4);
    fill(work, mine.map((j) => card(j)));
    const ended = mine.filter((j) => j.state === "done").map((j) => j.id).join();
    if (ended !== done) { done = ended; refresh().catch((error) => fill(told, faults(error))); }
  });
  return () => { clearTimeout(wait); stop(); };
}

// What an instrument would show of a sample, beside measured files of the folder.

import { ask, tell } from "./api.js";
import { choice, el, faults, field, fill, over, scripts } from "./dom.js";
import { inputs } from "./options.js";
import { plot } from "./plot.js";

export function simulatedPanel(run, techniques, sample) {
  const drawn = el("div"), told = el("div"), setup = el("div");
  let given = {}, header = null;
  const technique = choice("instrument", techniques, "pl", chosen);
  const names = el("datalist", { id: "measured-files" });
  const file = el("input", { name: "beside", list: "measured-files", placeholder: "a measured file of the folder", onfocus: offer });

  async function chosen() {
    given = {};
    fill(setup);
    const mine = technique.value;
    try {
      const found = await ask("options", { technique: mine });
      if (mine !== technique.value) return;
      header = found;
      fill(setup, header.setup.length ? el("details", {}, el("summary", {}, "How it would be measured"), inputs(header.setup, given, (o, value) => { if (value === null) delete given[o.name]; else given[o.name] = value; })) : null);
    } catch (error) { fill(setup, faults(error)); }
  }
  async function offer() {
    if (names.childElementCount) return;
    const { files } = await ask("files");
    fill(names, files.filter((f) => f.technique === technique.value).map((f) => el("option", { value: f.name })));
  }
  async function simulate() {
    fill(told, el("p", { class: "quiet" }, "Simulating…"));
    try {
      if (!header) await chosen();
      const seen = await tell("simulate", { run: run.name, sample: sample(), technique: technique.value, setup: given });
      const lines = [];
      if (seen.curve) lines.push({ name: `simulated, ${sample()}`, x: seen.curve.x, y: over(seen.curve.y) });
      if (seen.curve && file.value.trim()) {
        const real = await tell("read", { file: file.value.trim(), technique: technique.value });
        if (real.curve) lines.push({ name: file.value.trim(), x: real.curve.x, y: over(real.curve.y), points: 3 });
      }
      fill(drawn, seen.curve ? null : el("p", { class: "quiet" }, "This instrument shows an image: the command writes it."));
      if (seen.curve) plot(drawn, { name: `simulated ${technique.value}`, x: `${seen.curve.x_name} / ${seen.curve.x_unit}`, y: "over the largest", series: lines, reverse: header.falls, log: header.decades });
      fill(told, seen.warnings.map((w) => el("p", { class: "warning" }, w)), scripts(seen.command, seen.python));
    } catch (error) { fill(drawn); fill(told, faults(error)); }
  }

  chosen();
  return el("div", { class: "panel" }, el("h3", {}, "What an instrument would show"),
    el("div", { class: "row" }, field("instrument", technique), field("beside", file), names, el("button", { type: "button", onclick: simulate }, "simulate")), setup, drawn, told);
}

// Runs: time, atoms, spectra, every quantity; two or more side by side; what an instrument would show.

import { address, ask, atoms, tell } from "./api.js";
import { choice, el, faults, field, fill, pm, saveAs, scripts, wide } from "./dom.js";
import { DotView, coloured } from "./dot.js";
import { plot } from "./plot.js";

const HEADLINE = ["plqy", "pl_peak_nm", "pl_fwhm_nm", "first_exciton_nm", "shell_layers", "oxide_per_dot", "strain_core", "tau_amplitude_ns"];
const COLOUR_BY = [["kind", "element"], "role", "layer", "strain", "oxide", "halide"];

export async function show(place, asked) {
  const { runs, techniques } = await ask("runs");
  if (!runs.length) {
    fill(place, el("h2", {}, "Runs"), el("p", {}, "No finished run lies in this folder yet. ", el("a", { href: "#/recipe" }, "Start one from a recipe.")));
    return null;
  }
  const first = runs.find((r) => r.name === asked.get("name")) || runs[0];
  const others = new Set((asked.get("with") || "").split("|").filter((n) => runs.some((r) => r.name === n)));
  const body = el("div");
  const label = (r) => `${r.name} (${r.recipe}, ${r.engine}, ${r.dots} dots)`;
  const pick = choice("run", runs.map((r) => [r.name, label(r)]), first.name, () => { location.hash = `#/run?name=${encodeURIComponent(pick.value)}`; });
  const beside = el("details", {}, el("summary", {}, "Compare with other runs"), runs.filter((r) => r.name !== first.name).map((r) => field(label(r), el("input", {
    type: "checkbox", checked: others.has(r.name), name: `with-${r.name}`,
    onchange: (e) => {
      e.target.checked ? others.add(r.name) : others.delete(r.name);
      location.hash = `#/run?name=${encodeURIComponent(first.name)}&with=${encodeURIComponent([...others].join("|"))}`;
    },
  }), true)));
  fill(place, el("h2", {}, "Runs"), el("div", { class: "row" }, field("run", pick)), beside, body);
  fill(body, el("p", { class: "quiet" }, "Reading the run…"));
  const shown = await Promise.all([first.name, ...others].map((name) => ask("run", { name })));
  return page(body, shown, techniques);
}

function page(body, runs, techniques) {
  const [main] = runs;
  const times = main.history.time_s || [0];
  const minutes = times.map((t) => t / 60);
  const state = { at: times.length - 1, sample: main.samples.length - 1 };
  const said = el("p", { class: "quiet" });
  const slider = el("input", { type: "range", min: 0, max: String(times.length - 1), step: 1, value: String(state.at), name: "time", "aria-label": "time of the run" });
  const samples = el("div", { class: "row", role: "group", "aria-label": "samples" });
  const numbers = el("div", { class: "scroll" }), history = el("div"), light = el("div"), decay = el("div"), profile = el("div");
  const values = el("p", { class: "quiet", "data-role": "values" });
  const notes = (main.summary.notes || []).map((n) => el("p", { class: "warning" }, n));
  fill(body, headline(main), notes.length ? el("details", { open: notes.length < 3 }, el("summary", {}, `What to know of this run (${notes.length})`), notes) : null,
    el("div", { class: "panel" }, wide("time", slider), said, samples, values),
    el("div", { class: "columns" }, el("div", {}, dotPanel(), el("div", { class: "panel" }, el("h3", {}, "Radial profile"), profile), mapPanel(main)),
      el("div", {}, el("div", { class: "panel" }, el("h3", {}, "Against time"), history), el("div", { class: "panel" }, el("h3", {}, "Spectra"), light, el("h3", {}, "Decay"), decay), instrumentPanel(main, techniques, () => main.samples[state.sample].name))),
    el("div", { class: "panel" }, el("h3", {}, "Every quantity"), numbers),
    el("div", { class: "panel" }, el("h3", {}, "The report"), el("iframe", { src: address("run/report", { name: main.name }), title: `report of ${main.name}`, loading: "lazy" })),
    scripts(main.command, main.python));

  const canvas = body.querySelector("canvas.dot");
  const view = new DotView(canvas);
  let current = null, wanted = 0, historyPlot = null;
  const numeric = Object.keys(main.history).filter((n) => n !== "time_s" && !n.includes("/at/"));
  const pickHistory = choice("history", numeric, ["growth/shell_layers", "growth/adatoms_S_per_dot"].find((n) => numeric.includes(n)) || numeric.find((n) => n.startsWith("growth/")) || numeric[0], drawHistory);
  const historyPlace = el("div");
  fill(history, field("what", pickHistory), historyPlace);

  function drawHistory() {
    if (historyPlot) historyPlot.destroy();
    const name = pickHistory.value;
    historyPlot = plot(historyPlace, {
      name: `history ${name.replaceAll("/", " ")}`, x: "time / min", y: unitOf(name), at: minutes[state.at],
      series: runs.filter((r) => r.history[name]).map((r) => ({ name: r.name, x: r.history.time_s.map((t) => t / 60), y: scaled(name, r.history[name]) })),
    });
  }

  function dotPanel() {
    const by = choice("colour", COLOUR_BY, "kind", recolour);
    const cut = el("input", { type: "range", min: "-1", max: "1", step: "0.02", value: "1", name: "cut", "aria-label": "cut plane", oninput: () => view.cutAt(Number(cut.value)) });
    const which = el("input", { type: "number", min: 0, value: "0", class: "short", name: "dot", onchange: drawDot });
    const spin = (text, right, down) => el("button", { type: "button", class: "small", "aria-label": `turn ${text}`, onclick: () => view.rotate(right, down) }, text);
    return el("div", { class: "panel" }, el("h3", {}, "The dot, atom by atom"),
      el("canvas", { class: "dot", tabindex: 0, role: "img", "aria-label": "the dot in three dimensions; arrow keys turn it, plus and minus scale it" }),
      el("div", { class: "legend", "data-role": "legend" }), el("p", { class: "quiet", "data-role": "dot-said" }),
      el("div", { class: "row" }, field("colour by", by), field("dot", which), field("cut away", cut), spin("left", -0.3, 0), spin("right", 0.3, 0), spin("up", 0, -0.3), spin("down", 0, 0.3),
        el("button", { type: "button", class: "small", onclick: () => canvas.toBlob((b) => saveAs(`${main.name.replaceAll("/", "-")}-dot.png`, b)) }, "PNG")));
  }

  async function drawDot() {
    const asked = ++wanted, sample = main.samples[state.sample];
    const told = body.querySelector('[data-role="dot-said"]');
    const by = body.querySelector('[name="colour"]').value, dot = body.querySelector('[name="dot"]').value || "0";
    if (by === "strain") told.textContent = "bringing the atoms to rest…";
    try {
      const found = await atoms({ name: main.name, sample: sample.name, dot, strain: by === "strain" ? "yes" : "" });
      if (asked !== wanted) return;
      current = found;
      const paint = coloured(found.head, found.columns, by);
      view.show(found.columns, paint.colours);
      legend(paint.legend);
      told.textContent = `${found.head.atoms} atoms of “${sample.name}”` + (found.head.likeness ? ": a likeness of the mean dot, drawn from its layers" : `, dot ${found.head.dot} of ${found.head.dots}`);
      canvas.dataset.drawn = `${sample.name}/${dot}/${by}`;
      drawProfile(found.head.profile);
    } catch (error) { if (asked === wanted) { told.textContent = error.message; } }
  }

  function legend(rows) {
    fill(body.querySelector('[data-role="legend"]'), rows.map(([colour, text]) => {
      const dot = el("i");
      dot.style.background = colour;
      return el("span", {}, dot, text);
    }));
  }

  function recolour() {
    const by = body.querySelector('[name="colour"]').value;
    const strained = current && Number.isFinite(current.columns.strain.find((v) => Number.isFinite(v)) ?? NaN);
    if (!current || (by === "strain" && !strained)) { drawDot(); return; }
    const paint = coloured(current.head, current.columns, by);
    view.paint(paint.colours);
    legend(paint.legend);
    canvas.dataset.drawn = canvas.dataset.drawn.replace(/[^/]*$/, by);
  }

  function drawProfile(p) {
    fill(profile);
    plot(profile, { name: "radial profile", x: "distance from the centre / nm", y: "atoms per 0.1 nm", height: 200,
      series: Object.entries(p.counts).map(([kind, counts]) => ({ name: kind, x: p.r_nm, y: counts })) });
  }

  async function drawSpectra() {
    const mine = state.sample;
    const sets = await Promise.all(runs.map(async (r) => {
      const sample = r.samples[Math.min(mine, r.samples.length - 1)];
      return { run: r.name, sample: sample.name, ...(sample.spectra.length ? (await ask("run/spectra", { name: r.name, sample: sample.name })).spectra : {}) };
    }));
    if (mine !== state.sample) return;
    fill(light); fill(decay);
    const lines = sets.filter((s) => s.nm).flatMap((s) => [["absorption", "absorption"], ["emission", "emission"]].filter(([k]) => s[k]).map(([key, text]) => ({
      name: `${text}, ${sets.length > 1 ? `${s.run}, ` : ""}${s.sample}`, x: s.nm, y: over(s[key]) })));
    if (lines.length) plot(light, { name: "spectra", x: "wavelength / nm", y: "over the largest", series: lines });
    else fill(light, el("p", { class: "quiet" }, "This sample holds no spectra."));
    const decays = sets.filter((s) => s.t_ns).map((s) => ({ name: `${s.run}, ${s.sample}`, x: s.t_ns, y: s.decay }));
    if (decays.length) plot(decay, { name: "decay", x: "time / ns", y: "intensity", log: true, height: 200, series: decays });
  }

  function drawNumbers() {
    const columns = runs.map((r) => r.summary.samples[Math.min(state.sample, r.summary.samples.length - 1)]);
    const names = [...new Set(columns.flatMap((c) => Object.keys(c.quantities)))];
    fill(numbers, el("table", {}, el("thead", {}, el("tr", {}, el("th", {}, "quantity"), columns.map((c, i) => el("th", { class: "number" }, `${runs[i].name}: ${c.name}`)), el("th", {}, "unit"), el("th", {}, "how, and what it rests on"))),
      el("tbody", {}, names.map((name) => {
        const found = columns.map((c) => c.quantities[name]), one = found.find(Boolean);
        return el("tr", { "data-quantity": name }, el("td", {}, name), found.map((q) => el("td", { class: "number" }, q ? pm(q.value, q.sigma) : "–", q && q.interval68 ? el("div", { class: "quiet" }, `${pm(q.interval68[0])} to ${pm(q.interval68[1])}`) : null)),
          el("td", {}, one.unit === "1" ? "" : one.unit), el("td", { class: "quiet" }, [one.method, one.note, one.envelope && one.envelope !== "inside" ? `${one.envelope} of what was fitted` : "", one.widest && one.widest.length ? `widest: ${one.widest.join(", ")}` : ""].filter(Boolean).join("; ")));
      }))));
  }

  function at(index) {
    state.at = index;
    const t = times[index];
    said.textContent = `${minutes[index].toFixed(1)} min, ${(main.history.temperature_K[index] - 273.15).toFixed(0)} °C` + (step(main, t) ? `: ${step(main, t)}` : "");
    const growth = Object.entries(main.history).filter(([n]) => n.startsWith("growth/")).slice(0, 6);
    values.textContent = growth.map(([n, v]) => `${n.slice(7).replaceAll("_", " ")} ${pm(v[index])}`).join(" · ");
    if (historyPlot) historyPlot.at(minutes[index]);
    let nearest = 0;
    main.samples.forEach((s, i) => { if (s.time_s <= t + 1e-6) nearest = i; });
    if (nearest !== state.sample || !canvas.dataset.drawn) choose(nearest);
  }

  function choose(index) {
    state.sample = index;
    fill(samples, main.samples.map((s, i) => el("button", {
      type: "button", class: i === index ? "main small" : "small", "aria-pressed": String(i === index),
      onclick: () => { slider.value = String(times.findLastIndex((t) => t <= s.time_s + 1e-6)); at(Number(slider.value)); if (state.sample !== i) choose(i); },
    }, s.name)));
    drawNumbers();
    drawSpectra().catch((error) => fill(light, faults(error)));
    drawDot();
  }

  slider.addEventListener("input", () => at(Number(slider.value)));
  drawHistory();
  at(state.at);
  return () => historyPlot && historyPlot.destroy();
}

const over = (y) => { const top = Math.max(...y) || 1; return y.map((v) => v / top); };
const unitOf = (name) => (name === "temperature_K" ? "temperature / °C" : name.startsWith("liquor/") ? `${name.slice(7)} / mmol` : name.replace("growth/", "").replaceAll("_", " "));
const scaled = (name, y) => (name === "temperature_K" ? y.map((v) => v - 273.15) : name.startsWith("liquor/") ? y.map((v) => 1e3 * v) : y);
const step = (run, t) => (run.steps.findLast((s) => s.start_s <= t + 1e-6) || {}).text;

function headline(run) {
  const last = run.summary.samples[run.summary.samples.length - 1];
  const cells = HEADLINE.filter((n) => last && last.quantities[n] && last.quantities[n].value !== null).map((n) => {
    const q = last.quantities[n];
    return el("span", { class: "badge", "data-headline": n }, `${n.replace(/_/g, " ")}: ${pm(q.value, q.sigma)}${q.unit === "1" ? "" : ` ${q.unit}`}${q.interval68 ? ` (${pm(q.interval68[0])} to ${pm(q.interval68[1])})` : ""}${q.envelope && q.envelope !== "inside" ? `, ${q.envelope} of what was fitted` : ""}`);
  });
  return el("div", { class: "row" }, el("strong", {}, `${run.summary.recipe}, ${run.summary.engine}, seed ${run.summary.seed}: at the end`), cells);
}

// Halide ions by depth and time, on one logarithmic scale.
function mapPanel(run) {
  const grids = {};
  for (const name of Object.keys(run.history)) {
    const [, halide, r] = name.match(/^halide\/(\w+)\/at\/([\d.]+)$/) || [];
    if (halide) (grids[halide] ||= []).push([Number(r), run.history[name]]);
  }
  return Object.entries(grids).map(([halide, rows]) => {
    rows.sort((a, b) => b[0] - a[0]);
    const wide = rows[0][1].length, top = Math.max(1e-30, ...rows.map(([, v]) => Math.max(...v)));
    const canvas = el("canvas", { class: "map", width: wide, height: rows.length, role: "img", "aria-label": `${halide} by depth and time` });
    const pen = canvas.getContext("2d"), picture = pen.createImageData(wide, rows.length);
    rows.forEach(([, values], row) => values.forEach((v, column) => {
      const s = Math.max(0, 1 + Math.log10(Math.max(v / top, 1e-4)) / 4);
      picture.data.set([255 * Math.min(1, 1.4 * s), 230 * s * s, 90 + 60 * s - 110 * s * s, 255], 4 * (row * wide + column));
    }));
    pen.putImageData(picture, 0, 0);
    return el("div", { class: "panel" }, el("h3", {}, `${halide} over depth and time`), canvas,
      el("p", { class: "quiet" }, `Upwards: from ${rows[rows.length - 1][0].toFixed(2)} to ${rows[0][0].toFixed(2)} nm from the centre; to the right: the run. Bright is ${top.toPrecision(2)} ions per nm³, dark a ten-thousandth of it.`));
  });
}

// What an instrument would show of this sample, beside measured files of the folder.
function instrumentPanel(run, techniques, sample) {
  const drawn = el("div"), told = el("div");
  const technique = choice("instrument", techniques, "pl");
  const file = el("input", { name: "beside", placeholder: "a measured file, e.g. pl.csv" });
  const go = el("button", { type: "button", onclick: async () => {
    fill(told);
    try {
      const seen = await tell("simulate", { run: run.name, sample: sample(), technique: technique.value });
      if (!seen.curve) throw new Error("this instrument shows an image: its command writes it");
      const lines = [{ name: `simulated, ${sample()}`, x: seen.curve.x, y: over(seen.curve.y) }];
      if (file.value.trim()) {
        const real = await tell("read", { file: file.value.trim(), technique: technique.value });
        lines.push({ name: file.value.trim(), x: real.curve.x, y: over(real.curve.y), points: 3 });
      }
      fill(drawn);
      plot(drawn, { name: `simulated ${technique.value}`, x: `${seen.curve.x_name} / ${seen.curve.x_unit}`, y: "over the largest", series: lines });
      fill(told, scripts(seen.command, seen.python));
    } catch (error) { fill(told, faults(error)); }
  } }, "simulate");
  return el("div", { class: "panel" }, el("h3", {}, "What an instrument would show"), el("div", { class: "row" }, field("instrument", technique), field("beside", file), go), drawn, told);
}

// Runs: time, atoms, spectra, every quantity; two or more side by side; what an instrument would show.

import { address, ask, atoms } from "./api.js";
import { choice, csv, csvButton, el, faults, field, fill, over, pm, saveAs, scripts, tools, wide } from "./dom.js";
import { DotView, coloured } from "./dot.js";
import { halides } from "./halides.js";
import { COLOURS, css, plot } from "./plot.js";
import { simulatedPanel } from "./simulated.js";

const RESTS_MS = 80; // how long the slider stands before a sample is drawn
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
  const moving = halides(main);
  const play = el("button", { type: "button", class: "small", onclick: playing }, "play");
  const picture = `${main.name.replaceAll("/", "-")}-dot`;
  let film = 0, resting = 0;
  const notes = (main.summary.notes || []).map((n) => el("p", { class: "warning" }, n));
  fill(body, lead(main, runs.length > 1), runs.length > 1 ? el("details", {}, el("summary", {}, `What came of the other${runs.length > 2 ? "s" : ""}`), runs.slice(1).map((r) => lead(r, true))) : null, notes.length ? el("details", { open: notes.length < 3 }, el("summary", {}, `What to know of this run (${notes.length})`), notes) : null,
    el("div", { class: "panel" }, wide("time", slider), el("div", { class: "row" }, play, said), samples, values),
    el("div", { class: "columns" }, el("div", {}, dotPanel(), el("div", { class: "panel" }, el("h3", {}, "Radial profile"), profile), moving.panels),
      el("div", {}, el("div", { class: "panel" }, el("h3", {}, "Against time"), history), el("div", { class: "panel" }, el("h3", {}, "Spectra"), light, el("h3", {}, "Decay"), decay), simulatedPanel(main, techniques, () => main.samples[state.sample].name))),
    el("div", { class: "panel late" }, el("h3", {}, "Every quantity"), numbers),
    el("div", { class: "panel" }, el("h3", {}, "The report"), el("iframe", { src: address("run/report", { name: main.name }), title: `report of ${main.name}`, loading: "lazy" })),
    scripts(main.command, main.python));

  const canvas = body.querySelector("canvas.dot");
  const view = new DotView(canvas);
  let current = null, wanted = 0, historyPlot = null;
  const numeric = Object.keys(main.history).filter((n) => n !== "time_s" && !n.includes("/at/"));
  // Shown first is what happens in this run: of the growth, else of the halide, else whatever moves.
  const moves = numeric.filter((n) => main.history[n].some((v) => v !== main.history[n][0]));
  const first = ["growth/shell_layers", "growth/", "halide/", ""].map((start) => moves.find((n) => n.startsWith(start))).find(Boolean) || numeric[0];
  const pickHistory = choice("history", numeric.map((n) => [n, unitOf(n)]), first, drawHistory);
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
        tools(picture, {
          PNG: () => canvas.toBlob((b) => saveAs(`${picture}.png`, b)),
          SVG: () => saveAs(`${picture}.svg`, view.toSvg(), "image/svg+xml"),
          csv: () => current && saveAs(`${picture}.csv`, csv(["x / nm", "y / nm", "z / nm", "kind", "role", "layer", "strain"], table(current)), "text/csv"),
        })));
  }

  async function drawDot() {
    const asked = ++wanted, sample = main.samples[state.sample];
    const told = body.querySelector('[data-role="dot-said"]');
    const by = body.querySelector('[name="colour"]').value, dot = body.querySelector('[name="dot"]').value || "0";
    told.textContent = by === "strain" ? "bringing the atoms to rest…" : "placing the atoms…";
    try {
      const found = await atoms({ name: main.name, sample: sample.name, dot, strain: by === "strain" ? "yes" : "" });
      if (asked !== wanted) return;
      current = found;
      const paint = coloured(found.head, found.columns, by);
      view.show(found.columns, paint.colours);
      legend(paint.legend);
      told.textContent = `${found.head.atoms} atoms of “${sample.name}”` + (found.head.likeness ? ": a likeness of the mean dot, drawn from its layers" : `, dot ${found.head.dot} of ${found.head.dots}`);
      canvas.dataset.drawn = `${sample.name}/${dot}/${by}`;
      drawProfile(found.head);
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

  function drawProfile({ profile: p, kinds }) {
    const colours = Object.fromEntries(kinds.map((k) => [k.name, k.colour]));
    fill(profile);
    plot(profile, { name: "radial profile", x: "distance from the centre / nm", y: "atoms per 0.1 nm", height: 200,
      series: Object.entries(p.counts).map(([kind, counts]) => ({ name: kind, x: p.r_nm, y: counts, colour: colours[kind] })) });
  }

  async function drawSpectra() {
    const mine = state.sample;
    if (!light.childElementCount) fill(light, el("p", { class: "quiet" }, "Reading the spectra…"));
    const sets = await Promise.all(runs.map(async (r) => {
      const sample = r.samples[Math.min(mine, r.samples.length - 1)];
      return { run: r.name, sample: sample.name, ...(sample.spectra.length ? (await ask("run/spectra", { name: r.name, sample: sample.name })).spectra : {}) };
    }));
    if (mine !== state.sample) return;
    fill(light); fill(decay);
    // Of several runs each has its colour, as in the other plots, and its absorption is dashed.
    const look = (i, key) => (sets.length > 1 ? { colour: css(COLOURS[i % COLOURS.length]), dash: key === "absorption" ? [7, 4] : [] } : {});
    const lines = sets.flatMap((s, i) => (s.nm ? ["absorption", "emission"].filter((key) => s[key]).map((key) => ({
      name: `${key}, ${sets.length > 1 ? `${s.run}, ` : ""}${s.sample}`, x: s.nm, y: over(s[key]), ...look(i, key) })) : []));
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
      }))), csvButton(`${main.name.replaceAll("/", "-")} quantities`, ["quantity", "unit", ...columns.flatMap((c, i) => [`${runs[i].name}: ${c.name}`, "sigma", "low 68 %", "high 68 %", "envelope"])],
      () => names.map((name) => [name, (columns.map((c) => c.quantities[name]).find(Boolean) || {}).unit, ...columns.flatMap((c) => { const q = c.quantities[name] || {}; return [q.value, q.sigma, ...(q.interval68 || ["", ""]), q.envelope]; })])));
  }

  function at(index) {
    state.at = index;
    const t = times[index];
    said.textContent = `${minutes[index].toFixed(1)} min, ${(main.history.temperature_K[index] - 273.15).toFixed(0)} °C` + (step(main, t) ? `: ${step(main, t)}` : "");
    const told = moves.filter((n) => /^(growth|halide)\//.test(n)).slice(0, 6);
    values.textContent = told.map((n) => `${unitOf(n)} ${pm(main.history[n][index])}`).join(" · ");
    moving.at(index);
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
    // A hand that passes by waits for none of it: atoms, spectra and numbers follow once the slider rests.
    clearTimeout(resting);
    resting = setTimeout(drawSample, canvas.dataset.drawn ? RESTS_MS : 0);
  }

  // The table of numbers is drawn for itself, while atoms and spectra are on their way.
  function drawSample() {
    drawDot();
    drawSpectra().catch((error) => fill(light, faults(error)));
    resting = setTimeout(drawNumbers);
  }

  function playing() {
    if (film) { clearInterval(film); film = 0; play.textContent = "play"; return; }
    if (state.at >= times.length - 1) { slider.value = "0"; at(0); }
    play.textContent = "stop";
    film = setInterval(() => {
      const next = Math.min(times.length - 1, state.at + Math.max(1, Math.round(times.length / 120)));
      slider.value = String(next);
      at(next);
      if (next === times.length - 1) playing();
    }, 90);
  }

  slider.addEventListener("input", () => at(Number(slider.value)));
  drawHistory();
  moving.drawn();
  at(state.at);
  return () => { clearInterval(film); clearTimeout(resting); moving.destroy(); if (historyPlot) historyPlot.destroy(); };
}

// The atoms as rows: a strain only where it was asked for.
const table = ({ head, columns: c }) => Array.from(c.x, (_, i) => [c.x[i].toFixed(4), c.y[i].toFixed(4), c.z[i].toFixed(4), head.kinds[c.kind[i]].name, head.roles[c.role[i]], c.layer[i], Number.isFinite(c.strain[i]) ? c.strain[i].toPrecision(4) : ""]);
const unitOf = (name) => (name === "temperature_K" ? "temperature / °C" : name.startsWith("liquor/") ? `${name.slice(7)} / mmol` : name.replace(/^(growth|halide)\//, "").replaceAll("_", " ").replaceAll("/", ", "));
const scaled = (name, y) => (name === "temperature_K" ? y.map((v) => v - 273.15) : name.startsWith("liquor/") ? y.map((v) => 1e3 * v) : y);
const step = (run, t) => (run.steps.findLast((s) => s.start_s <= t + 1e-6) || {}).text;

// What came out, in the words of the report; and its table of samples, with intervals and where each stands.
function lead(run, several) {
  const { columns, rows } = run.table, inside = !run.stands || run.stands.startsWith("inside");
  return el("div", {}, el("p", { class: inside ? "lead" : "lead warning", "data-role": "headline" }, several ? el("strong", {}, `${run.name}: `) : null, run.headline),
    el("details", { open: !several }, el("summary", {}, "The samples"), el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", {}, "sample"), ["min", "°C", ...columns].map((c) => el("th", { class: "number" }, c)), el("th", { class: "line" }, "to what was fitted"))),
      el("tbody", {}, rows.map(([name, minutes, degrees, cells, stand]) => el("tr", {}, el("td", {}, name), el("td", { class: "number" }, minutes), el("td", { class: "number" }, degrees),
        cells.map(([value, ends]) => el("td", { class: "number" }, value, ends ? el("div", { class: "quiet" }, ends) : null)), el("td", { class: stand && stand !== "inside" ? "bad" : "" }, stand))))))));
}

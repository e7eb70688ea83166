// Measurements: drop files, see what was understood, drag ranges, read numbers; one set-up for a whole series.

import { ask, start, tell, upload } from "./api.js";
import { choice, csvButton, el, faults, field, fill, notice, pm, saveAs, scripts, working } from "./dom.js";
import { entries } from "./dropped.js";
import { inputs } from "./options.js";
import { plot } from "./plot.js";

// What a dragged range can set: options that hold a range as text, or a start and a stop.
const RANGES = ["window", "mask", "exclude"];
const drags = (options) => {
  const names = options.map((o) => o.name);
  return [...RANGES.filter((n) => names.includes(n)), ...(names.includes("start_ns") && names.includes("stop_ns") ? ["start_ns/stop_ns"] : [])];
};

export async function show(place) {
  const state = { file: null, technique: null, options: null, reading: {}, measuring: {}, ticked: new Set(), running: 0 };
  const list = el("ul", { class: "files" }), result = el("div"), table = el("div"), told = el("div");
  const picker = el("input", { type: "file", multiple: true, name: "upload", "aria-label": "files to measure", onchange: () => take([...picker.files]) });
  const whole = el("input", { type: "file", webkitdirectory: "", name: "upload-folder", "aria-label": "a folder to measure", onchange: () => take([...whole.files]) });
  const drop = el("div", { class: "drop" }, "Drop files or a folder anywhere here, or choose ", field("files", picker), field("or a folder", whole));
  const word = el("input", { type: "search", name: "search", placeholder: "part of a name", "aria-label": "search the files", oninput: () => drawList() });
  let files = [], techniques = [];

  async function refresh() {
    ({ files, techniques } = await ask("files"));
    drawList();
  }

  function drawList() {
    // What an instrument reads stands first.
    const found = files.filter((f) => f.name.toLowerCase().includes(word.value.toLowerCase())).sort((a, b) => Number(!a.technique) - Number(!b.technique));
    fill(list, found.slice(0, 500).map((f) => el("li", { class: f.name === state.file ? "chosen" : "" },
      el("input", { type: "checkbox", checked: state.ticked.has(f.name), disabled: !f.technique, "aria-label": `take ${f.name} into the series`, onchange: (e) => (e.target.checked ? state.ticked.add(f.name) : state.ticked.delete(f.name)) }),
      el("button", { type: "button", title: f.why || f.name, onclick: () => open(f.name) }, f.name), el("span", { class: "badge" }, f.technique || "not read"))));
    if (found.length > 500) list.append(el("li", { class: "quiet" }, `and ${found.length - 500} more: search`));
    if (!files.length) fill(list, el("li", { class: "quiet" }, "No file lies in this folder yet."));
  }

  async function take(dropped) {
    fill(told);
    const kept = [], refused = [];
    for (const one of dropped) {
      const name = one.webkitRelativePath || one.place || one.name;
      if (name.split("/").some((part) => part.startsWith("."))) continue; // what the system hides
      if (dropped.length > 1) fill(told, el("p", { class: "quiet", role: "status" }, `Taking ${kept.length + refused.length + 1} of ${dropped.length}: ${name}`));
      try { kept.push((await upload(name, one)).name); } catch (error) { refused.push(el("p", { class: "fault", role: "alert" }, `${name}: ${error.message}`)); }
    }
    await refresh().catch((error) => refused.push(...faults(error)));
    // The last that some instrument reads, else the last, which then says why not.
    if (kept.length) await open(kept.findLast((n) => files.some((f) => f.name === n && f.technique)) || kept[kept.length - 1]);
    fill(told, refused);
  }

  async function open(name, technique = "") {
    if (technique) state.reading = {};
    state.file = name;
    drawList();
    fill(told);
    fill(result, el("p", { class: "quiet" }, `Reading ${name}…`));
    const mine = ++state.running;
    try {
      // The set-up of the file before holds for the next one of its technique, until it is set back.
      const known = files.find((f) => f.name === name)?.technique;
      if ((technique || known) !== state.technique) { state.reading = {}; state.measuring = {}; }
      delete state.reading.column;
      const seen = await tell("read", { file: name, technique, reading: state.reading });
      if (mine !== state.running) return;
      if (seen.technique !== state.technique) { state.measuring = {}; state.technique = seen.technique; }
      state.options = await ask("options", { technique: seen.technique });
      if (mine !== state.running) return;
      draw(seen);
      await measure();
    } catch (error) {
      if (mine !== state.running) return;
      fill(result, el("h3", {}, name), faults(error), retry(name));
    }
  }

  // A file whose technique nobody knows, or was guessed wrong, is opened as what the reader says.
  function retry(name, chosen = "") {
    return field("read it as", choice("technique", [["", "–"], ...techniques], chosen, (e) => e.target.value && open(name, e.target.value)));
  }

  let grasped, numbers, drawn, scriptsPlace, warned, shown = null;

  function draw(seen) {
    grasped = el("table"); numbers = el("div"); drawn = el("div"); scriptsPlace = el("div"); warned = el("div");
    const ways = drags(state.options.measure);
    const drag = choice("drag", [...ways.map((d) => [d, `sets ${d.replaceAll("_ns", "").replace("/", " and ")}`]), ["", "does nothing"]], ways[0] || "");
    const column = seen.columns.length > 1 && state.options.read.some((o) => o.name === "column")
      ? field("curve", choice("column", seen.columns.map((c, i) => [String(i + 1), c]), "1", async (e) => { state.reading.column = e.target.value; await again(); })) : null;
    fill(result, el("div", { class: "panel" }, el("h3", {}, seen.file),
      el("div", { class: "row" }, retry(seen.file, seen.technique), el("span", { class: "badge" }, seen.guessed ? "recognised by its content" : "as you said"), column, ways.length ? field("a drag on the plot", drag) : null, kept()),
      drawn, warned, numbers,
      el("details", {}, el("summary", {}, "What was understood"), grasped),
      form("reading", state.options.read.filter((o) => o.name !== "column")), form("measuring", state.options.measure), scriptsPlace));
    understood(seen);
    drawn.dataset.drag = ways[0] || "";
    drag.addEventListener("change", () => { drawn.dataset.drag = drag.value; });
  }

  // Says that a set-up is in force which was not made for this file, and takes it back.
  function kept() {
    const set = { ...state.reading, ...state.measuring };
    if (!Object.keys(set).length) return null;
    const told = Object.entries(set).map(([n, v]) => `${n.replaceAll("_", " ")} ${v}`).join(", ");
    return el("span", { class: "badge", "data-role": "set-up" }, `same set-up: ${told} `, el("button", { type: "button", class: "small", onclick: () => { state.reading = {}; state.measuring = {}; open(state.file, state.technique); } }, "set back"));
  }

  function form(which, options) {
    if (!options.length) return null;
    const change = (o, value) => {
      if (value === null) delete state[which][o.name];
      else state[which][o.name] = value;
      (which === "reading" ? again : measure)();
    };
    return el("details", {}, el("summary", {}, which === "reading" ? "How it is read" : "How it is measured"), inputs(options, state[which], change));
  }

  // Read otherwise, a file is understood otherwise.
  async function again() {
    try {
      const seen = await tell("read", { file: state.file, technique: state.technique, reading: state.reading });
      understood(seen);
    } catch { /* measuring says it, too */ }
    await measure();
  }
  function understood(seen) {
    fill(grasped, Object.entries(seen.understood).map(([k, v]) => el("tr", {}, el("td", {}, k), el("td", {}, v))));
  }

  async function measure() {
    const asked = { file: state.file, technique: state.technique, reading: state.reading, measuring: state.measuring };
    const mine = ++state.running;
    state.given?.abort(); // what was asked before is asked no more
    const given = (state.given = new AbortController());
    const stop = working(numbers, "Measuring…", () => given.abort());
    try {
      const found = await tell("measure", asked, given.signal);
      if (mine !== state.running) return; // another file, or another set-up, was asked for meanwhile
      plotted(found);
      fill(warned, found.warnings.map((w) => el("p", { class: "warning" }, w)));
      fill(numbers, quantities(found), csvButton(`${state.file.replaceAll("/", "-")} numbers`, ["quantity", "value", "sigma", "unit", "method", "note"], () => Object.entries(found.quantities).map(([n, q]) => [n, q.value, q.sigma, q.unit, q.method, q.note])), found.csv ? el("button", { class: "small", type: "button", onclick: () => saveAs(`${state.file.replaceAll("/", "-")}-curve.csv`, found.csv, "text/csv") }, "data, fit and residuals as csv") : null);
      fill(scriptsPlace, scripts(found.command, found.python));
    } catch (error) {
      if (mine !== state.running) return;
      // Never a result beside other settings: what was measured before is taken away.
      if (shown) { shown.destroy(); shown = null; }
      fill(drawn); fill(warned); fill(scriptsPlace);
      fill(numbers, given.signal.aborted ? el("p", { class: "quiet", "data-role": "cancelled" }, "Cancelled. ", el("button", { type: "button", class: "small", onclick: measure }, "measure it")) : faults(error));
    } finally { stop(); }
  }

  function plotted(found) {
    if (shown) shown.destroy();
    fill(drawn);
    if (!found.data) { fill(drawn, el("p", { class: "quiet" }, "An image: its numbers are below.")); return; }
    const series = [{ name: "data", x: found.data.x, y: found.data.y, points: found.data.x.length < 120 ? 4 : 0 },
      ...Object.entries(found.lines).filter(([n]) => n !== "residuals").map(([name, l]) => ({ name, x: l.x, y: l.y })),
      ...Object.entries(found.marks).map(([name, l]) => ({ name, x: l.x, y: l.y, points: 9 }))];
    shown = plot(drawn, {
      name: state.file.replaceAll("/", "-"), x: `${found.data.x_name} / ${found.data.x_unit}`, y: found.data.y_name, series, height: 320,
      log: state.options.decades, reverse: state.options.falls, ranges: spans(), onRange: dragged,
    });
    if (found.lines.residuals) plot(drawn, { name: `${state.file.replaceAll("/", "-")} residuals`, x: found.data.x_unit, y: "residuals", height: 140, reverse: state.options.falls, series: [{ name: "residuals", x: found.lines.residuals.x, y: found.lines.residuals.y }] });
  }

  function spans() {
    const texts = RANGES.map((n) => state.measuring[n]).filter((t) => typeof t === "string");
    const found = texts.flatMap((t) => t.split(/[,;]/)).map((t) => t.match(/^\s*(-?[\d.]+)\s*(?:-|to|:)\s*(-?[\d.]+)/)).filter(Boolean).map((m) => [Number(m[1]), Number(m[2])]);
    if (state.measuring.start_ns !== undefined && state.measuring.stop_ns !== undefined) found.push([state.measuring.start_ns, state.measuring.stop_ns]);
    return found;
  }

  async function dragged(low, high) {
    const to = drawn.dataset.drag;
    if (!to) return;
    const step = 10 ** Math.floor(Math.log10(Math.max(high - low, 1e-9)) - 2);
    const round = (v) => Number((Math.round(v / step) * step).toPrecision(6));
    if (to.includes("/")) to.split("/").forEach((name, i) => { state.measuring[name] = round(i ? high : low); });
    else state.measuring[to] = `${round(low)}-${round(high)}`;
    for (const input of result.querySelectorAll("[name^=option-]")) {
      const name = input.name.slice(7);
      if (name in state.measuring && input.type !== "checkbox") input.value = String(state.measuring[name]);
    }
    notice(`${to} set: the numbers follow`);
    await measure();
  }

  async function measureSeries() {
    state.series?.abort();
    const given = (state.series = new AbortController());
    const stop = working(table, `Measuring ${state.ticked.size} files…`, () => given.abort());
    const technique = state.technique || (files.find((f) => state.ticked.has(f.name)) || {}).technique;
    try {
      const found = await tell("series", { technique, names: [...state.ticked].sort(), reading: state.reading, measuring: state.measuring }, given.signal);
      fill(table, seriesTable(found));
    } catch (error) {
      if (state.series === given) fill(table, given.signal.aborted ? el("p", { class: "quiet" }, "The series was cancelled.") : faults(error));
    } finally { stop(); }
  }

  const folder = el("button", { type: "button", onclick: async () => {
    try { await start("measure auto", ".", { output: "measured" }); notice("the folder is being measured: see Jobs"); } catch (error) { fill(told, faults(error)); }
  } }, "Measure the whole folder");
  fill(place, el("h2", {}, "Measure"), el("div", { class: "columns narrow-left" },
    el("div", {}, drop, el("div", { class: "panel" }, word, list, el("div", { class: "row" }, el("button", { type: "button", onclick: measureSeries }, "Measure the ticked as one series"), folder)), told),
    el("div", {}, result, table)));
  for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]])
    place.addEventListener(name, (e) => { e.preventDefault(); drop.classList.toggle("over", over); if (name === "drop") entries(e.dataTransfer).then(take); });
  await refresh();
  fill(result, el("p", { class: "quiet" }, files.length ? "Choose a file." : "Drop a file to begin."));
  return () => { state.running++; state.given?.abort(); state.series?.abort(); if (shown) shown.destroy(); };
}

function quantities(found) {
  const rows = Object.entries(found.quantities);
  let last = "";
  const how = (q) => { // a way that is told already is not told again
    const text = [q.note, q.method === last ? "" : q.method].filter(Boolean).join("; ");
    last = q.method;
    return text;
  };
  return el("div", { class: "scroll" }, el("table", { class: "numbers" }, el("thead", {}, el("tr", {}, ["quantity", "value", "unit", "how"].map((h) => el("th", {}, h)))),
    el("tbody", {}, rows.map(([name, q]) => el("tr", { "data-quantity": name }, el("td", {}, name), el("td", { class: "number", "data-value": q.value }, pm(q.value, q.sigma)),
      el("td", {}, q.unit === "1" ? "" : q.unit), el("td", { class: "quiet" }, how(q)))),
    Object.entries(found.series || {}).map(([name, s]) => el("tr", {}, el("td", {}, name), el("td", { class: "number" }, s.value ? s.value.map((v, i) => pm(v, (s.sigma || [])[i])).join(", ") : ""), el("td", {}, s.unit), el("td", { class: "quiet" }, s.note || ""))))));
}

// One row for each curve; a click on a head sorts by it.
function seriesTable(found) {
  const names = [...new Set(found.results.flatMap((r) => Object.keys(r.quantities)))].filter((n) => found.results.some((r) => (r.quantities[n] || {}).value !== null)).slice(0, 8);
  const rows = found.results.map((r) => [r.column ? `${r.file} [${r.column}]` : r.file, ...names.map((n) => r.quantities[n] || { value: null })]);
  const body = el("tbody");
  const units = names.map((n) => (found.results.find((r) => r.quantities[n]) || { quantities: {} }).quantities[n]?.unit || "");
  let order = 0, up = true;
  const draw = () => {
    const key = (row) => (order ? row[order].value ?? Infinity : row[0]);
    rows.sort((a, b) => (up ? 1 : -1) * (key(a) > key(b) ? 1 : key(a) < key(b) ? -1 : 0));
    fill(body, rows.map(([file, ...cells]) => el("tr", {}, el("td", {}, file), cells.map((q) => el("td", { class: "number" }, pm(q.value, q.sigma))))));
  };
  const head = (text, i) => el("th", { class: i ? "number" : "", "aria-sort": i ? "none" : "ascending" }, el("button", { type: "button", onclick: (e) => {
    up = order === i ? !up : true;
    order = i;
    for (const other of e.target.closest("tr").children) other.setAttribute("aria-sort", "none");
    e.target.closest("th").setAttribute("aria-sort", up ? "ascending" : "descending");
    draw();
  } }, text));
  draw();
  return el("div", { class: "panel" }, el("h3", {}, `The series (${found.results.length} curves, ${found.technique})`),
    el("div", { class: "scroll" }, el("table", { class: "series" }, el("thead", {}, el("tr", {}, head("curve", 0), names.map((n, i) => head(`${n}${units[i] && units[i] !== "1" ? ` / ${units[i]}` : ""}`, i + 1)))), body)),
    found.failed.map((f) => el("p", { class: "fault" }, `${f.file}: ${f.reason}`)),
    csvButton("series", ["file", ...names.flatMap((n) => [n, `${n}_sigma`])], () => rows.map(([f, ...c]) => [f, ...c.flatMap((q) => [q.value, q.sigma])])), scripts(found.command, found.python));
}

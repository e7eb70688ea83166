// Recipes: the text and its form side by side, checked as it is typed, drawn, compared, run.

import { ask, start, tell } from "./api.js";
import { choice, el, faults, field, fill, notice, scripts } from "./dom.js";
import { programme } from "./programme.js";

export async function show(place, asked) {
  const { shipped, own } = await ask("recipes");
  // `paper` is the shipped recipe that the text began with: what it is compared with, also once it is saved.
  const state = { name: "", paper: "", undo: [], redo: [] };
  const text = el("textarea", { name: "recipe", spellcheck: "false", "aria-label": "the recipe as YAML", oninput: () => typed() });
  const lines = el("pre", { "aria-hidden": "true" });
  text.addEventListener("scroll", () => { lines.scrollTop = text.scrollTop; });
  const verdict = el("div", { role: "status", "aria-live": "polite" }, el("p", { class: "quiet", "data-role": "checking" }, "checking…")), drawn = el("div"), form = el("div"), account = el("div"), diff = el("div"), told = el("div"), script = el("div");
  const pick = choice("recipe-name", [["", "– a draft –"], ...own.map((n) => [n, `${n} (yours)`]), ...shipped], "", () => pick.value && open(pick.value));
  const saveName = el("input", { name: "save-as", placeholder: "mine.yaml" });
  const engine = choice("engine", [["kmc", "kmc: every dot on the lattice"], ["meanfield", "mean field"]], "kmc", () => typed(true));
  const dots = el("input", { type: "number", name: "dots", min: 1, placeholder: "100", oninput: () => typed(true) });
  const seed = el("input", { type: "number", name: "seed", min: 0, placeholder: "0", oninput: () => typed(true) });
  const interval = el("input", { type: "checkbox", name: "interval", checked: true, onchange: () => typed(true) });
  const word = (name, placeholder) => el("input", { name, placeholder, oninput: () => typed(true) });
  const over = el("input", { type: "checkbox", name: "overwrite", onchange: () => typed(true) });
  const further = {
    mechanism: word("mechanism", "choi2023, or a file"), parameters: word("parameters", "a file of numbers"),
    hypothesis: choice("hypothesis", [["", "H1 bath loss (usual)"], ["H2", "H2 solubility"], ["H3", "H3 interior traps"]], "", () => typed(true)),
    states: word("states", "radial, atoms, atoms:8"),
    positions: choice("positions", [["", "lattice (usual)"], ["relaxed", "relaxed, with their strain"]], "", () => typed(true)),
    blocks: el("input", { type: "number", name: "blocks", min: 1, placeholder: "1", oninput: () => typed(true) }),
    jobs: el("input", { type: "number", name: "jobs", min: 1, placeholder: "as many as help", oninput: () => typed(true) }),
  };
  const ignore = el("input", { name: "ignore", placeholder: "reagents, apart by ,", oninput: () => typed(true) });
  const output = el("input", { name: "output", placeholder: "run-…", oninput: () => typed(true) });
  const go = el("button", { type: "button", class: "main", disabled: true, onclick: () => run() }, "Run");
  const button = (t, onclick, main) => el("button", { type: "button", class: main ? "main" : "", onclick }, t);

  const draw = programme(drawn, () => text.value, (next) => set(next));

  async function open(name) {
    try {
      const found = await ask("recipe", { name });
      if (text.value) remember();
      state.name = name;
      if (found.shipped) state.paper = name;
      saveName.value = found.shipped ? `${name.split("/").pop()}-mine.yaml` : name;
      output.value = usualFolder();
      pick.value = name;
      savedText = found.text;
      set(found.text, false);
      fill(diff);
      told.replaceChildren();
    } catch (error) { fill(told, faults(error)); }
  }

  // ---- the text, its past and its future
  let savedText = null; // what lies in the file, or is shipped
  const dirty = () => savedText !== null && savedText !== text.value;
  let before = "", wait = 0, running = 0;
  // A step of the past is a whole: the text, and which file it belongs to.
  const now = (content = text.value) => ({ text: content, name: state.name, paper: state.paper, saved: savedText });
  function remember(content = text.value) {
    state.undo.push(now(content));
    if (state.undo.length > 200) state.undo.shift();
    state.redo = [];
  }
  function set(next, keep = true) {
    if (keep) remember();
    text.value = before = next;
    typed(true);
  }
  function back(from, to) {
    if (!from.length) { notice(from === state.undo ? "nothing to undo" : "nothing to redo"); return; }
    to.push(now());
    const step = from.pop();
    Object.assign(state, { name: step.name, paper: step.paper });
    savedText = step.saved;
    pick.value = step.name;
    text.value = before = step.text;
    typed(true);
  }
  const undo = () => back(state.undo, state.redo), redo = () => back(state.redo, state.undo);
  text.addEventListener("keydown", (e) => {
    if (!(e.ctrlKey || e.metaKey)) return;
    const key = e.key.toLowerCase();
    if (key === "z" || key === "y") { e.preventDefault(); (key === "y" || e.shiftKey ? redo : undo)(); }
    else if (key === "s") { e.preventDefault(); guarded(save)(); }
  });
  function typed(same = false) {
    if (!same && text.value !== before) { remember(before); before = text.value; }
    // What was changed is a draft: loading the page again must not open the recipe's own text over it.
    if (dirty() && place.isConnected) history.replaceState(null, "", "#/recipe");
    clearTimeout(wait);
    checking();
    wait = setTimeout(check, 250);
  }
  // Until the text as it stands is checked, nothing is said of it, and nothing runs.
  function checking() {
    running++; // an answer that is on its way is of an older text
    go.disabled = true;
    go.title = "the text is being checked";
    verdict.querySelector("[data-role]")?.replaceWith(el("p", { class: "quiet", "data-role": "checking" }, "checking…"));
    for (const one of verdict.querySelectorAll(".fault, .warning")) one.classList.add("stale");
  }
  // The draft lies in the folder, so that another page and another day find it.
  let drafted = "";
  async function keep() {
    const draft = JSON.stringify([state.name, state.paper, text.value]);
    if (draft === drafted) return;
    drafted = draft;
    await tell("recipe/draft", { name: state.name, paper: state.paper, text: text.value });
  }

  async function check() {
    const mine = ++running;
    const given = { text: text.value, engine: engine.value };
    if (Number(dots.value) > 0) given.dots = Number(dots.value);
    if (ignored().length) given.ignore = ignored();
    try {
      keep().catch((error) => fill(told, faults(error)));
      const found = await tell("recipe/check", given);
      if (mine !== running) return;
      go.disabled = !found.good;
      go.title = found.good ? "" : "mend the faults first";
      numbered(new Set(found.faults.map((f) => f.line)));
      fill(verdict, found.good ? el("p", { class: "good", "data-role": "verdict" }, `✓ ${found.title}: good`) : el("p", { class: "bad", "data-role": "verdict" }, `${found.faults.length} fault${found.faults.length > 1 ? "s" : ""}`),
        found.faults.map((f) => el("p", { class: "fault" }, f.text)), (found.warnings || []).map((f) => el("p", { class: "warning" }, f.text)));
      if (found.good) { draw(found); summary(found); }
      drawForm();
      await command();
    } catch (error) {
      if (mine === running) fill(verdict, el("p", { class: "bad", "data-role": "verdict" }, "not checked"), faults(error), button("check again", check));
    }
  }

  async function command() {
    const subject = runnable();
    if (!subject) { fill(script, el("p", { class: "quiet" }, "Save the draft to have it as a command.")); return; }
    try {
      const found = await tell("run/command", { recipe: subject, options: options() });
      fill(script, scripts(found.command, found.python));
    } catch (error) { fill(script, faults(error)); }
  }

  function numbered(bad) {
    const count = text.value.split("\n").length;
    fill(lines, Array.from({ length: count }, (_, i) => [el("span", { class: bad.has(i + 1) ? "bad" : "" }, bad.has(i + 1) ? `● ${i + 1}` : `${i + 1}`), "\n"]));
  }

  // ---- the form: every number with a unit that stands in the text, in its place
  function drawForm() {
    const rows = [];
    text.value.split("\n").forEach((line, i) => {
      if (/^\s*#/.test(line)) return;
      for (const m of line.matchAll(/([A-Za-z_][\w ]*):\s*"?(-?\d+(?:\.\d+)?)\s*(°C\/min|mL\/h|mL\/min|°C|nmol|mmol|µmol|umol|mol|mL|nm|min|s|h|%)(?![\w/])/g)) {
        const start = m.index + m[0].indexOf(m[2], m[0].indexOf(":"));
        rows.push(field(`${m[1].trim()} / ${m[3]} (line ${i + 1})`, el("input", {
          type: "number", step: "any", value: m[2], name: `line-${i + 1}-${m[1].trim()}`,
          onchange: (e) => { if (e.target.value === "") return; const all = text.value.split("\n"); all[i] = all[i].slice(0, start) + e.target.value + all[i].slice(start + m[2].length); set(all.join("\n")); },
        })));
      }
    });
    const focus = document.activeElement && form.contains(document.activeElement) ? document.activeElement.name : null;
    fill(form, el("details", { open: form.querySelector("details")?.open ?? false }, el("summary", {}, `The numbers as a form (${rows.length})`), el("div", { class: "row" }, rows)));
    if (focus) form.querySelector(`[name="${CSS.escape(focus)}"]`)?.focus();
  }

  function summary(found) {
    const n = found.needs;
    fill(account, el("table", {}, found.reagents.map((r) => el("tr", { title: r.why }, el("td", {}, r.name), el("td", { class: r.status === "unknown" || r.status === "ignored" ? "bad" : "" }, r.status), el("td", { class: "quiet" }, r.why)))),
      el("p", {}, `About ${Math.max(1, Math.round(n.cpu_s))} s of processor time, ${Math.round(n.memory_MB)} MB of memory, ${Math.round(n.disk_MB)} MB on disk, ${n.processes} process${n.processes > 1 ? "es" : ""}.`),
      el("details", { open: true }, el("summary", {}, "Doses"), el("pre", {}, found.account_text)),
      found.assumptions.length ? el("details", {}, el("summary", {}, `Assumed (${found.assumptions.length})`), el("ul", {}, found.assumptions.map((a) => el("li", {}, a)))) : null);
  }

  // ---- what can be done with it
  const usualFolder = () => `run-${(state.name || "draft").replace(/\.ya?ml$/, "").replaceAll("/", "-")}`;
  const runnable = () => (state.name && !dirty() ? state.name : null);
  const ignored = () => ignore.value.split(",").map((n) => n.trim()).filter(Boolean);
  const options = () => {
    const out = { output: output.value.trim() || usualFolder(), engine: engine.value };
    if (!interval.checked) out.no_interval = true;
    if (over.checked) out.overwrite = true;
    for (const [name, one] of Object.entries(further)) if (one.value.trim()) out[name] = one.type === "number" ? Number(one.value) : one.value.trim();
    if (ignored().length) out.ignore = ignored();
    if (dots.value) out.dots = Number(dots.value);
    if (seed.value) out.seed = Number(seed.value);
    return out;
  };
  async function save() {
    const name = saveName.value.trim() || "mine.yaml";
    const found = await tell("recipe/save", { name, text: text.value });
    if (![...pick.options].some((o) => o.value === found.name)) pick.append(el("option", { value: found.name }, `${found.name} (yours)`));
    state.name = found.name;
    pick.value = found.name;
    savedText = text.value;
    notice(`saved as ${found.name}`);
    await command();
    return found.name;
  }
  async function run() {
    fill(told);
    try {
      const subject = dirty() || !state.name ? await save() : state.name;
      await start("run", subject, options());
      notice("the run has begun: see Jobs");
      location.hash = "#/jobs";
    } catch (error) { fill(told, faults(error)); }
  }
  async function compare(name) {
    const against = name || state.paper || state.name;
    const which = choice("against", [...new Set([state.paper, state.name, ...shipped, ...own].filter(Boolean))], against, () => compare(which.value));
    try {
      const found = await tell("recipe/diff", { name: against || shipped[0], text: text.value });
      fill(diff, el("h3", {}, "Changes"), field("against", which), found.lines.length ? el("pre", { class: "diff" }, found.lines.map((l) => el("span", { class: l.startsWith("+") ? "plus" : l.startsWith("-") ? "minus" : "" }, `${l}\n`))) : el("p", { class: "quiet" }, "None."));
    } catch (error) { fill(diff, field("against", which), faults(error)); }
  }
  const guarded = (work) => async () => { fill(told); try { await work(); } catch (error) { fill(told, faults(error)); } };

  fill(place, el("h2", {}, "Recipe"), el("div", { class: "row" }, field("recipe", pick), button("undo", undo), button("redo", redo), button("changes", () => compare()), field("save as", saveName), button("save", guarded(save))),
    el("div", { class: "columns" }, el("div", {}, el("div", { class: "editor" }, lines, text), verdict, form, diff),
      el("div", {}, el("div", { class: "panel" }, el("h3", {}, "Temperature programme"), drawn), el("div", { class: "panel" }, el("h3", {}, "Run it"),
        el("div", { class: "row" }, field("engine", engine), field("dots", dots), field("seed", seed), field("may do nothing", ignore), field("into", output), field("intervals", interval, true), go),
        el("details", {}, el("summary", {}, "More that a run may be told"), el("div", { class: "row" }, Object.entries(further).map(([name, one]) => field(name, one)), field("write over what lies there", over, true))), account, told, script))));
  const wanted = asked.get("name"), kept = wanted ? {} : await ask("recipe/draft");
  if (!kept.text) await open(wanted || shipped.find((n) => n.endsWith("inp-znse")) || shipped[0]);
  else {
    Object.assign(state, { name: kept.name, paper: kept.paper });
    pick.value = kept.name;
    output.value = usualFolder();
    if (kept.name) savedText = (await ask("recipe", { name: kept.name }).catch(() => ({ text: "" }))).text;
    saveName.value = shipped.includes(kept.name) ? `${kept.name.split("/").pop()}-mine.yaml` : kept.name || "mine.yaml";
    set(kept.text, false);
  }
  const leave = () => { clearTimeout(wait); keep().catch(() => {}); };
  window.addEventListener("pagehide", leave);
  return () => { window.removeEventListener("pagehide", leave); leave(); };
}

// Options as an instrument declares them, as inputs of the page: the same names, units and ranges as of the command.

import { choice, el, field } from "./dom.js";

// given: {name: value} of those that are set; change(option, value) with null where it is the usual again.
export function inputs(options, given, change) {
  const put = (o, value) => change(o, value === "" || value === o.default ? null : value);
  return el("div", { class: "row" }, options.map((o) => {
    const unit = o.unit && o.unit !== "1" && !o.name.endsWith(`_${o.unit}`) ? ` / ${o.unit}` : "";
    const one = field(o.name.replaceAll("_", " ") + unit, input(o, given[o.name], (value) => put(o, value)));
    one.title = o.description;
    return one;
  }));
}

function input(o, now, put) {
  const name = `option-${o.name}`;
  if (o.kind === "flag") return el("input", { type: "checkbox", name, checked: now ?? o.default ?? false, onchange: (e) => put(e.target.checked) });
  if (o.kind === "choice") return choice(name, [["", o.default ? `${o.default} (usual)` : "–"], ...o.choices.filter((c) => c !== o.default)], now ?? "", (e) => put(e.target.value));
  if (o.kind === "number" || o.kind === "integer") return el("input", {
    type: "number", step: o.kind === "integer" ? "1" : "any", name, min: o.low, max: o.high, placeholder: o.default ?? "",
    value: now === undefined ? "" : String(now), onchange: (e) => put(e.target.value === "" ? "" : Number(e.target.value)),
  });
  if (o.kind === "standard") {
    const what = choice(name, [["", "–"], ...o.choices], (now || [])[0] ?? "", () => both());
    const file = el("input", { name: `${name}-file`, placeholder: "its file", "aria-label": `file of ${o.name.replaceAll("_", " ")}`, value: (now || [])[1] ?? "", onchange: () => both() });
    const both = () => put(what.value && file.value ? [what.value, file.value] : "");
    return el("span", { class: "row" }, what, file);
  }
  if (o.kind === "texts") return el("input", { name, placeholder: "several: apart by ;", value: (now || []).join("; "), onchange: (e) => put(e.target.value ? e.target.value.split(";").map((t) => t.trim()) : "") });
  return el("input", { name, placeholder: o.kind === "file" ? "a file of the folder" : o.default ?? "", value: now ?? "", onchange: (e) => put(e.target.value.trim()) });
}

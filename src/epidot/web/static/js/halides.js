// Halide ions over depth and time: a map of the whole run, and the profile at the moment that is looked at.

import { el, fill } from "./dom.js";
import { plot } from "./plot.js";

// One panel for each halide of the run, and `at(index)`, which moves all of them to a moment.
export function halides(run) {
  const grids = {};
  for (const name of Object.keys(run.history)) {
    const [, halide, r] = name.match(/^halide\/(\w+)\/at\/([\d.]+)$/) || [];
    if (halide) (grids[halide] ||= []).push([Number(r), run.history[name]]);
  }
  const found = Object.entries(grids).map(([halide, rows]) => one(run, halide, rows.sort((a, b) => b[0] - a[0])));
  return { panels: found.map((f) => f.panel), drawn: () => found.forEach((f) => f.drawn()), at: (index) => found.forEach((f) => f.at(index)), destroy: () => found.forEach((f) => f.destroy()) };
}

function one(run, halide, rows) {
  const wide = rows[0][1].length, top = Math.max(1e-30, ...rows.map(([, v]) => Math.max(...v)));
  const canvas = el("canvas", { class: "map", width: wide, height: rows.length, role: "img", "aria-label": `${halide} by depth and time` });
  const mark = el("div", { class: "mark" }), profile = el("div");
  const name = `${run.name.replaceAll("/", "-")} ${halide}`;
  const pen = canvas.getContext("2d"), picture = pen.createImageData(wide, rows.length);
  rows.forEach(([, values], row) => values.forEach((v, column) => {
    const s = Math.max(0, 1 + Math.log10(Math.max(v / top, 1e-4)) / 4);
    picture.data.set([255 * Math.min(1, 1.4 * s), 230 * s * s, 90 + 60 * s - 110 * s * s, 255], 4 * (row * wide + column));
  }));
  pen.putImageData(picture, 0, 0);
  const radii = rows.map(([r]) => r).reverse(), moments = run.history.time_s;
  const profileAt = (index) => rows.map(([, v]) => v[index]).reverse();
  let shown = null;
  return {
    panel: el("div", { class: "panel", "data-halide": halide }, el("h3", {}, `${halide} over depth and time`), el("div", { class: "marked" }, canvas, mark),
      el("p", { class: "quiet" }, `Upwards: from ${radii[0].toFixed(2)} to ${radii[radii.length - 1].toFixed(2)} nm from the centre; to the right: the run. Bright is ${top.toPrecision(2)} ions per nm³, dark a ten-thousandth of it. The line is the moment of the time slider, and the profile below belongs to it.`), profile),
    // A plot knows its width once it stands on the page.
    drawn() {
      fill(profile);
      shown = plot(profile, { name, x: "distance from the centre / nm", y: `${halide} per nm³`, height: 180, top: top, series: [{ name: halide, x: radii, y: profileAt(wide - 1) }],
        table: () => ({ heads: ["time / s", ...radii.map((r) => `${halide} per nm3 at ${r} nm`)], rows: moments.map((t, i) => [t, ...profileAt(i)]) }) });
    },
    at(index) {
      mark.style.left = `${(100 * (index + 0.5)) / wide}%`;
      if (shown) shown.values([radii, profileAt(index)]);
    },
    destroy() { if (shown) shown.destroy(); },
  };
}

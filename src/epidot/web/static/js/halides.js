// Halide ions over depth and time: a map of the whole run, and the profile at the moment that is looked at.

import { csv, el, escaped, fill, rasterised, saveAs, tools } from "./dom.js";
import { plot } from "./plot.js";

const ACROSS = 480; // columns of the map
const DECADES = 4; // from the brightest to the darkest

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

// The colour of `share` of the most.
function colour(share) {
  const s = Math.max(0, 1 + Math.log10(Math.max(share, 10 ** -DECADES)) / DECADES);
  return [255 * Math.min(1, 1.4 * s), 230 * s * s, 90 + 60 * s - 110 * s * s, 255];
}

function one(run, halide, rows) {
  const moments = run.history.time_s, last = moments.length - 1, spent = moments[last] - moments[0] || 1;
  const top = Math.max(1e-30, ...rows.map(([, v]) => Math.max(...v)));
  const canvas = el("canvas", { class: "map", width: ACROSS, height: rows.length, role: "img", "aria-label": `${halide} by depth and time` });
  const mark = el("div", { class: "mark" }), profile = el("div");
  const name = `${run.name.replaceAll("/", "-")} ${halide}`;
  const pen = canvas.getContext("2d"), picture = pen.createImageData(ACROSS, rows.length);
  // Columns stand at equal times, though the moments of a history do not: each shows the last moment before it.
  for (let column = 0, index = 0; column < ACROSS; column++) {
    while (index < last && moments[index + 1] <= moments[0] + ((column + 0.5) / ACROSS) * spent) index++;
    rows.forEach(([, values], row) => picture.data.set(colour(values[index] / top), 4 * (row * ACROSS + column)));
  }
  pen.putImageData(picture, 0, 0);
  const radii = rows.map(([r]) => r).reverse();
  const profileAt = (index) => rows.map(([, v]) => v[index]).reverse();
  const table = () => ({ heads: ["time / s", ...radii.map((r) => `${halide} per nm3 at ${r} nm`)], rows: moments.map((t, i) => [t, ...profileAt(i)]) });
  const minutes = [0, 1, 2, 3, 4].map((i) => ((moments[0] + (i / 4) * spent) / 60).toFixed(0));
  const drawing = () => mapSvg(canvas.toDataURL(), `${halide} per nm³`, minutes, [radii[0], radii[radii.length - 1]], top);
  let shown = null;
  return {
    panel: el("div", { class: "panel", "data-halide": halide }, el("h3", {}, `${halide} over depth and time`), el("div", { class: "marked" }, canvas, mark),
      el("div", { class: "ticks", "aria-hidden": "true" }, minutes.map((m, i) => el("span", {}, i === 4 ? `${m} min` : m))),
      tools(`${name} map`, {
        PNG: () => rasterised(`${name} map`, drawing(), 640, 400),
        SVG: () => saveAs(`${name} map.svg`, drawing(), "image/svg+xml"),
        csv: () => saveAs(`${name} map.csv`, csv(table().heads, table().rows), "text/csv"),
      }),
      el("p", { class: "quiet" }, `Upwards: from ${radii[0].toFixed(2)} to ${radii[radii.length - 1].toFixed(2)} nm from the centre; to the right: the time of the run. Bright is ${top.toPrecision(2)} ions per nm³, dark a ten-thousandth of it. The line is the moment of the time slider, and the profile below belongs to it.`), profile),
    // A plot knows its width once it stands on the page.
    drawn() {
      fill(profile);
      shown = plot(profile, { name, x: "distance from the centre / nm", y: `${halide} per nm³`, height: 180, top: top, series: [{ name: halide, x: radii, y: profileAt(last) }], table });
    },
    at(index) {
      mark.style.left = `${(100 * (moments[index] - moments[0])) / spent}%`;
      if (shown) shown.values([radii, profileAt(index)]);
    },
    destroy() { if (shown) shown.destroy(); },
  };
}

// The map with its axes and what its colours mean, for a page of its own.
function mapSvg(image, title, minutes, [low, high], top) {
  const [w, h, l, r, t, b] = [640, 400, 60, 110, 20, 50], wide = w - l - r, tall = h - t - b;
  const parts = [`<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="sans-serif" font-size="13"><rect width="${w}" height="${h}" fill="#fff"/>`,
    `<image href="${image}" x="${l}" y="${t}" width="${wide}" height="${tall}" preserveAspectRatio="none" style="image-rendering:pixelated"/>`];
  minutes.forEach((m, i) => parts.push(`<text x="${l + (wide * i) / 4}" y="${h - b + 18}" text-anchor="middle">${m}</text>`));
  for (let i = 0; i <= 4; i++) parts.push(`<text x="${l - 6}" y="${h - b - (tall * i) / 4 + 4}" text-anchor="end">${(low + ((high - low) * i) / 4).toFixed(1)}</text>`);
  for (let i = 0; i < tall; i++) parts.push(`<rect x="${w - r + 14}" y="${t + i}" width="14" height="1.5" fill="rgb(${colour(10 ** ((-DECADES * i) / tall)).slice(0, 3).map(Math.round).join(",")})"/>`);
  for (let i = 0; i <= DECADES; i++) parts.push(`<text x="${w - r + 33}" y="${t + (tall * i) / DECADES + 4}">${(top * 10 ** -i).toExponential(1)}</text>`);
  parts.push(`<text x="${l + wide / 2}" y="${h - 10}" text-anchor="middle">time / min</text>`, `<text x="${w - 8}" y="14" text-anchor="end">${escaped(title)}</text>`,
    `<text transform="translate(16 ${t + tall / 2}) rotate(-90)" text-anchor="middle">distance from the centre / nm</text></svg>`);
  return parts.join("");
}

// Curves on the page: uPlot draws, the reader drags a range, and what is seen can be taken away.

import { csv, el, escaped, saveAs, tools } from "./dom.js";

export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const COLOURS = ["--blue", "--orange", "--green", "--pink", "--yellow", "--sky"];
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]]; // once the colours are used up

// A colour that is nearly that of the ground is drawn as the text is: black on dark, white on light.
function visible(colour) {
  const light = (text) => { const [r, g, b] = [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16)); return (0.3 * r + 0.59 * g + 0.11 * b) / 255; };
  return /^#[0-9a-f]{6}$/i.test(colour) && Math.abs(light(colour) - light(css("--ground"))) < 0.12 ? css("--ink") : colour;
}

// series: [{name, x, y, points?, dash?, colour?}]; ranges: [[low, high], ...] shaded; onRange(low, high) on a drag.
export function plot(place, { series, x, y, log = false, reverse = false, height = 260, name = "plot", ranges = [], onRange = null, at = null, onHover = null, top: roof = null, table = null }) {
  const shown = series.filter((s) => s.x.length);
  // On a logarithmic axis the first curve, the data, says how far down to look.
  const top = log ? Math.max(...shown.flatMap((s) => s.y.filter(Number.isFinite))) : 0;
  const floor = log ? Math.max(Math.min(...shown[0].y.filter((v) => v > 0)) / 2, top * 1e-7) : -Infinity;
  const data = joined(shown, floor);
  const axis = (label) => ({
    label, stroke: css("--ink"), grid: { stroke: css("--edge"), width: 1 }, ticks: { stroke: css("--edge") },
    labelFont: "13px system-ui", font: "12px system-ui",
  });
  let spans = ranges;
  let cursor = at;
  const shade = (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.fillStyle = css("--mark");
    for (const [low, high] of spans) {
      const ends = [u.valToPos(low, "x", true), u.valToPos(high, "x", true)].sort((a, b) => a - b);
      const left = Math.max(ends[0], bbox.left), right = Math.min(ends[1], bbox.left + bbox.width);
      if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
    if (cursor !== null) {
      ctx.fillStyle = css("--orange");
      ctx.fillRect(u.valToPos(cursor, "x", true) - 1, bbox.top, 2, bbox.height);
    }
    ctx.restore();
  };
  const box = el("div", { class: "plot", role: "img", "aria-label": `${y} against ${x}: ${shown.map((s) => s.name).join(", ")}` });
  const canvas = el("div");
  const options = {
    width: Math.max(260, place.clientWidth || 480), height,
    scales: { x: { time: false, dir: reverse ? -1 : 1 }, y: log ? { distr: 3, range: [floor, top * 1.5] } : roof ? { range: [0, roof] } : {} },
    axes: [axis(x), { ...axis(y), size: 64, ...(log ? { grid: { show: false }, ticks: { show: false }, values: (_, splits) => splits.map((v) => (v === null ? null : decade(v))) } : {}) }],
    series: [{ label: x, value: (_, v) => (v === null ? "–" : short(v)) },
      ...shown.map((s, i) => ({
        label: s.name, stroke: s.colour ? visible(s.colour) : css(COLOURS[i % COLOURS.length]), width: s.points ? 0 : 1.6, dash: s.dash || DASHES[Math.floor(i / COLOURS.length) % DASHES.length],
        points: { show: Boolean(s.points), size: s.points || 4 }, spanGaps: true,
        value: (_, v) => (v === null || v === undefined ? "–" : short(v)),
      }))],
    cursor: { drag: { x: Boolean(onRange), y: false, setScale: false } },
    legend: { live: true },
    hooks: {
      drawClear: [shade],
      setSelect: onRange ? [(u) => {
        if (u.select.width < 3) return;
        const ends = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")].sort((a, b) => a - b);
        u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        onRange(ends[0], ends[1]);
      }] : [],
      setCursor: onHover ? [(u) => u.cursor.idx !== null && onHover(u.data[0][u.cursor.idx])] : [],
    },
  };
  const ways = {
    PNG: () => png(drawn, name),
    SVG: () => saveAs(`${name}.svg`, toSvg(shown, x, y, log, reverse), "image/svg+xml"),
    csv: () => saveAs(`${name}.csv`, table ? csv(table().heads, table().rows) : toCsv(shown, x), "text/csv"),
  };
  place.append(box);
  box.append(canvas, tools(name, ways));
  const drawn = new window.uPlot(options, data, canvas);
  const watch = new ResizeObserver(() => {
    const width = Math.max(260, box.clientWidth);
    if (Math.abs(width - drawn.width) > 2) drawn.setSize({ width, height });
  });
  watch.observe(box);
  return {
    ranges(next) { spans = next; drawn.redraw(false); },
    at(value) { cursor = value; drawn.redraw(false); },
    values(next) { drawn.setData(next); }, // the axes too: without that nothing is drawn
    drawn,
    destroy() { watch.disconnect(); drawn.destroy(); box.remove(); },
  };
}

function joined(series, floor) {
  const clean = (s) => {
    const order = s.x.length > 1 && s.x[0] > s.x[s.x.length - 1];
    const xs = order ? [...s.x].reverse() : [...s.x], ys = order ? [...s.y].reverse() : [...s.y];
    return [xs, ys.map((v) => (v === null || !Number.isFinite(v) || v < floor ? null : v))];
  };
  if (!series.length) return [[]];
  return series.length === 1 ? clean(series[0]) : window.uPlot.join(series.map(clean));
}

export const short = (v) => (v === 0 ? "0" : Math.abs(v) >= 1e5 || Math.abs(v) < 1e-3 ? v.toExponential(3) : Number(v.toPrecision(5)).toString());

const decade = (v) => (v >= 1e-3 && v <= 1e4 ? String(Number(v.toPrecision(3))) : v.toExponential(0));

function png(drawn, name) {
  const from = drawn.ctx.canvas;
  const page = el("canvas", { width: from.width, height: from.height });
  const pen = page.getContext("2d");
  pen.fillStyle = css("--ground");
  pen.fillRect(0, 0, page.width, page.height);
  pen.drawImage(from, 0, 0);
  page.toBlob((content) => saveAs(`${name}.png`, content));
}

function toCsv(series, x) {
  const rows = Math.max(0, ...series.map((s) => s.x.length));
  return csv(series.flatMap((s) => [x, s.name]), Array.from({ length: rows }, (_, i) => series.flatMap((s) => [s.x[i], s.y[i]])));
}

function toSvg(series, x, y, log, reverse) {
  const [w, h, l, b, t] = [640, 400, 70, 50, 20];
  const finite = (v) => v !== null && Number.isFinite(v) && (!log || v > 0);
  const xs = series.flatMap((s) => [...s.x]), ys = series.flatMap((s) => [...s.y].filter(finite)).map((v) => (log ? Math.log10(v) : v));
  const span = (v) => v.reduce(([a, c], q) => [Math.min(a, q), Math.max(c, q)], [Infinity, -Infinity]);
  const [x0, x1] = span(xs), [y0, y1] = span(ys);
  const px = (v) => { const s = (v - x0) / (x1 - x0 || 1); return l + (reverse ? 1 - s : s) * (w - l - 15); };
  const py = (v) => h - b - (((log ? Math.log10(v) : v) - y0) / (y1 - y0 || 1)) * (h - b - t);
  const parts = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" font-family="sans-serif" font-size="13">`,
    `<rect width="${w}" height="${h}" fill="#fff"/><path d="M${l} ${t}V${h - b}H${w - 15}" fill="none" stroke="#444"/>`];
  for (let i = 0; i <= 4; i++) {
    const vx = x0 + ((x1 - x0) * i) / 4, vy = y0 + ((y1 - y0) * i) / 4;
    parts.push(`<text x="${px(vx)}" y="${h - b + 18}" text-anchor="middle">${short(vx)}</text>`);
    parts.push(`<text x="${l - 6}" y="${py(log ? 10 ** vy : vy) + 4}" text-anchor="end">${short(log ? 10 ** vy : vy)}</text>`);
  }
  parts.push(`<text x="${(l + w) / 2}" y="${h - 8}" text-anchor="middle">${escaped(x)}</text>`,
    `<text transform="translate(16 ${(h - b + t) / 2}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`);
  const colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
  series.forEach((s, i) => {
    const points = [...s.x].map((v, k) => [v, s.y[k]]).filter(([, v]) => finite(v));
    parts.push(`<polyline fill="none" stroke="${colours[i % 6]}" stroke-width="1.5" points="${points.map(([a, c]) => `${px(a).toFixed(2)},${py(c).toFixed(2)}`).join(" ")}"/>`,
      `<text x="${w - 20}" y="${t + 16 * (i + 1)}" text-anchor="end" fill="${colours[i % 6]}">${escaped(s.name)}</text>`);
  });
  return parts.join("") + "</svg>";
}

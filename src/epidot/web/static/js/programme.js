// The temperature programme, drawn from a checked recipe: its rings are dragged to change temperatures and times.

import { el, fill, svg } from "./dom.js";

const [H, LEFT, BELOW, ABOVE, RIGHT] = [260, 46, 34, 20, 12];
const HOTTEST = 400; // °C, as far as a ring goes
const DEGREES = /(-?\d+(?:\.\d+)?)(\s*°C)(?!\/)/;
const TIME = /(?<![\d./])(\d+(?:\.\d+)?)(\s*(min|h|s))(?![\w/])/g;
const MINUTES = { s: 1 / 60, min: 1, h: 60 };

// text(): the recipe as it stands; set(next): put another in its place.
export function programme(place, text, set) {
  let held = false, later = null, W = 720, drawn = null;
  // As wide as its place, so that its words are as large as those around it.
  const watch = new ResizeObserver(() => { if (drawn && Math.abs(wide() - W) > 10) draw(drawn); });
  watch.observe(place);
  const wide = () => Math.max(280, place.clientWidth || 720);

  function draw(found) {
    if (held) { later = found; return; } // a ring that is held is not taken out of the hand
    const { minutes, celsius } = found.programme;
    drawn = found;
    W = wide();
    const last = Math.max(1, ...minutes, ...found.events.map((e) => e.end_min)), top = Math.max(60, ...celsius) * 1.12, low = Math.min(0, ...celsius);
    const px = (m) => LEFT + (m / last) * (W - LEFT - RIGHT), py = (c) => H - BELOW - ((c - low) / (top - low)) * (H - BELOW - ABOVE);
    const heldAt = (m) => celsius[minutes.findLastIndex((one) => one <= m + 1e-9)] ?? 20;
    const picture = svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "programme", role: "group", "aria-label": `temperature programme of ${last.toFixed(0)} minutes, up to ${Math.max(...celsius).toFixed(0)} °C` });
    for (let c = 0; c <= top; c += 100) picture.append(svg("path", { class: "grid", d: `M${LEFT} ${py(c)}H${W - RIGHT}` }), svg("text", { x: LEFT - 6, y: py(c) + 4, "text-anchor": "end" }, c ? `${c}` : "0 °C"));
    for (let i = 0; i <= 4; i++) picture.append(svg("text", { x: px((last * i) / 4), y: H - 12, "text-anchor": i === 4 ? "end" : "middle" }, `${((last * i) / 4).toFixed(0)}${i === 4 ? " min" : ""}`));
    picture.append(svg("path", { class: "line", d: minutes.map((m, i) => `${i ? "L" : "M"}${px(m).toFixed(1)} ${py(celsius[i]).toFixed(1)}`).join("") }));
    const focused = place.contains(document.activeElement) ? document.activeElement.dataset?.ring : null;
    const rings = [];
    for (const e of found.events) {
      if (e.text.startsWith("add ")) {
        const x = px(e.start_min);
        picture.append(svg("path", { class: "grid", d: `M${x} ${ABOVE}V${H - BELOW}`, "stroke-dasharray": "3 3" }, svg("title", {}, `${e.start_min.toFixed(0)} min: ${e.text}`)));
      }
      const lasts = e.end_min - e.start_min;
      if (lasts <= 0) continue;
      const at = heldAt(e.end_min), degrees = lineOf(e.line, (line) => temperature(line, at)), time = lineOf(e.line, (line) => duration(line, lasts));
      if (degrees !== null || time !== null) rings.push(ring(e, { at, lasts, degrees, time, x: px(e.end_min), y: py(at), name: `${e.line}/${rings.filter((r) => r.dataset.line === String(e.line)).length}`, picture, top, low, last }));
    }
    picture.append(...rings);
    for (const e of found.events.filter((x) => /sample/.test(x.text) && x.end_min === x.start_min)) picture.append(svg("circle", { class: "sample", cx: px(e.start_min), cy: py(heldAt(e.start_min)) - 13, r: 4 }, svg("title", {}, e.text)));
    const steps = place.querySelector("details")?.open ?? false;
    fill(place, picture, el("p", { class: "quiet" }, "Drag a ring up or down to change a temperature, to the sides to change a time, or use the arrow keys on it. Dotted: additions. Blue, above the line: samples."),
      el("details", { open: steps }, el("summary", {}, "Step by step"), el("div", { class: "scroll" }, el("table", {}, found.events.map((e) => el("tr", {}, el("td", { class: "number" }, `${e.start_min.toFixed(1)} min`), el("td", {}, e.text), el("td", { class: "quiet line" }, `line ${e.line}`)))))));
    if (focused) place.querySelector(`[data-ring="${focused}"]`)?.focus();
  }

  function ring(e, { at, lasts, degrees, time, x, y, name, picture, top, low, last }) {
    const both = degrees !== null && time !== null;
    const knob = svg("circle", {
      cx: x, cy: y, r: 6, tabindex: 0, role: "slider", "data-ring": name, "data-line": e.line, class: both ? "both" : time !== null ? "sideways" : "upright",
      "aria-label": `${degrees !== null ? "temperature" : ""}${both ? " and " : ""}${time !== null ? "time" : ""} of line ${1 + (degrees ?? time)}`, "aria-orientation": degrees === null ? "horizontal" : "vertical",
      "aria-valuenow": degrees !== null ? Math.round(at) : Number(lasts.toPrecision(4)), "aria-valuemin": 0, "aria-valuemax": degrees !== null ? HOTTEST : 10 * Math.ceil(last),
      "aria-valuetext": `${at.toFixed(0)} °C, ${Number(lasts.toPrecision(3))} min`,
    });
    knob.append(svg("title", {}, `${e.text}: drag ${degrees !== null ? "up or down" : ""}${both ? ", or " : ""}${time !== null ? "to the sides" : ""}`));
    const line = (i) => text().split("\n")[i] ?? "";
    const hotter = (to) => set(replaced(degrees, line(degrees).replace(DEGREES, (_, c, unit) => `${Math.round(Math.min(HOTTEST, Math.max(0, to(Number(c)))))}${unit}`)));
    // The time keeps its unit; which of the times of the line it is was told when the recipe was checked.
    const nth = time === null ? -1 : duration(line(time), lasts);
    const longer = (to) => set(replaced(time, retimed(line(time), nth, to)));
    knob.addEventListener("keydown", (k) => {
      const up = { ArrowUp: 5, ArrowDown: -5 }[k.key], on = { ArrowRight: 1, ArrowLeft: -1 }[k.key];
      if (!(up && degrees !== null) && !(on && time !== null)) return;
      k.preventDefault();
      if (up) hotter((c) => c + up);
      else longer((m) => Math.max(1, m + on));
    });
    knob.addEventListener("pointerdown", (p) => {
      p.preventDefault();
      knob.focus();
      knob.setPointerCapture(p.pointerId);
      held = true;
      const box = picture.getBoundingClientRect();
      let [right, up] = [0, 0];
      // What moves further counts: a hand that raises a temperature does not mean to change the time a little.
      const sideways = () => time !== null && (degrees === null || Math.abs(right) > Math.abs(up));
      const moved = (q) => {
        right = ((q.clientX - p.clientX) / box.width) * W;
        up = ((p.clientY - q.clientY) / box.height) * H;
        knob.setAttribute("cx", sideways() ? x + right : x);
        knob.setAttribute("cy", sideways() || degrees === null ? y : y - up);
      };
      const end = (q) => {
        knob.removeEventListener("pointermove", moved);
        held = false;
        if (q.type === "pointerup" && Math.max(Math.abs(right), Math.abs(up)) > 2) {
          if (sideways()) longer(() => Math.max(1, Math.round(lasts + (right / (W - LEFT - RIGHT)) * last)));
          else if (degrees !== null) hotter(() => at + (up / (H - BELOW - ABOVE)) * (top - low));
        } else { knob.setAttribute("cx", x); knob.setAttribute("cy", y); }
        if (later) { const next = later; later = null; draw(next); }
      };
      knob.addEventListener("pointermove", moved);
      for (const name of ["pointerup", "pointercancel"]) knob.addEventListener(name, end, { once: true });
    });
    return knob;
  }

  // The first line of the step beginning at `line` (from 1) in which `finds` finds something; null if there is none.
  function lineOf(line, finds) {
    const all = text().split("\n");
    for (let i = line - 1; i < all.length && (i === line - 1 || !/^\s*- /.test(all[i])); i++) if (finds(all[i]) !== null) return i;
    return null;
  }
  function replaced(i, next) {
    const all = text().split("\n");
    all[i] = next;
    return all.join("\n");
  }

  return draw;
}

// Only what the step itself says can be dragged: a number that stands for another thing is none of it.
function temperature(line, celsius) {
  const found = line.match(DEGREES);
  return found && Math.abs(Number(found[1]) - celsius) < 0.5 ? 0 : null;
}
function duration(line, minutes) {
  const nth = [...line.matchAll(TIME)].findIndex((m) => Math.abs(Number(m[1]) * MINUTES[m[3]] - minutes) < 1e-3 * Math.max(minutes, 1));
  return nth < 0 ? null : nth;
}
function retimed(line, nth, to) {
  let i = 0;
  return line.replace(TIME, (all, value, unit, name) => (i++ === nth ? `${Number((to(Number(value) * MINUTES[name]) / MINUTES[name]).toPrecision(4))}${unit}` : all));
}

// Elements of the page, made of plain calls; text is always text, never HTML.

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && name !== "list" && typeof value !== "string") node[name] = value;
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

export function svg(tag, props = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity));
  return node;
}

export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

export function field(text, input, inline = false) {
  return el("label", { class: inline ? "inline" : "" }, inline ? [input, text] : [text, input]);
}

export const wide = (text, input) => el("label", { class: "wide" }, text, input);

export function choice(name, entries, chosen, onchange) {
  const options = entries.map((e) => {
    const [value, text] = Array.isArray(e) ? e : [e, e];
    return el("option", { value, selected: value === chosen }, text);
  });
  return el("select", { name, onchange }, options);
}

let fading = 0;
export function notice(text) {
  const node = document.getElementById("notice");
  node.textContent = text;
  node.classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => node.classList.remove("shown"), 5000);
}

export function faults(error) {
  const list = error.faults && error.faults.length ? error.faults.map((f) => f.text) : [error.message];
  return list.map((text) => el("p", { class: "fault", role: "alert" }, text));
}

export function saveAs(name, content, kind) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type: kind }));
  const link = el("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// Rows as csv text; a comma, a quote or a line end inside a cell does no harm.
export function csv(heads, rows) {
  const quoted = (c) => { const s = c === null || c === undefined ? "" : String(c); return /[",\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s; };
  return [heads, ...rows].map((r) => r.map(quoted).join(",")).join("\n") + "\n";
}
export const csvButton = (name, heads, rows) => el("button", { class: "small", type: "button", "aria-label": `${name} as csv`, onclick: () => saveAs(`${name}.csv`, csv(heads, rows()), "text/csv") }, "csv");

// Buttons that take what is seen away: {what it is called: what it does}.
export const tools = (name, ways) => el("div", { class: "tools" }, Object.entries(ways).map(([text, onclick]) => el("button", { class: "small", type: "button", onclick, "aria-label": `${name} as ${text}` }, text)));

// A drawing of `w` by `h` as PNG of twice that.
export function rasterised(name, drawing, w, h) {
  const address = URL.createObjectURL(new Blob([drawing], { type: "image/svg+xml" }));
  const image = new Image();
  image.onload = () => {
    const page = el("canvas", { width: 2 * w, height: 2 * h });
    page.getContext("2d").drawImage(image, 0, 0, 2 * w, 2 * h);
    URL.revokeObjectURL(address);
    page.toBlob((content) => saveAs(`${name}.png`, content));
  };
  image.onerror = () => { URL.revokeObjectURL(address); notice("the picture could not be drawn: take the SVG"); };
  image.src = address;
}
export const escaped = (s) => String(s).replace(/[<&>"]/g, (c) => `&#${c.charCodeAt(0)};`);

// Says that something is at work, since when, and how to give it up; `stop()` once it has ended.
export function working(place, text, cancel) {
  const began = performance.now(), spent = el("span", { "aria-hidden": "true" });
  const told = el("p", { class: "quiet", "data-role": "working", role: "status" }, `${text} `, spent, " ", el("button", { type: "button", class: "small", onclick: cancel }, "cancel"));
  const clock = setInterval(() => {
    if (!told.isConnected) clearInterval(clock);
    spent.textContent = `${((performance.now() - began) / 1000).toFixed(0)} s`;
  }, 1000);
  fill(place, told);
  return () => clearInterval(clock);
}

// A curve over its largest value, so that curves of different units stand on one axis.
export const over = (y) => { const top = y.reduce((a, b) => (b > a ? b : a), 0) || 1; return y.map((v) => v / top); };

export function scripts(command, python) {
  const block = (title, text) => {
    const copy = el("button", { class: "small", type: "button" }, "copy");
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      notice("copied");
    });
    return [el("div", { class: "row" }, el("strong", {}, title), copy), el("pre", { "data-script": title }, text)];
  };
  return el("details", { class: "scripts" }, el("summary", {}, "This as a command and as Python"),
    command ? block("as a command", command) : null, python ? block("as Python", python) : null);
}

// A number with as many digits as its error bears.
export function pm(value, sigma) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (!sigma || !Number.isFinite(sigma)) return Number(value.toPrecision(4)).toString();
  const digits = Math.max(0, Math.min(12, 1 - Math.floor(Math.log10(sigma))));
  return `${value.toFixed(digits)} ± ${sigma.toFixed(digits)}`;
}

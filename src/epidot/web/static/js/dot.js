// One dot in three dimensions: spheres drawn by the graphics card, or by a plain canvas where there is none.

const VERTEX = `#version 300 es
in vec3 place; in float radius; in vec3 colour;
uniform mat3 turn; uniform vec2 scale; uniform float depth; uniform float cut; uniform vec3 normal;
out vec2 at; out vec3 tint; out float size; out float z;
void main() {
  vec3 seen = turn * place;
  vec2 corner = vec2(gl_VertexID & 1, (gl_VertexID >> 1) & 1) * 2.0 - 1.0;
  at = corner; tint = colour; size = radius; z = seen.z;
  if (dot(normal, place) > cut) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
  gl_Position = vec4((seen.xy + corner * radius) * scale, -seen.z * depth, 1.0);
}`;
const FRAGMENT = `#version 300 es
precision highp float;
in vec2 at; in vec3 tint; in float size; in float z;
uniform float depth; out vec4 seen;
void main() {
  float r2 = dot(at, at);
  if (r2 > 1.0) discard;
  float up = sqrt(1.0 - r2);
  vec3 n = vec3(at, up);
  float lit = 0.42 + 0.58 * max(0.0, dot(n, normalize(vec3(-0.4, 0.6, 0.8))));
  float far = 0.5 - 0.5 * (z + up * size) * depth;
  gl_FragDepth = far;
  seen = vec4(tint * lit * (1.12 - 0.35 * far), 1.0);
}`;

export class DotView {
  constructor(canvas) {
    this.canvas = canvas;
    this.turn = product(about("x", 0.45), about("y", -0.6));
    this.zoom = 1;
    this.cut = 1;
    // Smoothing of edges by the card would smooth those of the squares, not of the spheres in them, at three times the cost.
    this.gl = canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true });
    if (this.gl) this.prepare();
    else this.pen = canvas.getContext("2d");
    this.steer();
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  prepare() {
    const gl = this.gl;
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    gl.useProgram(program);
    this.program = program;
    this.buffers = {};
    this.corners = gl.createBuffer();
    gl.enable(gl.DEPTH_TEST);
  }

  // columns of `api.atoms`, and colours (3 numbers from 0 to 1 for each atom)
  show(columns, colours) {
    this.n = columns.x.length;
    this.place = new Float32Array(3 * this.n);
    let reach = 0.1;
    for (let i = 0; i < this.n; i++) {
      this.place.set([columns.x[i], columns.y[i], columns.z[i]], 3 * i);
      reach = Math.max(reach, Math.hypot(columns.x[i], columns.y[i], columns.z[i]) + columns.radius[i]);
    }
    this.reach = this.fixed || reach;
    this.radius = columns.radius;
    this.square();
    this.set("place", this.place, 3);
    this.set("radius", columns.radius, 1);
    this.paint(colours);
  }

  paint(colours) {
    this.colours = colours;
    this.set("colour", colours, 3);
    this.draw();
  }

  // Two triangles for each atom. A square that is repeated (instanced) would need no copies of the numbers, but
  // without a graphics card every repetition is a drawing of its own: a second for a thousand atoms.
  square() {
    if (!this.gl) return;
    const index = new Uint32Array(6 * this.n);
    for (let i = 0; i < this.n; i++) for (let k = 0; k < 6; k++) index[6 * i + k] = 4 * i + [0, 1, 2, 2, 1, 3][k];
    this.gl.bindBuffer(this.gl.ELEMENT_ARRAY_BUFFER, this.corners);
    this.gl.bufferData(this.gl.ELEMENT_ARRAY_BUFFER, index, this.gl.STATIC_DRAW);
  }

  // The same numbers for all four corners of an atom.
  set(name, one, width) {
    if (!this.gl) return;
    const gl = this.gl, values = new Float32Array(4 * one.length);
    for (let i = 0; i < one.length; i++) for (let k = 0, at = 4 * (i - (i % width)) + (i % width); k < 4; k++) values[at + k * width] = one[i];
    this.buffers[name] ||= gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    const at = gl.getAttribLocation(this.program, name);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, width, gl.FLOAT, false, 0, 0);
  }

  // The plane of the cut stands upright before the reader when it is set.
  cutAt(share) {
    if (share < 1 && !this.normal) this.normal = [this.turn[2], this.turn[5], this.turn[8]];
    if (share >= 1) this.normal = null;
    this.cut = share;
    this.draw();
  }

  // Once for each picture of the screen, however often it is turned meanwhile.
  draw() {
    this.due ||= requestAnimationFrame(() => this.drawNow());
  }

  drawNow() {
    cancelAnimationFrame(this.due);
    this.due = 0;
    if (!this.n) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const w = Math.round(this.canvas.clientWidth * ratio), h = Math.round(this.canvas.clientHeight * ratio);
    if (!w || !h) return;
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    const side = Math.min(w, h), k = (0.95 * this.zoom) / this.reach;
    const normal = this.normal || [0, 0, 1], cut = this.normal ? this.cut * this.reach : 1e9;
    if (!this.gl) { this.plain(w, h, (k * side) / 2, normal, cut); return; }
    const gl = this.gl, u = (name) => gl.getUniformLocation(this.program, name);
    gl.viewport(0, 0, w, h);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniformMatrix3fv(u("turn"), false, this.turn);
    gl.uniform2f(u("scale"), (k * side) / w, (k * side) / h);
    gl.uniform1f(u("depth"), 0.5 / this.reach);
    gl.uniform1f(u("cut"), cut);
    gl.uniform3fv(u("normal"), normal);
    gl.drawElements(gl.TRIANGLES, 6 * this.n, gl.UNSIGNED_INT, 0);
  }

  // What is not cut away, from behind to the front: depth, right, up, number of the atom.
  sorted(normal, cut) {
    const p = this.place, t = this.turn, order = [];
    for (let i = 0; i < this.n; i++) {
      const [x, y, z] = [p[3 * i], p[3 * i + 1], p[3 * i + 2]];
      if (normal[0] * x + normal[1] * y + normal[2] * z > cut) continue;
      order.push([t[2] * x + t[5] * y + t[8] * z, t[0] * x + t[3] * y + t[6] * z, t[1] * x + t[4] * y + t[7] * z, i]);
    }
    return order.sort((a, b) => a[0] - b[0]);
  }

  shaded(z, i) {
    const light = 0.75 + (0.25 * z) / this.reach;
    return `rgb(${[0, 1, 2].map((c) => Math.round(255 * light * this.colours[3 * i + c])).join(",")})`;
  }

  // The dot as it is turned, scaled and cut now, as a drawing; lengths in nm.
  toSvg() {
    const half = (1.05 * this.reach) / this.zoom, edge = (0.012 * this.reach).toFixed(3);
    const circles = this.sorted(this.normal || [0, 0, 1], this.normal ? this.cut * this.reach : 1e9)
      .map(([z, x, y, i]) => `<circle cx="${x.toFixed(3)}" cy="${(-y).toFixed(3)}" r="${this.radius[i].toFixed(3)}" fill="${this.shaded(z, i)}"/>`);
    return `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600" viewBox="${[-half, -half, 2 * half, 2 * half].map((v) => v.toFixed(3)).join(" ")}"><g stroke="#333" stroke-width="${edge}" stroke-opacity="0.5">${circles.join("")}</g></svg>`;
  }

  plain(w, h, k, normal, cut) {
    const pen = this.pen;
    pen.clearRect(0, 0, w, h);
    for (const [z, x, y, i] of this.sorted(normal, cut)) {
      pen.fillStyle = this.shaded(z, i);
      pen.beginPath();
      pen.arc(w / 2 + k * x, h / 2 - k * y, k * this.radius[i], 0, 7);
      pen.fill();
    }
  }

  rotate(right, down) {
    this.turn = product(product(about("x", down), about("y", right)), this.turn);
    this.draw();
  }

  steer() {
    const c = this.canvas;
    let last = null;
    c.addEventListener("pointerdown", (e) => { last = [e.clientX, e.clientY]; c.setPointerCapture(e.pointerId); });
    c.addEventListener("pointermove", (e) => {
      if (!last) return;
      this.rotate((e.clientX - last[0]) / 120, (e.clientY - last[1]) / 120);
      last = [e.clientX, e.clientY];
    });
    for (const end of ["pointerup", "pointercancel"]) c.addEventListener(end, () => { last = null; });
    c.addEventListener("wheel", (e) => { e.preventDefault(); this.scale(Math.exp(-e.deltaY / 600)); }, { passive: false });
    const keys = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] };
    c.addEventListener("keydown", (e) => {
      if (keys[e.key]) this.rotate(...keys[e.key]);
      else if (e.key === "+" || e.key === "=") this.scale(1.15);
      else if (e.key === "-") this.scale(1 / 1.15);
      else return;
      e.preventDefault();
    });
  }

  scale(by) {
    this.zoom = Math.min(20, Math.max(0.3, this.zoom * by));
    this.draw();
  }
}

// Matrices by columns, as the graphics card takes them.
function about(axis, a) {
  const [c, s] = [Math.cos(a), Math.sin(a)];
  return axis === "x" ? [1, 0, 0, 0, c, s, 0, -s, c] : [c, 0, -s, 0, 1, 0, s, 0, c];
}
function product(a, b) {
  const out = new Array(9).fill(0);
  for (let column = 0; column < 3; column++)
    for (let row = 0; row < 3; row++)
      for (let k = 0; k < 3; k++) out[3 * column + row] += a[3 * k + row] * b[3 * column + k];
  return out;
}

const hex = (text) => [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16) / 255);
const SCALE = ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"].map(hex);
const DIVERGING = ["#2166ac", "#92c5de", "#f7f7f7", "#f4a582", "#b2182b"].map(hex);
const ROLE_COLOURS = ["#C44E52", "#66C2A5", "#1A1A1A", "#E3C45A"].map(hex);

function on(scale, share) {
  const place = Math.min(Math.max(share, 0), 1) * (scale.length - 1), i = Math.min(Math.floor(place), scale.length - 2);
  return scale[i].map((v, k) => v + (scale[i + 1][k] - v) * (place - i));
}
const css = (c) => `rgb(${c.map((v) => Math.round(255 * v)).join(",")})`;

// Colours of the atoms by what is asked, and what the legend says: [[colour, text], ...].
export function coloured(head, columns, by) {
  const n = head.atoms, colours = new Float32Array(3 * n), grey = [0.75, 0.76, 0.78];
  let legend = [];
  const each = (f) => { for (let i = 0; i < n; i++) colours.set(f(i), 3 * i); };
  if (by === "role") {
    each((i) => ROLE_COLOURS[columns.role[i]]);
    legend = head.roles.map((name, i) => [css(ROLE_COLOURS[i]), name]);
  } else if (by === "layer") {
    const most = Math.max(1, ...columns.layer);
    each((i) => on(SCALE, columns.layer[i] / most));
    legend = Array.from({ length: most + 1 }, (_, i) => [css(on(SCALE, i / most)), i ? `layer ${i}` : "core"]);
  } else if (by === "strain") {
    const values = [...columns.strain].filter(Number.isFinite).map(Math.abs).sort((a, b) => a - b);
    const most = values[Math.floor(0.98 * (values.length - 1))] || 0.01;
    each((i) => (Number.isFinite(columns.strain[i]) ? on(DIVERGING, 0.5 + columns.strain[i] / most / 2) : grey));
    legend = [-1, -0.5, 0, 0.5, 1].map((s) => [css(on(DIVERGING, 0.5 + s / 2)), `${(100 * s * most).toFixed(2)} %`]);
  } else if (by === "oxide" || by === "halide") {
    const wanted = by === "oxide" ? "oxide O" : "halide";
    const looks = head.kinds.map((k) => (k.name === wanted ? hex(by === "oxide" ? "#D55E00" : "#009E73") : grey));
    each((i) => looks[columns.kind[i]]);
    legend = [[css(hex(by === "oxide" ? "#D55E00" : "#009E73")), by === "oxide" ? `oxide O: ${head.counts[wanted] || 0}` : head.likeness ? "halide: a likeness has none in it; the map by depth says where the ions are" : `halide on the surface: ${head.counts[wanted] || 0}`], [css(grey), "everything else"]];
  } else {
    const looks = head.kinds.map((k) => hex(k.colour));
    each((i) => looks[columns.kind[i]]);
    legend = head.kinds.map((k) => [k.colour, `${k.name}: ${head.counts[k.name]}`]);
  }
  return { colours, legend };
}

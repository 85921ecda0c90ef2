"use strict";
// What the pages of chanbot share: the switch for the colours, and charts with a
// legend, marks on their time axis, and keys to read them by.
const Charts = (() => {
  const { thin, units, span } = Numbers;

  // Colours are names of variables of the style sheet.
  let colours = new Map();
  const colour = name => {
    if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
    return colours.get(name);
  };
  const font = size => size + "px " + (getComputedStyle(document.body).fontFamily || "sans-serif");

  const all = [];
  const repaint = () => {
    colours = new Map();
    for (const c of all) c.plot && c.plot.redraw(false, true);
  };

  // theme connects the switch: auto, light or dark.
  const theme = () => {
    const asIs = "screen and (prefers-color-scheme: dark)";
    const rule = [...document.styleSheets].flatMap(s => [...s.cssRules])
      .find(r => r.media && r.media.mediaText.includes("prefers-color-scheme"));
    const buttons = [...document.querySelectorAll("[data-theme-choice]")];
    const store = value => { try { value === undefined || localStorage.setItem("chanbot-theme", value); return localStorage.getItem("chanbot-theme"); } catch { return null; } };
    const show = choice => {
      rule.media.mediaText = { light: "not all", dark: "screen" }[choice] || asIs;
      for (const b of buttons) b.setAttribute("aria-pressed", String(b.dataset.themeChoice === choice));
      document.documentElement.dataset.theme = choice;
      repaint();
    };
    for (const b of buttons) b.addEventListener("click", () => { store(b.dataset.themeChoice); show(b.dataset.themeChoice); });
    const kept = store();
    if (kept === "light" || kept === "dark") show(kept);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    const current = () => document.documentElement.dataset.theme || "auto";
    let before = "auto";
    addEventListener("beforeprint", () => { before = current(); show("light"); });
    addEventListener("afterprint", () => show(before));
  };

  const element = (name, attributes, ...children) => {
    const e = document.createElement(name);
    for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
    e.append(...children);
    return e;
  };

  const timeSteps = [.01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800, 432000, 864000, 2592000, 8640000, 31536000];
  const decimalSteps = [];
  for (let e = -4; e < 16; e++) for (const m of [1, 2, 2.5, 5]) decimalSteps.push(+(m * 10 ** e).toPrecision(6));
  const wholeSteps = decimalSteps.filter(Number.isInteger);
  const binarySteps = [];
  for (let e = 0; e < 60; e++) binarySteps.push(2 ** e);

  const logSplits = (from, to) => {
    const out = [];
    const decades = Math.log10(to / from);
    for (let e = Math.floor(Math.log10(from)); e <= Math.ceil(Math.log10(to)); e++) {
      for (const m of decades > 4 ? [1] : decades > 2 ? [1, 3] : [1, 2, 5]) {
        const v = m * 10 ** e;
        if (v >= from * .999 && v <= to * 1.001) out.push(v);
      }
    }
    return out;
  };
  const logBound = (v, up) => {
    const e = 10 ** Math.floor(Math.log10(v));
    const steps = up ? [1, 2, 5, 10] : [10, 5, 2, 1];
    return steps.map(m => m * e).find(b => up ? b >= v * .999 : b <= v * 1.001);
  };

  // marks draws phases and faults on a time axis: bands behind the lines, names
  // above them.
  const marks = spec => {
    const phases = spec.phases || [], faults = spec.marks || [];
    const x = (u, v) => Math.max(u.bbox.left, Math.min(u.valToPos(v, "x", true), u.bbox.left + u.bbox.width));
    const inside = (u, from, to) => to >= u.scales.x.min && from <= u.scales.x.max;
    const band = (u, from, to, fill) => {
      const left = x(u, from), right = x(u, to);
      u.ctx.fillStyle = fill;
      u.ctx.fillRect(left, u.bbox.top, Math.max(right - left, 0), u.bbox.height);
    };
    const line = (u, at, stroke, dash) => {
      const px = Math.round(x(u, at)) + .5;
      u.ctx.strokeStyle = stroke;
      u.ctx.lineWidth = devicePixelRatio;
      u.ctx.setLineDash(dash);
      u.ctx.beginPath();
      u.ctx.moveTo(px, u.bbox.top);
      u.ctx.lineTo(px, u.bbox.top + u.bbox.height);
      u.ctx.stroke();
      u.ctx.setLineDash([]);
    };
    const tone = m => m.kind === "fault" ? "--fault-line" : "--mark-line";
    const names = u => {
      const out = [];
      for (const m of faults) if (inside(u, m.at, m.at + m.took)) out.push({ at: Math.max(m.at, u.scales.x.min), to: u.scales.x.max, text: "▾" + thin + m.text, tone: tone(m) });
      for (const p of phases) {
        if (!inside(u, p.warmup, p.to)) continue;
        const from = Math.max(p.warmup, u.scales.x.min);
        out.push({ at: from, to: p.to, text: p.from > p.warmup && from < p.from ? p.name + " (warm-up)" : p.name, short: p.name, tone: "--axis" });
      }
      return out;
    };
    return {
      hooks: {
        drawClear: u => {
          u.ctx.save();
          for (const p of phases) {
            if (p.from > p.warmup && inside(u, p.warmup, p.from)) band(u, p.warmup, p.from, colour("--band"));
            for (const at of [p.warmup, p.to]) if (inside(u, at, at) && at > 0) line(u, at, colour("--line-strong"), [3 * devicePixelRatio, 3 * devicePixelRatio]);
          }
          for (const m of faults) {
            if (!inside(u, m.at, m.at + m.took)) continue;
            if (m.took > 0) band(u, m.at, m.at + m.took, colour("--fault"));
            if (inside(u, m.at, m.at)) line(u, m.at, colour(tone(m)), []);
          }
          u.ctx.restore();
        },
        draw: u => {
          u.ctx.save();
          u.ctx.font = font(11 * devicePixelRatio);
          u.ctx.textAlign = "left";
          u.ctx.textBaseline = "bottom";
          const taken = [];
          for (const n of names(u)) {
            const left = x(u, n.at);
            const room = Math.min(x(u, n.to), u.bbox.left + u.bbox.width) - left;
            const fits = [n.text, n.short].find(t => t && u.ctx.measureText(t).width <= room);
            if (!fits) continue;
            const right = left + u.ctx.measureText(fits).width + 8 * devicePixelRatio;
            if (taken.some(([a, b]) => left < b && right > a)) continue;
            taken.push([left, right]);
            u.ctx.fillStyle = colour(n.tone);
            u.ctx.fillText(fits, left, u.bbox.top - 3 * devicePixelRatio);
          }
          u.ctx.restore();
        },
      },
    };
  };

  // limits draws what was not to be exceeded.
  const limits = spec => ({
    hooks: {
      draw: u => {
        const { left, top, width, height } = u.bbox;
        u.ctx.save();
        u.ctx.font = font(11 * devicePixelRatio);
        u.ctx.strokeStyle = u.ctx.fillStyle = colour("--bad");
        u.ctx.lineWidth = devicePixelRatio;
        for (const l of spec.limits || []) {
          const y = Math.round(u.valToPos(l.value, "y", true)) + .5;
          if (!(y >= top && y <= top + height)) continue;
          const right = l.x === undefined ? left + width : Math.min(u.valToPos(l.x, "x", true), left + width);
          u.ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
          u.ctx.beginPath();
          u.ctx.moveTo(left, y);
          u.ctx.lineTo(right, y);
          u.ctx.stroke();
          u.ctx.setLineDash([]);
          if (l.x !== undefined) {
            u.ctx.beginPath();
            u.ctx.arc(right, y, 4 * devicePixelRatio, 0, 2 * Math.PI);
            u.ctx.stroke();
          }
          u.ctx.textAlign = "right";
          u.ctx.textBaseline = "bottom";
          u.ctx.fillText(l.text, Math.max(right - 8 * devicePixelRatio, left + u.ctx.measureText(l.text).width + 4), y - 2 * devicePixelRatio);
        }
        u.ctx.restore();
      },
    },
  });

  // alone finds the points that have no neighbour to be joined with.
  const alone = (u, series, shown, gaps) => {
    const v = u.data[series], out = [];
    const few = v.length <= 30;
    for (let i = 0; i < v.length; i++) {
      if (v[i] != null && (few || v[i - 1] == null && v[i + 1] == null)) out.push(i);
    }
    return out;
  };

  class Chart {
    // The figure has a caption; everything else is made here.
    constructor(figure) {
      this.figure = figure;
      this.hidden = new Set();
      this.legend = element("div", { class: "legend" });
      this.box = element("div", { class: "plot", tabindex: "0", role: "group", "aria-roledescription": "chart" });
      this.said = element("div", { class: "hide", "aria-live": "polite" });
      figure.append(this.legend, this.box, this.said);
      this.box.addEventListener("keydown", e => this.key(e));
      this.box.addEventListener("blur", () => this.said.textContent = "");
      new ResizeObserver(() => this.resize()).observe(this.box);
      all.push(this);
    }

    // set draws something else. The lines of spec have a name, a colour and as
    // many values as spec.x; null is a gap.
    set(spec) {
      this.spec = spec;
      this.lines = spec.lines.filter(l => l.values.some(v => v != null));
      this.figure.hidden = spec.lines.length === 0;
      this.draw();
    }

    draw() {
      const { spec, lines } = this;
      const focused = [...this.legend.children].indexOf(document.activeElement);
      const kept = this.plot && this.figure.dataset.zoomed === "true" ? { min: this.plot.scales.x.min, max: this.plot.scales.x.max } : null;
      if (this.plot) this.plot.destroy();
      this.plot = null;
      this.box.replaceChildren();
      this.legend.replaceChildren();
      this.figure.dataset.drawn = String(lines.reduce((n, l) => n + l.values.filter(v => v != null).length, 0));
      this.label();
      if (lines.length === 0) {
        this.box.append(element("p", { class: "none" }, "nothing was measured"));
        return;
      }
      const key = l => {
        const k = element("span", { class: l.area ? "key area" : l.dash ? "key dash" : "key" });
        k.style.color = `var(${l.colour})`;
        return k;
      };
      this.tip = element("div", { class: "tip", "aria-hidden": "true" }, element("b", {}));
      this.values = lines.map(l => {
        const button = element("button", { type: "button", "aria-pressed": String(!this.hidden.has(l.name)) }, key(l), l.name);
        button.addEventListener("click", () => {
          if (!this.hidden.delete(l.name)) this.hidden.add(l.name);
          this.draw();
        });
        this.legend.append(button);
        const value = element("span", { class: "value" });
        this.tip.append(key(l), element("span", {}, l.name), value);
        return value;
      });
      if (focused >= 0 && this.legend.children[focused]) this.legend.children[focused].focus();
      this.plot = new uPlot(this.options(), this.data(), this.box);
      this.plot.over.append(this.tip);
      if (kept) this.plot.setScale("x", kept);
    }

    data() {
      const { spec, lines } = this;
      const seen = l => !this.hidden.has(l.name);
      if (!spec.stack) return [spec.x, ...lines.map(l => seen(l) && spec.log ? l.values.map(v => v < 1 ? null : v) : l.values)];
      const sum = new Array(spec.x.length).fill(0);
      // Each line lies on those before it, and is drawn before them.
      return [spec.x, ...lines.map(l => l.values.map((v, i) => seen(l) ? sum[i] += v : sum[i])).reverse()];
    }

    options() {
      const { spec, lines, box } = this;
      const unit = units[spec.unit];
      const drawn = spec.stack ? [...lines].reverse() : lines;
      const size = Math.max(box.clientWidth, 50);
      const most = Math.max(...(spec.limits || []).map(l => l.value), 0);
      const range = (u, min, max) => {
        if (max == null) return spec.log ? [1, 10] : [0, 1];
        const top = most > max && most < 3 * max ? most : max;
        if (!spec.log) return [0, top > 0 ? top * (top > max ? 1.15 : 1.06) : 1];
        const from = logBound(Math.max(min, 1), false), to = logBound(Math.max(top, 1), true);
        return [from, to > from ? to : from * 10];
      };
      const x = spec.time
        ? { incrs: timeSteps, values: (u, v) => v.map(span), space: 70 }
        : { splits: () => spec.ticks.map(t => t.at), values: u => this.apart(u, spec.ticks), space: 40 };
      const y = spec.log ? { splits: (u, i, min, max) => logSplits(min, max) } : { incrs: unit.whole ? wholeSteps : unit.binary ? binarySteps : decimalSteps };
      const axis = { stroke: () => colour("--axis"), font: font(11.5), ticks: { show: false }, grid: { stroke: () => colour("--grid"), width: 1 }, border: { show: false } };
      return {
        width: size, height: box.clientHeight, legend: { show: false }, padding: [spec.time || spec.marks ? 16 : 10, 14, 0, 0],
        cursor: {
          y: false, points: { size: 7 }, drag: { x: true, y: false, setScale: true },
          ...(spec.time ? { sync: { key: "time", setSeries: false } } : {}),
        },
        scales: {
          x: { time: false, range: (u, min, max) => min <= spec.x[0] && max >= spec.x[spec.x.length - 1] ? spec.range : [min, max] },
          y: { distr: spec.log ? 3 : 1, log: 10, range },
        },
        axes: [
          { ...axis, ...x, size: 30, gap: 6 },
          { ...axis, ...y, size: 62, gap: 6, space: box.clientHeight < 200 ? 26 : 34, values: (u, v) => v.map(n => n == null ? "" : unit.axis(n)), filter: (u, v) => v },
        ],
        series: [{}, ...drawn.map(l => ({
          show: !this.hidden.has(l.name), label: l.name, spanGaps: false,
          stroke: () => colour(l.colour), width: spec.stack ? 0 : l.width ?? 1.5, dash: l.dash,
          fill: spec.stack ? () => colour(l.colour) : l.fill ? () => colour(l.fill) : undefined,
          points: spec.stack || l.dash || l.bare ? { show: false } : { show: true, size: 4, filter: alone, fill: () => colour(l.colour), stroke: () => colour(l.colour) },
        }))],
        plugins: [marks(spec), limits(spec)],
        hooks: {
          setCursor: [u => this.read(u)],
          setScale: [(u, key) => {
            const { min, max } = u.scales.x;
            if (key === "x") this.figure.dataset.zoomed = String(min > spec.range[0] || max < spec.range[1]);
          }],
        },
      };
    }

    // apart leaves out the names of ticks that are too near to the one before.
    apart(u, ticks) {
      let last = -Infinity;
      return ticks.map(t => {
        const at = u.valToPos(t.at, "x");
        if (at - last < 46) return "";
        last = at;
        return t.text;
      });
    }

    // read shows the values at one point beside the cursor.
    read(u) {
      const i = u.cursor.idx;
      if (!this.plot) return;
      const known = i != null && u.cursor.left >= 0 && this.spec.x[i] != null;
      this.tip.classList.toggle("shown", known);
      if (!known) return;
      const unit = units[this.spec.unit];
      this.tip.firstChild.textContent = this.spec.at(i);
      this.lines.forEach((l, n) => {
        this.values[n].textContent = l.values[i] == null ? "–" : unit.text(l.values[i]);
      });
      const at = u.valToPos(this.spec.x[i], "x"), half = u.over.clientWidth / 2;
      this.tip.style.left = at < half ? at + 12 + "px" : "auto";
      this.tip.style.right = at < half ? "auto" : u.over.clientWidth - at + 12 + "px";
    }

    key(e) {
      const { plot, spec } = this;
      if (!plot || e.ctrlKey || e.metaKey || e.altKey) return;
      const last = spec.x.length - 1, step = e.shiftKey ? Math.max(1, Math.round(last / 20)) : 1;
      const now = plot.cursor.idx;
      const to = { ArrowLeft: now == null ? last : now - step, ArrowRight: now == null ? 0 : now + step, Home: 0, End: last }[e.key];
      if (e.key === "Escape") {
        for (const c of all) if (c === this || c.plot && spec.time && c.spec.time) c.plot.setScale("x", { min: c.spec.range[0], max: c.spec.range[1] });
        plot.setCursor({ left: -10, top: -10 }, true, true);
      } else if (to === undefined) {
        return;
      } else {
        const i = Math.min(Math.max(to, 0), last);
        plot.setCursor({ left: plot.valToPos(spec.x[i], "x"), top: 10 }, true, true);
        this.said.textContent = spec.at(i) + ": " + this.lines.map((l, n) => l.name + " " + this.values[n].textContent).join(", ");
      }
      e.preventDefault();
    }

    // label says in words what is drawn, for those who do not see it.
    label() {
      const unit = units[this.spec.unit];
      const parts = this.lines.map(l => {
        const v = l.values.filter(v => v != null);
        return `${l.name} between ${unit.text(v.reduce((a, b) => Math.min(a, b)))} and ${unit.text(v.reduce((a, b) => Math.max(a, b)))}`;
      });
      this.box.setAttribute("aria-label", [this.figure.querySelector("figcaption").textContent.trim(), ...parts].join("; "));
    }

    resize() {
      if (!this.plot) return;
      const width = Math.max(this.box.clientWidth, 50), height = this.box.clientHeight;
      if (width !== this.plot.width || height !== this.plot.height) this.plot.setSize({ width, height });
    }
  }

  return { Chart, theme };
})();

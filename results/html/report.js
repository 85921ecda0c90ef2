"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { Chart, theme } = Charts;
  const { span, short, thin } = Numbers;
  const $ = selector => document.querySelector(selector);
  const charts = new Map();
  for (const figure of document.querySelectorAll("figure[data-chart]")) charts.set(figure.dataset.chart, new Chart(figure));

  const fill = (select, names) => select.replaceChildren(...names.map(n => new Option(n === "all" ? "all together" : n, n)));
  const press = (buttons, chosen) => buttons.forEach(b => b.setAttribute("aria-pressed", String(b === chosen)));

  // Over time.
  const { points, step } = data;
  const width = i => i === points - 1 ? Math.max(data.last, step / 4) : step;
  const middle = Array.from({ length: points }, (_, i) => i === points - 1 ? i * step + data.last / 2 : (i + .5) * step);
  const timed = {
    time: true, x: middle, range: [0, data.length], phases: data.phases, marks: data.marks,
    at: i => span(i * step) + "–" + span(Math.min((i + 1) * step, data.length)),
  };
  const rates = counts => counts.map((n, i) => n / width(i));
  const plus = lists => lists.reduce((sum, l) => sum.map((v, i) => v + l[i]), new Array(points).fill(0));
  const state = { operation: data.operations[0], clock: "response", log: false, curveLog: false };

  // A scale of powers is better where the slowest took very much longer than most.
  const uneven = () => {
    const s = data.series[state.operation];
    const of = name => (s.clocks[state.clock + "." + name] || []).filter(v => v > 0);
    const typical = of("p50").sort((a, b) => a - b);
    return of("max").reduce((a, b) => Math.max(a, b), 0) > 30 * typical[typical.length >> 1];
  };
  const drawTime = () => {
    const s = data.series[state.operation];
    const went = plus(s.outcomes.filter(o => o.name === "signed" || o.name === "done").map(o => o.counts));
    const some = went.some((n, i) => n !== s.ended[i]);
    charts.get("throughput").set({
      ...timed, unit: "rate",
      lines: [
        { name: "went through", colour: "--p50", fill: "--fill", values: rates(went) },
        ...(some ? [{ name: "ended", colour: "--p90", values: rates(s.ended) }] : []),
        ...(s.due ? [{ name: "due", colour: "--plan", dash: [5, 4], values: rates(s.due) }] : []),
      ],
    });
    const of = name => s.clocks[state.clock + "." + name] || [];
    charts.get("latency").set({
      ...timed, unit: "period", log: state.log,
      limits: data.limits.filter(l => l.operation === state.operation && l.clock === state.clock).map(l => ({ value: l.us, text: l.text })),
      lines: [["max", "--max", 1], ["p99", "--p99"], ["p90", "--p90"], ["p50", "--p50"]]
        .map(([name, colour, width]) => ({ name, colour, width, values: of(name) })),
    });
    charts.get("outcomes").set({
      ...timed, unit: "rate", stack: true,
      lines: s.outcomes.map(o => ({ name: o.name, colour: "--o-" + o.name, area: true, values: rates(o.counts) })),
    });
    let waiting = 0;
    charts.get("backlog").set({
      ...timed, unit: "count", at: i => "at " + span(Math.min((i + 1) * step, data.length)),
      lines: s.due ? [{ name: "not ended", colour: "--p50", fill: "--fill", values: s.due.map((n, i) => Math.max(waiting += n - s.ended[i], 0)) }] : [],
    });
  };

  // The curve: the horizontal axis is 1/(1 − quantile), in powers of ten.
  const drawCurve = () => {
    const curves = data.curves[state.curve];
    const chosen = [["response", "--p50"], ["service", "--p90"], ["wait", "--max"]].filter(([c]) => curves[c]);
    const place = above => above > 0 ? -Math.log10(above) : Infinity;
    const far = Math.max(...chosen.map(([c]) => Math.log10(Math.max(curves[c].count, 10))), 1);
    const n = 400;
    const x = Array.from({ length: n + 1 }, (_, i) => i * far / n);
    const along = ({ above, us, count }) => {
      const end = Math.log10(Math.max(count, 1));
      let k = 0;
      return x.map(v => {
        while (k < us.length - 1 && place(above[k]) < v - 1e-9) k++;
        if (v > end + far / n) return null;
        if (k === 0) return us[0];
        const from = place(above[k - 1]), to = Math.min(place(above[k]), end);
        return us[k - 1] + (us[k] - us[k - 1]) * (to > from ? Math.min((v - from) / (to - from), 1) : 1);
      });
    };
    const percent = v => {
      const p = 100 * (1 - 10 ** -v);
      return short(+p.toFixed(Math.max(0, Math.ceil(v) - 1 + (v % 1 ? 1 : 0)))) + thin + "%";
    };
    const ticks = [{ at: 0, text: "0" + thin + "%" }, { at: Math.log10(2), text: "50" + thin + "%" }];
    for (let e = 1; e <= far + 1e-9; e++) ticks.push({ at: e, text: String(+(100 - 100 * 10 ** -e).toFixed(e - 2 > 0 ? e - 2 : 0)) + thin + "%" });
    charts.get("curve").set({
      x, range: [0, far], ticks, unit: "period", log: state.curveLog, at: i => percent(x[i]),
      limits: data.limits.filter(l => l.operation === state.curve && curves[l.clock] && l.above > 0)
        .map(l => ({ value: l.us, text: l.text, x: -Math.log10(l.above) })),
      lines: chosen.map(([name, colour]) => ({ name, colour, width: 2, bare: true, dash: name === "wait" ? [5, 4] : undefined, values: along(curves[name]) })),
    });
  };

  const setLog = (which, on) => {
    state[which === "time" ? "log" : "curveLog"] = on;
    $(`[data-log=${which}]`).setAttribute("aria-pressed", String(on));
  };

  if (charts.has("throughput")) {
    const select = $("#operation");
    fill(select, data.operations);
    select.addEventListener("change", () => { state.operation = select.value; drawTime(); });
    const clocks = [...document.querySelectorAll("[data-clock]")];
    for (const b of clocks) b.addEventListener("click", () => { state.clock = b.dataset.clock; press(clocks, b); drawTime(); });
    setLog("time", uneven());
    $("#step").textContent = step > 1 ? "Each point is " + span(step) + ": its p50 is the average of the seconds in it, p90, p99 and max are those of the worst one." : "";
    drawTime();
  }
  if (charts.has("curve")) {
    const select = $("#curve-operation");
    const known = data.operations.filter(o => data.curves[o] && Object.keys(data.curves[o]).length);
    state.curve = known[0];
    fill(select, known);
    select.addEventListener("change", () => { state.curve = select.value; drawCurve(); });
    setLog("curve", state.log);
    if (known.length) drawCurve();
  }
  for (const b of document.querySelectorAll("[data-log]")) {
    b.addEventListener("click", () => {
      setLog(b.dataset.log, b.getAttribute("aria-pressed") !== "true");
      if (b.dataset.log === "time") drawTime(); else drawCurve();
    });
  }

  // The generator.
  const g = data.generator;
  if (g && charts.has("cpu")) {
    const sampled = { time: true, x: g.t, range: [0, Math.max(data.length, g.t[g.t.length - 1])], phases: data.phases, marks: data.marks, at: i => "at " + span(g.t[i]) };
    const one = (name, unit, ...lines) => charts.get(name).set({ ...sampled, unit, lines });
    const busy = { name: "cores", colour: "--p50", fill: "--fill", values: g.cpu };
    one("cpu", "count", busy, ...(data.procs ? [{ name: "there are", colour: "--plan", dash: [5, 4], values: g.t.map(() => data.procs) }] : []));
    one("rss", "bytes", { name: "resident", colour: "--p50", fill: "--fill", values: g.rss });
    one("late", "period", { name: "max", colour: "--max", width: 1, values: g.late_max }, { name: "p99", colour: "--p99", values: g.late_p99 });
    one("gc", "period", { name: "pause", colour: "--p99", values: g.gc });
    one("sockets", "count", { name: "open", colour: "--p50", fill: "--fill", values: g.sockets });
    one("goroutines", "count", { name: "running", colour: "--p50", fill: "--fill", values: g.goroutines });
  }

  theme();

  for (const b of document.querySelectorAll("[data-copy]")) {
    const source = document.getElementById(b.dataset.copy);
    b.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source.textContent);
      } catch {
        getSelection().selectAllChildren(source);
        document.execCommand("copy");
      }
      b.textContent = "Copied";
      setTimeout(() => b.textContent = "Copy", 1500);
    });
  }

  // A link into a closed part opens it; the section that is read is marked.
  const links = [...document.querySelectorAll("nav a")];
  const sections = links.map(a => document.getElementById(a.hash.slice(1)));
  const mark = () => {
    const at = sections.filter(s => s.getBoundingClientRect().top < innerHeight / 3).pop();
    links.forEach((a, i) => sections[i] === at ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current"));
  };
  new IntersectionObserver(mark, { threshold: [0, .25, .5, .75, 1] }).observe(document.body);
  addEventListener("scroll", mark, { passive: true });
  document.documentElement.dataset.charts = String([...charts.values()].filter(c => c.figure.dataset.drawn > 0).length);
})();

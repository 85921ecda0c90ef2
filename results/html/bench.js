"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { Chart, theme } = Charts;
  const { short, thin } = Numbers;
  const charts = new Map();
  for (const figure of document.querySelectorAll("figure[data-chart]")) charts.set(figure.dataset.chart, new Chart(figure));

  // round returns ticks at round numbers from 0 to most.
  const round = (most, whole, unit) => {
    if (!(most > 0)) return [];
    const rough = most / 7, e = 10 ** Math.floor(Math.log10(rough));
    let step = [1, 2, 2.5, 5, 10].map(m => m * e).find(s => s >= rough * .999);
    if (whole) step = Math.max(Math.ceil(step), 1);
    const out = [];
    for (let at = 0; at <= most * 1.0001; at += step) out.push({ at, text: short(+at.toPrecision(6)) + (at > 0 ? unit : "") });
    return out;
  };

  const rates = data.rates;
  const most = 1.04 * rates.reduce((a, b) => Math.max(a, b), 0);
  const offered = {
    x: rates, range: [0, most], ticks: round(most, false, thin + "/s"),
    at: i => short(rates[i]) + thin + "/s, " + (data.held[i] ? "held" : "did not hold"),
    marks: [
      ...(data.result > 0 ? [{ at: data.result, took: 0, kind: "result", text: short(data.result) + thin + "/s" }] : []),
      ...(data.above > 0 ? [{ at: data.above, took: most - data.above, kind: "fault", text: "did not hold" }] : []),
    ],
  };
  const state = { log: true };
  const drawLatency = () => charts.get("latency").set({
    ...offered, unit: "period", log: state.log,
    limits: data.limits.map(l => ({ value: l.us, text: (l.clock === "response" ? "" : l.clock + " ") + l.text })),
    lines: [
      { name: "response p99", colour: "--p99", width: 2, values: data.response_p99 },
      { name: "response p50", colour: "--p50", width: 2, values: data.response_p50 },
      { name: "service p99", colour: "--p90", values: data.service_p99 },
      { name: "service p50", colour: "--max", values: data.service_p50 },
    ],
  });
  if (charts.size) {
    charts.get("achieved").set({
      ...offered, unit: "rate",
      lines: [
        { name: "achieved", colour: "--p50", width: 2, values: data.achieved },
        { name: "offered", colour: "--plan", dash: [5, 4], values: rates },
      ],
    });
    drawLatency();
    const steps = data.steps, x = steps.map((s, i) => i + 1);
    charts.get("search").set({
      x, range: [.5, steps.length + .5], ticks: round(steps.length, true, ""), unit: "rate",
      at: i => "step " + x[i] + ": " + steps[i].verdict,
      lines: [
        { name: "achieved", colour: "--p50", values: steps.map(s => s.achieved) },
        { name: "held", colour: "--o-signed", width: 0, values: steps.map(s => s.verdict === "held" ? s.rate : null) },
        { name: "did not hold", colour: "--bad", width: 0, values: steps.map(s => s.verdict === "broke" ? s.rate : null) },
        { name: "not valid", colour: "--warn", width: 0, values: steps.map(s => s.verdict !== "held" && s.verdict !== "broke" ? s.rate : null) },
      ],
    });
    const log = document.querySelector("[data-log]");
    log.addEventListener("click", () => {
      state.log = !state.log;
      log.setAttribute("aria-pressed", String(state.log));
      drawLatency();
    });
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
  document.documentElement.dataset.charts = String([...charts.values()].filter(c => c.figure.dataset.drawn > 0).length);
})();

"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { Chart, theme } = Charts;
  const { short, thin } = Numbers;
  const figure = document.querySelector("figure[data-chart=curve]");
  const state = { operation: data.operations[0], clock: "response", log: false };
  const colours = ["--plan", "--p50", "--p99", "--p90", "--o-conflict", "--o-timeout", "--o-aborted"];

  // The horizontal axis is 1/(1 − quantile), in powers of ten.
  const place = above => above > 0 ? -Math.log10(above) : Infinity;
  const percent = v => {
    const p = 100 * (1 - 10 ** -v);
    return short(+p.toFixed(Math.max(0, Math.ceil(v) - 1 + (v % 1 ? 1 : 0)))) + thin + "%";
  };
  const draw = chart => {
    const curves = data.curves.filter(c => c.operation === state.operation && c.clock === state.clock);
    const far = Math.max(...curves.map(c => Math.log10(Math.max(c.count, 10))), 1);
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
    const ticks = [{ at: 0, text: "0" + thin + "%" }, { at: Math.log10(2), text: "50" + thin + "%" }];
    for (let e = 1; e <= far + 1e-9; e++) ticks.push({ at: e, text: String(+(100 - 100 * 10 ** -e).toFixed(e - 2 > 0 ? e - 2 : 0)) + thin + "%" });
    chart.set({
      x, range: [0, far], ticks, unit: "period", log: state.log, at: i => percent(x[i]),
      lines: curves.map(c => ({
        name: data.sides[c.side], colour: colours[c.side === 0 ? 0 : 1 + (c.side - 1) % (colours.length - 1)],
        width: 2, bare: true, dash: c.side >= colours.length ? [5, 4] : undefined, values: along(c),
      })),
    });
  };

  let drawn = 0;
  if (figure && data.operations.length) {
    const chart = new Chart(figure);
    const select = document.querySelector("#operation");
    select.replaceChildren(...data.operations.map(n => new Option(n, n)));
    select.addEventListener("change", () => { state.operation = select.value; draw(chart); });
    const clocks = [...document.querySelectorAll("[data-clock]")];
    for (const b of clocks) {
      b.addEventListener("click", () => {
        state.clock = b.dataset.clock;
        clocks.forEach(o => o.setAttribute("aria-pressed", String(o === b)));
        draw(chart);
      });
    }
    const log = document.querySelector("[data-log]");
    const setLog = on => {
      state.log = on;
      log.setAttribute("aria-pressed", String(on));
      draw(chart);
    };
    log.addEventListener("click", () => setLog(!state.log));
    // A scale of powers is better where the slowest took very much longer than most.
    setLog(data.curves.some(c => c.operation === state.operation && c.clock === state.clock && c.us[c.us.length - 1] > 30 * c.us[c.above.findIndex(a => a <= .5)]));
    drawn = figure.dataset.drawn > 0 ? 1 : 0;
  }
  theme();
  document.documentElement.dataset.charts = String(drawn);
})();

"use strict";
// Numbers as text: digits in groups, and units that fit.
const Numbers = (() => {
  const thin = "\u202f";

  const groups = n => {
    const text = String(Math.abs(n));
    return (n < 0 ? "−" : "") + (text.length <= 4 ? text : text.replace(/\B(?=(\d{3})+$)/g, thin));
  };
  const short = v => {
    const a = Math.abs(v);
    if (a === 0 || Number.isInteger(v) && a < 1e15) return groups(v);
    if (a >= 999.5) return groups(Math.round(v));
    const digits = a >= 99.95 ? 0 : a >= 9.995 ? 1 : a >= 0.9995 ? 2 : 4;
    return String(+v.toFixed(digits)).replace("-", "−");
  };
  const period = us => {
    const text = v => v < 9.995 ? v.toFixed(2) : v < 99.95 ? v.toFixed(1) : v.toFixed(0);
    if (us === 0) return "0" + thin + "s";
    if (us < 999.5) return text(us) + thin + "µs";
    if (us < 999.5e3) return text(us / 1e3) + thin + "ms";
    if (us < 120e6) return text(us / 1e6) + thin + "s";
    return groups(Math.round(us / 60e6)) + thin + "min";
  };
  const bytes = n => {
    let unit = 0;
    while (n >= 1024 && unit < 5) { n /= 1024; unit++; }
    return short(n < 100 ? +n.toFixed(1) : Math.round(n)) + thin + ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][unit];
  };
  const span = s => {
    const two = n => String(n).padStart(2, "0");
    if (s < 120) return short(+s.toFixed(2)) + thin + "s";
    const whole = Math.round(s);
    if (s < 7200) return Math.floor(whole / 60) + ":" + two(whole % 60) + thin + "min";
    if (s < 172800) return Math.floor(whole / 3600) + ":" + two(Math.floor(whole % 3600 / 60)) + thin + "h";
    return short(+(s / 86400).toFixed(2)) + thin + "d";
  };
  // A label of an axis needs no more digits than its value.
  const plainPeriod = us => {
    const cut = v => short(+v.toPrecision(4));
    if (us === 0) return "0";
    if (us < 1e3) return cut(us) + thin + "µs";
    if (us < 1e6) return cut(us / 1e3) + thin + "ms";
    if (us < 600e6) return cut(us / 1e6) + thin + "s";
    return cut(us / 60e6) + thin + "min";
  };
  const units = {
    rate: { text: v => short(v) + thin + "/s", axis: short },
    count: { text: short, axis: short, whole: true },
    period: { text: period, axis: plainPeriod },
    bytes: { text: bytes, axis: bytes, binary: true },
  };

  return { thin, units, short, period, span };
})();

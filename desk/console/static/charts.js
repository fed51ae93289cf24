// Draws the charts of the page from the figures its tables show; without this script the tables say the same.
const holder = document.querySelector("[data-source]");
const COLOURS = ["#0b5d66", "#1d6b3c", "#a8231c", "#a06a10", "#5b4a8a", "#51606f"];
const HEIGHT = 220;
const INK = "#51606f";

const widthOf = (box) => Math.max(260, Math.floor(box.clientWidth));
const axis = (more) => ({ stroke: INK, grid: { stroke: "#e6ebf0", width: 1 }, ticks: { stroke: "#d8dfe6" }, font: "12px system-ui", ...more });
const counts = axis({ size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6] });
const fromZero = { range: (_, least, most) => [0, Math.max(1, most) * 1.06] };
const iso = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);

const spanOf = (days) => (days.length > 1 ? null : [seconds(days[0].day) - 43200, seconds(days[0].day) + 43200]);
const seconds = (day) => Date.parse(day + "T00:00:00Z") / 1000;

// One value a day, in lines; the first one filled when it stands alone.
const byDay = (labels, keys, days) => ({
  data: [days.map((day) => seconds(day.day)), ...keys.map((key) => days.map((day) => day[key]))],
  options: {
    scales: { x: { time: true, ...(spanOf(days) ? { range: () => spanOf(days) } : {}) }, y: fromZero },
    axes: [axis({ space: 70, incrs: [86400, 2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 61 * 86400], values: (_, at) => at.map((one) => iso(one).slice(5)) }), counts],
    series: [
      { label: holder.dataset.day, value: (_, at) => (at == null ? "" : iso(at)) },
      ...keys.map((key, n) => ({ label: labels[n], stroke: COLOURS[n], width: 2, fill: keys.length === 1 ? COLOURS[n] + "22" : undefined, points: { show: days.length < 32, size: 5 } })),
    ],
  },
});

// One group of bars for each name.
const byName = (title, names, labels, rows) => ({
  data: [names.map((_, n) => n), ...rows],
  options: {
    scales: { x: { time: false, range: () => [-0.6, names.length - 0.4] }, y: fromZero },
    axes: [axis({ splits: () => names.map((_, n) => n), values: () => names, grid: { show: false }, space: 20 }), counts],
    series: [
      { label: title, value: (_, at) => (at == null ? "" : names[at]) },
      ...rows.map((_, n) => ({
        label: labels[n], stroke: COLOURS[n], fill: COLOURS[n] + "cc", width: 0, points: { show: false },
        paths: uPlot.paths.bars({ size: [0.8 / rows.length, 48], align: 0, disp: rows.length > 1 ? { x0: { unit: 1, values: (u) => u.data[0].map((at) => at - 0.4 + (0.8 / rows.length) * n) }, size: { unit: 1, values: (u) => u.data[0].map(() => 0.75 / rows.length) } } : {} }),
      })),
    ],
  },
});

const short = (names, width) => (width / names.length < 70 ? names.map((name) => name.replace(/ (days?)$| 天.*$/, "").replace(/^(Under|Over) /, (_, one) => (one === "Under" ? "<" : ">"))) : names);

const made = (box, told) => {
  const keys = box.dataset.keys.split(" ");
  const labels = box.dataset.labels.split("|");
  if (box.dataset.chart === "ages") {
    const sums = keys.map((key) => told.ages.reduce((sum, row) => sum + row[key], 0));
    return byName(holder.dataset.age, short(labels, widthOf(box)), [holder.dataset.open], [sums]);
  }
  if (box.dataset.chart === "reasons") {
    return byName(holder.dataset.reason, told.reasons.map((row) => row.reason_code), labels, keys.map((key) => told.reasons.map((row) => row[key])));
  }
  return byDay(labels, keys, told.days);
};

if (holder) {
  const answer = await fetch(holder.dataset.source, { credentials: "same-origin" });
  const told = answer.ok ? await answer.json() : null;
  for (const box of told && told.days ? holder.querySelectorAll("[data-chart]") : []) {
    const { data, options } = made(box, told);
    const plot = new uPlot({ width: widthOf(box), height: HEIGHT, cursor: { drag: { x: false, y: false } }, legend: { live: true }, ...options }, data, box);
    new ResizeObserver(() => plot.setSize({ width: widthOf(box), height: HEIGHT })).observe(box);
    box.dataset.drawn = "yes";
  }
}

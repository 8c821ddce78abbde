// Charts that change with the page's colours, and bars with intervals.

const shownBars = 30;

const drawings = [];  // each draws its chart anew, as a change between light and dark asks for

function colours() {
  const style = getComputedStyle(document.documentElement);
  const value = name => style.getPropertyValue(name).trim();
  return { text: value("--text"), quiet: value("--quiet"), line: value("--line") };
}

function chart(parent, configure, options = {}) {
  const canvas = element("canvas", { role: "img", "aria-label": options.label ?? "chart" });
  const box = element("div", { class: "chart" }, canvas);
  if (options.height) box.style.height = options.height;
  parent.append(box);
  let current = null;
  const draw = () => {
    current?.destroy();
    Chart.defaults.color = colours().quiet;
    Chart.defaults.borderColor = colours().line;
    current = new Chart(canvas, configure());
  };
  drawings.push(draw);
  draw();
  return draw;
}

Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawings.forEach(draw => draw()));

const short = name => name.length > 28 && innerWidth < 640 ? name.slice(0, 26) + "…" : name;
const axis = (title, more = {}) => ({ title: { display: true, text: title }, ...more });
const faded = colour => colour + "33";

// items: {label, value, low, high, points}; values from zero as bars, or as points where `bars` is false.
function intervals(parent, items, { title, bars, write }) {
  const labels = items.map(item => item.label);
  const height = Math.max(9, 3.5 + 1.7 * items.length) + "rem";
  chart(parent, () => {
    const interval = items.map(item => known(item.low) && known(item.high) ? [item.low, item.high] : null);
    const ink = colours().text;
    const datasets = [{
      label: "95 % interval", data: interval, backgroundColor: ink, barThickness: 2, grouped: false, order: 1 }];
    if (bars) {
      datasets.push({ label: "mean", data: items.map(item => item.value), grouped: false, order: 2,
        backgroundColor: items.map(item => palette[item.value < 0 ? 7 : 0]), maxBarThickness: 18 });
    } else {
      datasets.push({ label: "mean", type: "scatter", order: 0, pointRadius: 5, backgroundColor: palette[0],
        data: items.map(item => ({ x: item.value, y: item.label })) });
      datasets.push({ label: "each seed", type: "scatter", order: 0, pointRadius: 2.5, pointStyle: "circle",
        backgroundColor: palette[1],
        data: items.flatMap(item => item.points.map(x => ({ x, y: item.label }))) });
    }
    return { type: "bar", data: { labels, datasets }, options: {
      indexAxis: "y",
      scales: { x: axis(title, { type: "linear", beginAtZero: bars, ticks: { callback: value => write(value) } }),
                y: { type: "category", ticks: { autoSkip: false, callback: index => short(labels[index]) }, grid: { display: false } } },
      plugins: { legend: { display: !bars, position: "bottom" }, tooltip: { callbacks: { label: context => {
        const item = items[context.dataIndex];
        if (context.dataset.label === "each seed") return write(context.raw.x);
        const range = known(item?.low) ? `, ${write(item.low)} to ${write(item.high)}` : "";
        return item ? write(item.value) + range : "";
      } } } } } };
  }, { height, label: title });
}

function withInterval(label, sample) {
  const value = sample.mean;
  const half = sample.ci95;
  return { label, value, low: known(half) ? value - half : null, high: known(half) ? value + half : null,
    points: sample.values ?? [] };
}

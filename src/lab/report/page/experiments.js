// An experiment: its heat maps, bars, lines and laws.

const mean = values => values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;

const highest = values => values.length ? Math.max(...values) : null;

// What `pick` makes of the cells at each pair of values of two axes; there are several where there are more axes.
function onGrid(experiment, [down, across], figure, pick) {
  return experiment.axes[down].values.map((_, r) => experiment.axes[across].values.map((_, c) => pick(experiment.cells
    .filter(cell => cell.coordinates[down] === r && cell.coordinates[across] === c).map(figure).filter(known))));
}

// Of every two axes.
function heatMaps(parent, experiment) {
  const axes = experiment.axes;
  for (const pair of axes.flatMap((_, down) => axes.slice(down + 1).map((_, i) => [down, down + 1 + i]))) {
    const [down, across] = pair.map(index => axes[index]);
    const shared = { rows: down.values, columns: across.values, rowTitle: down.label, columnTitle: across.label };
    const box = element("div", { class: "heats" });
    parent.append(box);
    heat(box, { ...shared, title: "Accuracy, %", values: onGrid(experiment, pair, accuracyOf, highest),
      write: value => (100 * value).toFixed(2), best: "high" });
    heat(box, { ...shared, title: "Seconds of training", values: onGrid(experiment, pair, secondsOf, mean),
      write: value => value < 10 ? value.toFixed(2) : value.toFixed(1), best: "low" });
  }
  if (axes.length > 2) parent.append(element("p", { class: "quiet" },
    "Of the cells that differ in other settings only, the best accuracy and the mean of the seconds."));
}

function experiments() {
  data.experiments.forEach((experiment, index) => {
    const node = section(`${experiment.kind}: ${experiment.label}`);
    const done = experiment.cells.filter(cell => accuracyOf(cell) !== null).length;
    node.append(element("p", { class: "quiet" },
      `Recipe ${experiment.recipe}, ${done} of ${experiment.cells.length} cells done, in ${experiment.folder}`));
    if (done) draw(node, experiment, index);
    node.append(element("h3", {}, "Cells"));
    table(node, tableOf(`experiment-${index + 1}`));
  });
}

function draw(node, experiment, index) {
  const onAxes = experiment.cells.every(cell => cell.coordinates.length > 0);
  if (experiment.kind === "scale") scaling(node, experiment);
  if (experiment.axes.length >= 2 && onAxes) heatMaps(node, experiment);
  if (experiment.kind.startsWith("ablate")) ablation(node, experiment);
  if (experiment.kind === "compare") comparison(node, experiment, index);
  if (experiment.kind === "sweep" && (experiment.axes.length === 1 || !onAxes)) along(node, experiment);
}

// What each trick is worth: against the whole recipe, which lacks it in no cell but its own, or, where tricks were
// added one after the other, against the cell before.
function ablation(node, experiment) {
  const baseline = experiment.cells.find(cell => cell.baseline);
  const run = baseline && ofRun(baseline);
  const cells = experiment.cells.filter(cell => cell.difference && known(cell.difference.mean));
  if (!run || !cells.length) return;
  const stepByStep = experiment.kind !== "ablate";
  const worth = difference => stepByStep ? difference
    : { mean: known(difference.mean) ? -difference.mean : null, ci95: difference.ci95 };
  const against = stepByStep ? "when added to the tricks above it" : `by leaving it out of ${baseline.name}`;
  node.append(element("p", {},
    `${baseline.name}: ${percent(run.accuracy.mean)} in ${seconds(run.seconds.train)}. What each trick is worth ` +
    `and costs, ${against}. Lines are 95 % intervals by the noise of the whole table.`));
  intervals(node, cells.map(cell => withInterval(cell.name, worth(cell.difference))),
    { title: "worth, points of accuracy", bars: true, write: value => signed(100 * value, 2) });
  intervals(node, cells.map(cell => withInterval(cell.name, worth(cell.seconds_difference))),
    { title: "costs, seconds of training", bars: true, write: value => signed(value, 1) });
}

function comparison(node, experiment, index) {
  const cells = experiment.cells.filter(cell => accuracyOf(cell) !== null);
  intervals(node, cells.map(cell => withInterval(cell.name, ofRun(cell).accuracy)),
    { title: "accuracy", bars: false, write: value => percent(value) });
  for (const cell of cells) {
    if (!cell.difference || !known(cell.difference.mean)) continue;
    const half = known(cell.difference.ci95) ? ` ± ${(100 * cell.difference.ci95).toFixed(2)}` : "";
    node.append(element("p", {}, `${cell.name} differs by ${signed(100 * cell.difference.mean, 2)}${half} points of ` +
      `accuracy (95 % interval, paired by seed) and ${signed(cell.seconds_difference.mean, 2)} s of training.`));
  }
  const tests = tableOf(`comparison-${index + 1}`);
  if (!tests) return;
  node.append(element("h3", {}, tests.title));
  table(node, tests);
}

// Accuracy along one setting.
function along(node, experiment) {
  const keys = [...new Set(experiment.cells.flatMap(cell => Object.keys(cell.settings)))]
    .filter(key => experiment.cells.every(cell => Number.isFinite(Number(cell.settings[key]))));
  const label = key => experiment.axes.find(other => other.key === key)?.label ?? key;
  if (!keys.length) return;
  let key = keys[0];
  const controls = element("div", { class: "controls" });
  node.append(controls);
  const redraw = chart(node, () => {
    const cells = experiment.cells.filter(cell => accuracyOf(cell) !== null);
    const points = cells.map(cell => ({ x: Number(cell.settings[key]), y: accuracyOf(cell), cell }));
    points.sort((a, b) => a.x - b.x);
    const positive = points.every(point => point.x > 0);
    const declared = experiment.axes.find(other => other.key === key)?.logarithmic;
    const logarithmic = positive && (declared || points.at(-1).x / points[0].x > 8);
    return { type: "scatter", data: { datasets: [{ label: "mean accuracy", data: points, backgroundColor: palette[0],
        borderColor: palette[0], showLine: keys.length === 1, pointRadius: 4 }] },
      options: { scales: { x: axis(label(key), { type: logarithmic ? "logarithmic" : "linear" }),
                           y: axis("accuracy", { ticks: { callback: value => percent(value, 1) } }) },
        plugins: { legend: { display: false }, tooltip: { callbacks: {
          label: context => `${context.raw.cell.name}: ${percent(context.raw.y)}` } } } } };
  }, { label: "accuracy along a setting" });
  if (keys.length > 1) {
    choice(controls, "Setting", keys.map(name => [name, label(name)]), value => { key = value; redraw(); });
  }
}

// The law of the best cells over the span of their compute, evenly in its logarithm.
function lawLine(law, points) {
  const parts = 40;
  const spent = points.map(point => point.x);
  const [low, high] = [Math.min(...spent), Math.max(...spent)];
  return Array.from({ length: parts + 1 }, (_, i) => low * (high / low) ** (i / parts))
    .map(x => ({ x, y: law.floor + law.scale * x ** -law.exponent, name: "law" }));
}

// What a logarithmic axis shows: the values with some air, not whole powers of ten.
function span(all) {
  const values = all.filter(value => value > 0);
  if (!values.length) return {};
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const air = Math.max((high / low) ** 0.05, 1.05);
  return { min: low / air, max: high * air };
}

// Error against compute, a line for each value of the first axis.
function scaling(node, experiment) {
  const series = new Map();
  for (const cell of experiment.cells) {
    const run = ofRun(cell);
    if (!run || !known(run.accuracy.mean) || !known(run.flop_per_run)) continue;
    const name = experiment.axes.length > 1 && cell.coordinates.length
      ? `${experiment.axes[0].label} ${experiment.axes[0].values[cell.coordinates[0]]}` : "cells";
    if (!series.has(name)) series.set(name, []);
    series.get(name).push({ x: run.flop_per_run, y: 1 - run.accuracy.mean, name: cell.name });
  }
  const all = [...series.values()].flat();
  chart(node, () => {
    const datasets = [...series].map(([label, points], i) => ({ label, showLine: true, borderWidth: 1,
      data: points.sort((a, b) => a.x - b.x), pointRadius: 4,
      backgroundColor: palette[i % palette.length], borderColor: palette[i % palette.length] }));
    if (experiment.law) {
      datasets.push({ label: "law of the best", data: lawLine(experiment.law, all), showLine: true,
        pointRadius: 0, borderDash: [6, 4], borderWidth: 2, borderColor: colours().text });
    }
    return { type: "scatter", data: { datasets }, options: {
      scales: { x: axis("FLOP of a training", { type: "logarithmic", ...span(all.map(point => point.x)),
                  ticks: { callback: value => value.toExponential(0), maxTicksLimit: 8 } }),
                y: axis("error", { type: "logarithmic", ...span(all.map(point => point.y)),
                  ticks: { callback: value => percent(value, 1), maxTicksLimit: 8 } }) },
      plugins: { legend: { position: "bottom" }, tooltip: { callbacks: {
        label: context => `${context.raw.name}: error ${percent(context.raw.y)}` } } } } };
  }, { label: "error against compute" });
  const { law } = experiment;
  if (!law) return;
  node.append(element("p", {}, `Law of the ${law.points} best cells, by least squares: error = ${percent(law.floor)} + ` +
    `${law.scale.toPrecision(3)} · FLOP^−${law.exponent.toFixed(3)}, off by ${percent(law.residual, 1)} of the error ` +
    "(root mean square)."));
}

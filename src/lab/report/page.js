"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const main = document.getElementById("main");
  const palette = ["#3b82c4", "#e08a1e", "#2f9e6e", "#c2537f", "#7b62c9", "#8a7a1f", "#2aa0b5", "#c0483b"];
  const shownCurves = 8;  // more lines than that are not told apart
  const shownBars = 30;

  // ---- small tools ----

  const known = value => typeof value === "number" && Number.isFinite(value);

  // Text goes in as text nodes only: names of folders and classes are not markup.
  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "class") node.className = value;
      else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else node.setAttribute(key, value);
    }
    node.append(...children.filter(child => child !== null && child !== undefined));
    return node;
  }

  function section(title, note) {
    const node = element("section", {}, element("h2", {}, title));
    if (note) node.append(element("p", { class: "quiet" }, note));
    main.append(node);
    return node;
  }

  const percent = (value, digits = 2) => known(value) ? (100 * value).toFixed(digits) + " %" : "–";
  const seconds = value => known(value) ? (value >= 100 ? value.toFixed(0) : value.toFixed(2)) + " s" : "–";
  const signed = (value, digits) => (value > 0 ? "+" : "") + value.toFixed(digits);

  function written(value, unit) {
    if (value === null || value === undefined) return "–";
    switch (unit) {
      case "count": return value.toFixed(0);
      case "fraction": return percent(value);
      case "points": return signed(100 * value, 2);
      case "seconds": return value.toFixed(2);
      case "number": return String(Number(value.toPrecision(4)));
      default: return String(value);
    }
  }

  const ofRun = cell => cell.run === null ? null : data.runs[cell.run];
  const accuracyOf = cell => ofRun(cell)?.accuracy.mean ?? null;
  const secondsOf = cell => ofRun(cell)?.finished ? ofRun(cell).seconds.train : null;
  const byAccuracy = (a, b) => (b.accuracy.mean ?? -1) - (a.accuracy.mean ?? -1);

  // ---- charts ----

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

  // ---- tables ----

  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), undefined, { numeric: true });
  }

  // Unknown values stay at the end in both directions.
  function sorted(rows, column, direction) {
    const missing = value => value === null || value === "";
    return [...rows].sort((a, b) => {
      const [left, right] = [a[column], b[column]];
      if (missing(left) || missing(right)) return missing(left) - missing(right);
      return direction * compare(left, right);
    });
  }

  function table(parent, { columns, rows }) {
    const body = element("tbody");
    const fill = order => body.replaceChildren(...order.map(row => element("tr", {}, ...row.map((value, i) =>
      element("td", { class: columns[i].unit }, written(value, columns[i].unit))))));
    const heads = columns.map((column, index) => {
      const head = element("th", { class: column.unit, scope: "col" });
      const sort = () => {
        const direction = head.getAttribute("aria-sort") === "descending" ? 1 : -1;
        heads.forEach(other => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
        fill(sorted(rows, index, direction));
      };
      head.append(element("button", { type: "button", onclick: sort }, column.title));
      return head;
    });
    fill(rows);
    parent.append(element("div", { class: "scroll tall" },
      element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body)));
  }

  const tableOf = key => data.tables.find(candidate => candidate.key === key);

  function choice(parent, label, options, onchange) {
    const select = element("select", { onchange: () => onchange(select.value) },
      ...options.map(([value, text]) => element("option", { value }, text)));
    parent.append(element("label", {}, label, select));
    return select;
  }

  // ---- heat maps ----

  // Viridis (S. van der Walt, N. Smith), at ninths: its lightness tells the order, in grey as well.
  const scale = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137],
                 [53, 183, 121], [109, 205, 89], [180, 222, 44], [253, 231, 37]];

  function heatColour(share) {
    const place = Math.min(Math.max(share, 0), 1) * (scale.length - 1);
    const below = Math.min(Math.floor(place), scale.length - 2);
    const mix = scale[below].map((value, i) => Math.round(value + (scale[below + 1][i] - value) * (place - below)));
    const light = 0.299 * mix[0] + 0.587 * mix[1] + 0.114 * mix[2];
    return { background: `rgb(${mix})`, text: light > 140 ? "#111" : "#fff" };
  }

  // values[row][column], null where there is none. A higher value is lighter; `best` marks one.
  function heat(parent, { title, rows, columns, rowTitle, columnTitle, values, write, best, hint }) {
    const all = values.flat().filter(known);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const bestValue = best === "high" ? high : best === "low" ? low : null;
    const line = (name, row, r) => element("tr", {}, element("th", { scope: "row" }, name), ...row.map((value, c) => {
      const cell = element("td", {}, known(value) ? write(value) : "–");
      if (!known(value)) return cell;
      const colour = heatColour(high > low ? (value - low) / (high - low) : 0.5);
      cell.style.background = colour.background;
      cell.style.color = colour.text;
      if (value === bestValue) cell.classList.add("best");
      if (hint) cell.title = hint(r, c);
      return cell;
    }));
    parent.append(element("div", {}, element("h3", {}, title), element("div", { class: "scroll" },
      element("table", { class: "heat" },
        element("thead", {},
          element("tr", {}, element("th"), element("th", { colspan: columns.length }, columnTitle)),
          element("tr", {}, element("th", { scope: "col" }, rowTitle),
            ...columns.map(name => element("th", { scope: "col" }, name)))),
        element("tbody", {}, ...values.map((row, r) => line(rows[r], row, r)))))));
  }

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

  // ---- bars with intervals ----

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

  // ---- the parts of the page ----

  function head() {
    const recipes = [...new Set(data.runs.map(run => run.recipe))];
    const datasets = [...new Set(data.runs.map(run => run.dataset).filter(name => name))];
    document.getElementById("subtitle").textContent =
      [recipes.slice(0, 4).join(", ") + (recipes.length > 4 ? ", …" : ""), datasets.join(", ")].filter(part => part).join(" on ");
    const finished = data.runs.filter(run => run.finished);
    const trainings = finished.reduce((sum, run) => sum + run.accuracy.values.length, 0);
    const best = [...finished].sort(byAccuracy)[0];
    const tile = (value, text) => element("div", { class: "tile" }, element("b", {}, value), element("span", {}, text));
    const spread = best && known(best.accuracy.ci95) ? ` ± ${(100 * best.accuracy.ci95).toFixed(2)}` : "";
    main.append(element("div", { class: "tiles" },
      tile(String(data.runs.length), data.runs.length === 1 ? "setting" : "settings"),
      tile(String(trainings), trainings === 1 ? "finished training" : "finished trainings"),
      best && known(best.accuracy.mean) ? tile((100 * best.accuracy.mean).toFixed(2) + spread + " %", "best mean accuracy: " + best.label) : null,
      best && known(best.accuracy.mean) ? tile(seconds(best.seconds.train), "to train it") : null));
    const rest = data.runs.length - finished.length;
    const failed = finished.reduce((sum, run) => sum + run.failed_runs, 0);
    if (rest) main.append(element("p", {}, `${rest} of them not finished yet.`));
    if (failed) main.append(element("p", {}, `${failed} trainings failed; they count in no figure.`));
    if (finished.some(run => run.evaluated_on !== "test split")) {
      main.append(element("p", {}, "Accuracies of some are on held-out training pictures, not on the test split."));
    }
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
      const logarithmic = positive && points.at(-1).x / points[0].x > 8;
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

  function curves() {
    const withCurves = data.runs.filter(run => run.curve.epoch.length > 0);
    if (!withCurves.length) return;
    const order = [...withCurves].sort(byAccuracy);
    const many = withCurves.length > shownCurves;
    const several = withCurves.some(run => run.seeds.length > 1);
    const node = section("Curves", (several ? "Means; bands from the lowest to the highest seed. " : "") +
      (many ? `The ${shownCurves} of ${withCurves.length} with the best accuracy, unless one is chosen.` : ""));
    const controls = element("div", { class: "controls" });
    node.append(controls);
    const present = data.metrics.filter(metric => withCurves.some(run => run.curve[metric.key]));
    let [metric, horizontal, chosen] = [present[0].key, "epoch", "best"];
    const shown = () => chosen === "best" ? order.slice(0, shownCurves) : [data.runs[Number(chosen)]];
    const redraw = chart(node, () => {
      const datasets = shown().filter(run => run.curve[metric]).flatMap((run, i) => {
        const colour = palette[i % palette.length];
        const line = part => run.curve[metric][part].map((y, j) => ({ x: run.curve[horizontal][j], y }));
        const edge = { pointRadius: 0, borderWidth: 0, band: true, showLine: true };
        const mean = { label: run.label, data: line("mean"), borderColor: colour, backgroundColor: colour,
          borderWidth: 2, pointRadius: 2, showLine: true };
        if (run.seeds.length < 2) return [mean];
        return [mean, { ...edge, label: "low", data: line("low") },
          { ...edge, label: "high", data: line("high"), fill: "-1", backgroundColor: faded(colour) }];
      });
      const fraction = metric.endsWith("accuracy");
      const title = present.find(candidate => candidate.key === metric).title;
      return { type: "scatter", data: { datasets }, options: {
        interaction: { mode: "nearest", intersect: false },
        scales: { x: axis(horizontal === "epoch" ? "epoch" : "seconds of training"),
                  y: axis(title, fraction ? { ticks: { callback: value => percent(value, 0) } } : {}) },
        plugins: {
          legend: { position: "bottom", labels: { filter: (item, all) => !all.datasets[item.datasetIndex].band } },
          tooltip: { filter: item => !item.dataset.band, callbacks: { label: context =>
            `${context.dataset.label}: ${fraction ? percent(context.raw.y) : context.raw.y.toPrecision(4)}` } } } } };
    }, { label: "curves over training" });
    choice(controls, "Show", present.map(one => [one.key, one.title]), value => { metric = value; redraw(); });
    choice(controls, "over", [["epoch", "epochs"], ["seconds", "seconds of training"]],
      value => { horizontal = value; redraw(); });
    if (withCurves.length > 1) {
      choice(controls, "of", [["best", many ? `the best ${shownCurves}` : "all"],
        ...data.runs.map((run, i) => [String(i), run.label])], value => { chosen = value; redraw(); });
    }
  }

  function accuracies() {
    const finished = data.runs.filter(run => known(run.accuracy.mean)).sort(byAccuracy);
    if (finished.length < 2) return;
    const node = section("Accuracy", "Means with 95 % intervals by Student's t, and each seed." +
      (finished.length > shownBars ? ` The best ${shownBars} of ${finished.length}.` : ""));
    intervals(node, finished.slice(0, shownBars).map(run => withInterval(run.label, run.accuracy)),
      { title: "accuracy", bars: false, write: value => percent(value) });
  }

  // Loss and accuracy on training pictures by when they were last seen, at a few epochs of the training.
  function forgetting() {
    const found = data.forgetting;
    if (!found) return;
    const last = found.epochs.length - 1;
    const few = [...new Set([0, 1, 2, 3].map(third => Math.round(third * last / 3)))].map(i => found.epochs[i]);
    const node = section("Forgetting", `The network of ${found.run} at the end of an epoch on training pictures, ` +
      "by how long ago it saw them. Dashed: on the test pictures, which it never sees.");
    const controls = element("div", { class: "controls" });
    node.append(controls);
    let metric = "loss";
    const redraw = chart(node, () => {
      const datasets = few.flatMap((epoch, i) => {
        const name = "epoch " + written(epoch.epoch, "number");
        const colour = { borderColor: palette[i], backgroundColor: palette[i], showLine: true };
        return [
          { ...colour, label: name, borderWidth: 2, pointRadius: 3,
            data: epoch[metric].map((y, bin) => ({ x: (bin + 0.5) / epoch[metric].length, y })) },
          { ...colour, label: name + ", test", borderWidth: 1.5, pointRadius: 0, borderDash: [6, 5],
            data: [0, 1].map(x => ({ x, y: epoch.unseen[metric] })) }];
      });
      const write = value => metric === "loss" ? value.toPrecision(4) : percent(value);
      return { type: "scatter", data: { datasets }, options: {
        interaction: { mode: "nearest", intersect: false },
        scales: { x: axis("epochs since the pictures were seen", { min: 0, max: 1 }),
                  y: axis(metric, metric === "loss" ? {} : { ticks: { callback: value => percent(value, 0) } }) },
        plugins: {
          legend: { position: "bottom", labels: { filter: (item, all) => !all.datasets[item.datasetIndex].borderDash } },
          tooltip: { callbacks: { label: context => `${context.dataset.label}: ${write(context.raw.y)}` } } } } };
    }, { label: "loss by how long ago pictures were seen" });
    choice(controls, "Show", [["loss", "loss"], ["accuracy", "accuracy"]], value => { metric = value; redraw(); });
    const classes = tableOf("forgetting-by-class");
    node.append(element("h3", {}, classes.title));
    table(node, classes);
  }

  function time() {
    const finished = data.runs.filter(run => run.finished).sort(byAccuracy).slice(0, shownBars);
    if (!finished.length) return;
    const node = section("Time", "Seconds of a training, means over seeds: opening the data, building and initialising " +
      "the network, training, evaluating." + (data.runs.length > shownBars ? ` The ${shownBars} with the best accuracy.` : ""));
    chart(node, () => ({ type: "bar",
      data: { labels: finished.map(run => run.label), datasets: ["load", "init", "train", "eval"].map((part, i) => ({
        label: part, data: finished.map(run => run.seconds[part]), backgroundColor: palette[[3, 1, 0, 2][i]],
        maxBarThickness: 22 })) },
      options: { indexAxis: "y",
        scales: { x: axis("seconds", { stacked: true }),
          y: { stacked: true, grid: { display: false },
            ticks: { autoSkip: false, callback: index => short(finished[index].label) } } },
        plugins: { legend: { position: "bottom" }, tooltip: { callbacks: {
          label: context => `${context.dataset.label}: ${seconds(context.raw)}` } } } } }),
      { height: Math.max(9, 4 + 1.9 * finished.length) + "rem", label: "time breakdown" });
  }

  function predictions() {
    const found = data.predictions;
    if (!found) {
      section("Mistakes", data.predictions_missing);
      return;
    }
    const node = section("Mistakes", `${found.checkpoint} on ${found.pictures} pictures of ${found.dataset}: ` +
      `${percent(found.accuracy)} right.`);
    if (found.classes.length <= 50) {
      const share = found.confusion.map(row => {
        const all = row.reduce((sum, value) => sum + value, 0);
        return row.map((value, c) => all ? value / all : null);
      });
      heat(node, { title: "Confusion: each class (row) and what it was taken for, %", rows: found.classes,
        columns: found.classes, rowTitle: "class", columnTitle: "taken for", values: share,
        write: value => value === 0 ? "·" : (100 * value).toFixed(1),
        hint: (r, c) => `${found.classes[r]} taken for ${found.classes[c]}: ${found.confusion[r][c]} pictures` });
    }
    const pairs = found.confusion.flatMap((row, r) => row.map((pictures, c) => [found.classes[r], found.classes[c], pictures])
      .filter(([, , pictures], c) => c !== r && pictures > 0));
    node.append(element("h3", {}, "Most frequent confusions"));
    table(node, { columns: [{ title: "class", unit: "text" }, { title: "taken for", unit: "text" }, { title: "pictures", unit: "count" }],
      rows: pairs.sort((a, b) => b[2] - a[2]).slice(0, 20) });
    if (!found.wrong.length) return;
    node.append(element("h3", {}, "Most confidently wrong"));
    node.append(element("div", { class: "pictures" }, ...found.wrong.map(picture => element("figure", {},
      element("img", { src: picture.image, loading: "lazy", alt: `test picture ${picture.index}` }),
      element("figcaption", {}, element("b", {}, found.classes[picture.predicted] + " " + percent(picture.confidence, 1)),
        element("span", {}, "is " + found.classes[picture.truth]))))));
  }

  function runs() {
    table(section("Runs", "A click on a heading sorts."), tableOf("runs"));
  }

  function settings() {
    const node = section("Settings and environment");
    for (const environment of data.environments) {
      const rows = Object.entries(environment.values);
      node.append(element("h3", {}, environment.runs === 1 ? "Environment" : `Environment of ${environment.runs} settings`));
      table(node, { columns: [{ title: "key", unit: "text" }, { title: "value", unit: "text" }], rows });
    }
    node.append(element("h3", {}, "Recipes"));
    for (const recipe of data.recipes) {
      node.append(element("details", {}, element("summary", {}, recipe.run), element("pre", {}, recipe.toml)));
    }
    if (data.runs.length > data.recipes.length) {
      node.append(element("p", { class: "quiet" }, "Each different recipe once, of the first run that has it, " +
        "and no more than the first 20; recipe.toml in a run's folder has them all."));
    }
  }

  head();
  experiments();
  accuracies();
  curves();
  forgetting();
  time();
  predictions();
  runs();
  settings();
  document.documentElement.dataset.ready = "true";
})();

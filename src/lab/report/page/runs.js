// The runs: the best at a glance, curves, accuracies, seconds, settings.

const shownCurves = 8;  // more lines than that are not told apart

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

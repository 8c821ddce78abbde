// What reports say is what the folders hold.
#include "lab/report/report.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "data/png.hpp"
#include "data/resident_source.hpp"
#include "lab/report/dawnbench.hpp"
#include "lab/report/forgetting.hpp"
#include "lab/report/page.hpp"
#include "lab/report/table.hpp"
#include "lab/report_folders.hpp"
#include "run/metrics_file.hpp"

namespace ftl::lab::report {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::ThrowsMessage;

std::string refusal(const std::filesystem::path& path) {
  try {
    read_report({path});
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Report, HoldsTheFiguresOfARun) {
  const test::TemporaryFolder folder;
  write_run(folder / "first", {});
  const Report report = read_report({folder / "first/"});
  ASSERT_THAT(report.runs, SizeIs(1));
  const RunFolder& run = report.runs[0];
  EXPECT_EQ(run.label, "first");
  EXPECT_EQ(run.recipe, "airbench94");
  EXPECT_DOUBLE_EQ(run.accuracy.mean, 0.91);
  EXPECT_EQ(run.seeds, (std::vector<std::uint64_t>{0, 1}));
  EXPECT_DOUBLE_EQ(run.seconds.train, 10);
  ASSERT_THAT(run.curve, SizeIs(3));
  const EpochFigures& last = run.curve.back();
  EXPECT_DOUBLE_EQ(last.val_accuracy.low, 0.9);
  EXPECT_DOUBLE_EQ(last.val_accuracy.mean, 0.91);
  EXPECT_DOUBLE_EQ(last.val_accuracy.high, 0.92);
  EXPECT_TRUE(std::isnan(last.ema_val_accuracy.mean)) << "the recipe keeps no average";
}

TEST(Report, ShowsARunThatIsStillGoingOn) {
  const test::TemporaryFolder folder;
  write_run(folder / "a", {});
  std::filesystem::remove(folder / "a/summary.json");
  const std::string lines = read_text(folder / "a/metrics.jsonl");
  folder.write("a/metrics.jsonl", lines + "{\"run\":0,\"epo");  // killed while writing
  const Report report = read_report({folder / "a"});
  EXPECT_FALSE(report.runs[0].finished);
  EXPECT_EQ(report.runs[0].recipe, "airbench94");
  EXPECT_THAT(report.runs[0].curve, SizeIs(3));
  EXPECT_THAT(to_text(tables_of(report)[0]), HasSubstr("airbench94"));
}

TEST(Report, LaysASweepOutAsAGrid) {
  const test::TemporaryFolder folder;
  write_sweep(folder.path());
  const Report report = read_report({folder.path()});
  EXPECT_THAT(report.runs, SizeIs(5));
  const std::vector<Table> grids = grids_of(report);
  ASSERT_THAT(grids, SizeIs(2));
  EXPECT_EQ(to_text(grids[0]),
            "Accuracy by batch (rows) and lr (columns)\n"
            "batch      0.1        1       10\n"
            "64     80.50 %  81.50 %  82.50 %\n"
            "128    83.50 %  84.50 %        -\n");
}

TEST(Report, SaysWhatAnAblationCosts) {
  const test::TemporaryFolder folder;
  write_ablation(folder.path());
  const std::string text = to_text(tables_of(read_report({folder.path()}))[1]);
  EXPECT_THAT(text, HasSubstr("ablate of airbench94"));
  EXPECT_THAT(text, testing::ContainsRegex("\nflip .* -1\\.00 +0\\.00 % +-2\\.00 +0\\.00\n"));
  EXPECT_THAT(text, testing::ContainsRegex("full recipe .* - +- +- +-\n"));
  EXPECT_EQ(read_report({folder.path()}).runs[1].label, "without flip");
}

TEST(Report, ComparesCumulativeCellsWithTheOneBefore) {
  const test::TemporaryFolder folder;
  write_ablation(folder.path(), kCumulativeKind);
  const std::string text = to_text(tables_of(read_report({folder.path()}))[1]);
  EXPECT_THAT(text, testing::ContainsRegex("\nwhitening .* \\+1\\.00 +0\\.00 % +4\\.00 +0\\.00\n"));
}

TEST(Report, TestsAComparison) {
  const test::TemporaryFolder folder;
  write_comparison(folder.path());
  const std::vector<Table> tables = tables_of(read_report({folder.path()}));
  const auto table = std::ranges::find(tables, "comparison-1", &Table::key);
  ASSERT_NE(table, tables.end());
  EXPECT_THAT(to_csv(*table),
              HasSubstr("of,pairs,difference,low,high,paired_p_value,welch_p_value,always_valid_p_value"));
  const Difference expected = paired_difference(std::vector{0.90, 0.93}, std::vector{0.89, 0.91});
  const std::vector<Field>& row = table->rows.at(0);
  EXPECT_NEAR(std::get<double>(row.at(2)), 1.5, 1e-9);
  EXPECT_NEAR(std::get<double>(row.at(5)), expected.p_value, 1e-9);
}

TEST(Report, CountsFailedRunsInNoCurve) {
  const test::TemporaryFolder folder;
  write_run(folder / "a", {.accuracies = {0.9, 0.1}});
  train::RunResult failed = *load_run_record(folder / "a/run-2/result.json");
  failed.failed = true;
  save_run_record(folder / "a/run-2/result.json", failed);
  EXPECT_NEAR(read_report({folder / "a"}).runs[0].curve.back().val_accuracy.mean, 0.9, 1e-12);
}

TEST(Report, TakesAnInterruptedRunForUnfinished) {
  const test::TemporaryFolder folder;
  write_run(folder / "a", {});
  json summary = json::parse(read_text(folder / "a/summary.json"));
  summary["interrupted"] = true;
  folder.write("a/summary.json", summary.dump());
  EXPECT_FALSE(read_report({folder / "a"}).runs[0].finished);
}

TEST(Report, NamesEachEnvironmentOnce) {
  const test::TemporaryFolder folder;
  write_run(folder / "a", {});
  write_run(folder / "b", {});
  write_run(folder / "c", {.dataset = "others"});
  const std::vector<Table> tables = tables_of(read_report({folder / "a", folder / "b", folder / "c"}));
  ASSERT_EQ(tables.back().key, "environments");
  EXPECT_THAT(tables.back().rows, SizeIs(2));
  EXPECT_THAT(to_text(tables.back()), AllOf(HasSubstr("A CPU"), HasSubstr("digest of others")));
}

TEST(Report, FindsTheLawOfAScalingStudy) {
  const test::TemporaryFolder folder;
  write_scaling_study(folder.path());
  const std::optional<PowerLaw> law = read_report({folder.path()}).experiments[0].law;
  ASSERT_TRUE(law);
  EXPECT_NEAR(law->exponent, 0.5, 0.01);
  EXPECT_NEAR(law->floor, 0.05, 1e-3);
}

TEST(Report, ForgettingIsTheMeanOverRuns) {
  const test::TemporaryFolder folder;
  write_run(folder / "a", {.forgetting = true});
  const std::string lines = read_text(folder / "a/forgetting.jsonl");
  folder.write("a/forgetting.jsonl", lines + lines.substr(0, lines.size() / 3));  // repeated, then killed
  const std::vector<train::ForgettingRecord> epochs = read_forgetting(folder / "a/forgetting.jsonl");
  ASSERT_THAT(epochs, SizeIs(3));
  EXPECT_EQ(epochs[1].epoch, 2);
  EXPECT_EQ(epochs[1].by_age[3].pictures, 200);
  EXPECT_NEAR(epochs[1].by_age[3].loss, 0.5 + 0.5 + 0.3, 1e-12);
  EXPECT_EQ(epochs[1].by_class[1].name, "cat");
  EXPECT_EQ(epochs[1].by_class[1].forgotten(), 2);
}

TEST(Report, ForgettingLeavesOutRunsThatDiverged) {
  const test::TemporaryFolder folder;
  write_run(folder / "a", {.epochs = 1, .forgetting = true});
  std::string lines = read_text(folder / "a/forgetting.jsonl");
  json diverged = json::parse(lines.substr(lines.find('\n') + 1));
  diverged["seen"][0]["loss"] = nullptr;
  lines.resize(lines.find('\n') + 1);
  folder.write("a/forgetting.jsonl", lines + diverged.dump() + "\n");
  const train::GroupScore latest = read_forgetting(folder / "a/forgetting.jsonl").at(0).by_age[0];
  EXPECT_EQ(latest.pictures, 100);
  EXPECT_EQ(latest.loss, 1);
}

TEST(Report, PutsTheClassesThatLoseMostFirst) {
  const test::TemporaryFolder folder;
  write_run(folder / "better", {.accuracies = {0.9, 0.92}});
  write_run(folder / "worse", {.accuracies = {0.5}});
  write_run(folder / "measured", {.accuracies = {0.6}, .epochs = 2, .forgetting = true});
  const Report report = read_report({folder / "better", folder / "worse", folder / "measured"});
  EXPECT_EQ(forgetting_run(report)->label, "measured");
  EXPECT_EQ(to_csv(tables_of(report).rbegin()[1]),
            "class,pictures,loss,accuracy,recent_loss,oldest_loss,loss_forgotten,recent_accuracy,oldest_"
            "accuracy\r\n"
            "cat,500,2,0.7,1,3,2,0.9,0.5\r\ndog,500,1,0.8,1,1,0,0.8,0.8\r\n");
}

TEST(Report, CsvQuotesWhatItMust) {
  const Table table{"t",
                    "T",
                    {{"name", "Name"}, {"share", "Share", Unit::fraction}},
                    {{"a \"b\", c", 0.125}, {"d", std::nan("")}}};
  EXPECT_EQ(to_csv(table), "name,share\r\n\"a \"\"b\"\", c\",0.125\r\nd,\r\n");
}

TEST(Report, TextKeepsControlCharactersOutOfTheTerminal) {
  const Table table{"t", "T", {{"name", "Name"}}, {{std::string("a\x1b[31m")}}};
  EXPECT_EQ(to_text(table), "T\nName\na?[31m\n");
}

TEST(ReportPage, DataIsWhatTheFoldersHold) {
  const test::TemporaryFolder folder;
  write_sweep(folder / "sweep");
  write_ablation(folder / "ablation");
  write_run(folder / "single", {.accuracies = {0.5}});
  const json data =
      json::parse(page_data(read_report({folder / "sweep", folder / "ablation", folder / "single"})));
  EXPECT_EQ(data["format"], "ftl-report");
  ASSERT_EQ(data["runs"].size(), 9u);
  EXPECT_EQ(data["runs"][8]["accuracy"]["mean"], 0.5);
  EXPECT_EQ(data["runs"][8]["accuracy"]["ci95"], nullptr) << "one run has no interval";
  EXPECT_EQ(data["runs"][0]["curve"]["val_accuracy"]["high"][2], 0.81);
  const json& sweep = data["experiments"][0];
  EXPECT_EQ(sweep["axes"][1]["values"], json({"0.1", "1", "10"}));
  EXPECT_EQ(sweep["cells"][4]["coordinates"], json({1, 1}));
  EXPECT_EQ(data["runs"][sweep["cells"][4]["run"].get<std::size_t>()]["accuracy"]["mean"], 0.845);
  EXPECT_EQ(sweep["cells"][5]["run"], nullptr);
  const json& without_flip = data["experiments"][1]["cells"][1];
  EXPECT_EQ(without_flip["difference"]["mean"], -0.01);
  EXPECT_EQ(without_flip["seconds_difference"]["mean"], -2.0);
  EXPECT_EQ(data["tables"].size(), 4u);
  EXPECT_EQ(data["environments"].size(), 1u);
  EXPECT_EQ(data["environments"][0]["values"]["cpu"], "A CPU");
}

TEST(ReportPage, NamesCannotEndTheirElement) {
  const test::TemporaryFolder folder;
  const std::string name = "</script><b>\"&\\";
  write_run(folder / "a", {.dataset = name});
  const std::string html = page(read_report({folder / "a"}));
  EXPECT_THAT(html, Not(HasSubstr("</script><b>")));
  const std::string open = "id=\"data\">";
  const std::size_t begin = html.find(open) + open.size();
  const json data = json::parse(html.substr(begin, html.find("</script>", begin) - begin));
  EXPECT_EQ(data["runs"][0]["dataset"], name);
}

TEST(ReportPage, NeedsNothingFromElsewhere) {
  const test::TemporaryFolder folder;
  write_run(folder / "a", {});
  const std::string html = page(read_report({folder / "a"}));
  for (const char* reference : {"src=\"http", "href=\"http", "@import", "fetch(", "{{"}) {
    EXPECT_THAT(html, Not(HasSubstr(reference)));
  }
}

TEST(ReportPage, AThousandRunsAreAFewMegabytes) {
  const test::TemporaryFolder folder;
  write_run(folder / "a", {.accuracies = {0.912345678, 0.923456789}, .epochs = 8});
  Report report = read_report({folder / "a"});
  report.runs.resize(1000, report.runs[0]);
  EXPECT_LT(page(report).size(), 5'000'000u);
}

TEST(ReportPredictions, CountConfusionsAndKeepTheSurestMistakes) {
  const std::vector<std::uint8_t> pixels(4 * 12, 100);
  const std::vector<std::int32_t> labels{0, 0, 1, 1};
  const data::Split split =
      data::resident_split({.size = {2, 2}, .pixels = pixels, .labels = labels, .storage = {}});
  // Right; wrong with 0.731; wrong with 0.953; right.
  const std::vector<float> logits{2, 0, 0, 1, 3, 0, 0, 1};
  const Predictions predictions = judge(logits, {"cat", "dog"}, split, 1);
  EXPECT_EQ(predictions.confusion, (std::vector<std::vector<std::int64_t>>{{1, 1}, {1, 1}}));
  EXPECT_DOUBLE_EQ(predictions.accuracy, 0.5);
  ASSERT_THAT(predictions.most_confidently_wrong, SizeIs(1));
  const WrongPicture& picture = predictions.most_confidently_wrong[0];
  EXPECT_EQ(picture.index, 2);
  EXPECT_EQ(picture.truth, 1);
  EXPECT_EQ(picture.predicted, 0);
  EXPECT_NEAR(picture.confidence, 1 / (1 + std::exp(-3.0)), 1e-9);
  EXPECT_EQ(data::decode_png(picture.png, "thumbnail").pixels, std::vector<std::uint8_t>(12, 100));
}

TEST(ReportDawnbench, IsALineAnEpochInHoursAndPercent) {
  const test::TemporaryFolder folder;
  write_run(folder / "a", {.accuracies = {0.9, 0.5}, .train_seconds = 7200, .epochs = 2});
  EXPECT_EQ(dawnbench_tsv(run::read_metrics(folder / "a/metrics.jsonl"), 1800),
            "epoch\thours\ttop1Accuracy\n1\t1.50000000\t45.0000\n2\t2.50000000\t90.0000\n");
}

TEST(ReportDawnbench, IsOfTheAveragedWeightsWhereThereAreSome) {
  const train::EpochRecord epoch{
      .epoch = 1, .val_accuracy = 0.5, .ema_val_accuracy = 0.75, .total_seconds = 3600};
  EXPECT_THAT(dawnbench_tsv(std::span(&epoch, 1), 0), HasSubstr("\n1\t1.00000000\t75.0000\n"));
}

TEST(ReportInput, IsRefusedWithTheNameOfWhatIsWrong) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(refusal(folder / "none"), AllOf(HasSubstr("none"), HasSubstr("no such folder")));
  std::filesystem::create_directory(folder / "empty");
  EXPECT_THAT(refusal(folder / "empty"), AllOf(HasSubstr("empty"), HasSubstr("neither a run")));
  EXPECT_THAT(refusal(folder.write("file", "")), HasSubstr("is a file"));

  write_run(folder / "run", {});
  const std::string summary = read_text(folder / "run/summary.json");
  folder.write("run/summary.json", "{}");
  EXPECT_THAT(refusal(folder / "run"), AllOf(HasSubstr("summary.json"), HasSubstr("another version")));
  folder.write("run/summary.json", summary.substr(0, 50));
  EXPECT_THAT(refusal(folder / "run"), AllOf(HasSubstr("summary.json"), HasSubstr("damaged")));
  json with_failures = json::parse(summary);
  with_failures["failures"] = {1};
  folder.write("run/summary.json", with_failures.dump());
  EXPECT_THAT(refusal(folder / "run"), AllOf(HasSubstr("summary.json"), HasSubstr("no JSON object")));
  folder.write("run/summary.json", summary);
  folder.write("run/metrics.jsonl", "{\"run\": \"x\"}\n");
  EXPECT_THAT(refusal(folder / "run"), AllOf(HasSubstr("metrics.jsonl line 1"), HasSubstr("\"run\"")));

  write_run(folder / "forgets", {.forgetting = true});
  folder.write("forgets/forgetting.jsonl", "{\"run\": 0, \"epoch\": 1, \"seen\": []}\n");
  EXPECT_THAT(refusal(folder / "forgets"),
              AllOf(HasSubstr("forgetting.jsonl line 1"), HasSubstr("\"seen\" holds 0 groups, not 10")));

  write_sweep(folder / "sweep");
  json plan = json::parse(read_text(folder / "sweep/experiment.json"));
  plan["cells"][0]["coordinates"] = {5, 0};
  folder.write("sweep/experiment.json", plan.dump());
  EXPECT_THAT(refusal(folder / "sweep"), HasSubstr("outside the experiment's axes"));
  plan["version"] = 99;
  folder.write("sweep/experiment.json", plan.dump());
  EXPECT_THAT(refusal(folder / "sweep"), AllOf(HasSubstr("experiment.json"), HasSubstr("version 99")));
}

TEST(ReportInput, AnExperimentThatWasNotBegunHasNothingToReport) {
  const test::TemporaryFolder folder;
  write_sweep(folder.path());
  std::filesystem::remove_all(folder / "cells");
  EXPECT_THAT(refusal(folder.path()), HasSubstr("nothing to report yet"));
}

}  // namespace
}  // namespace ftl::lab::report

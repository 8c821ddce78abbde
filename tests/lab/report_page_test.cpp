// The page in a browser without a screen: it draws, sorts and complains about nothing.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "data/resident_source.hpp"
#include "lab/report/page.hpp"
#include "lab/report_folders.hpp"
#include "support/process.hpp"

namespace ftl::lab::report {
namespace {

using nlohmann::json;

std::string find_program(const std::vector<std::string>& names) {
  std::istringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string folder; std::getline(path, folder, ':');) {
    for (const std::string& name : names) {
      const std::string program = folder + "/" + name;
      if (access(program.c_str(), X_OK) == 0) return program;
    }
  }
  return "";
}

// Notes what the page has come to in an element that --dump-dom shows.
constexpr const char* kProbe = R"(
<script>
addEventListener("load", () => {
  const drawn = canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.some(value => value !== 0);
  };
  const runs = [...document.querySelectorAll("section")].at(-2).querySelector("table");
  const column = [...runs.querySelectorAll("th")].findIndex(head => head.textContent === "accuracy");
  const values = () => [...runs.querySelectorAll("tbody tr")].map(row => row.children[column].textContent);
  const sortedBy = clicks => {
    for (let i = 0; i < clicks; ++i) runs.querySelectorAll("thead button")[column].click();
    return values();
  };
  const forgetting = [...document.querySelectorAll("section")]
    .find(node => node.querySelector("h2").textContent === "Forgetting");
  const lines = Chart.getChart(forgetting.querySelector("canvas")).data.datasets;
  const output = document.createElement("output");
  output.id = "probe";
  output.textContent = JSON.stringify({
    ready: document.documentElement.dataset.ready,
    canvases: [...document.querySelectorAll("canvas")].map(drawn),
    forgetting: { lines: lines.map(line => line.label),
      last: lines.at(-2).data.at(-1), dashed: lines.filter(line => line.borderDash).map(line => line.data[0].y),
      classes: [...forgetting.querySelectorAll("tbody tr")].map(row => row.children[0].textContent) },
    along: [...document.querySelectorAll("canvas")]
      .filter(canvas => canvas.getAttribute("aria-label") === "accuracy along a setting")
      .map(canvas => Chart.getChart(canvas).options.scales.x.type),
    heats: document.querySelectorAll("table.heat").length,
    pictures: [...document.querySelectorAll("img")].filter(image => image.naturalWidth > 0 || !image.complete).length,
    falling: sortedBy(1), rising: sortedBy(1),
    text: document.body.innerText,
    overflow: document.documentElement.scrollWidth - innerWidth,
  });
  document.body.append(output);
});
</script>
)";

Predictions one_mistake() {
  const std::vector<std::uint8_t> pixels(2 * 12, 100);
  const std::vector<std::int32_t> labels{0, 1};
  const std::vector<float> logits{1, 0, 1, 0};
  return judge(logits, {"cat", "<dog>"},
               data::resident_split({.size = {2, 2}, .pixels = pixels, .labels = labels, .storage = {}}), 9);
}

class ReportPageInBrowser : public ::testing::TestWithParam<const char*> {};

TEST_P(ReportPageInBrowser, DrawsAndSortsWithoutErrors) {
  const std::string browser = find_program({"chromium", "chromium-browser", "google-chrome"});
  if (browser.empty()) GTEST_SKIP() << "no chromium here to open the page in";
  const test::TemporaryFolder folder;
  write_sweep(folder / "sweep");
  write_rates(folder / "rates");
  write_ablation(folder / "ablation");
  write_scaling_study(folder / "scale");
  write_scaling_study(folder / "solved", {0.1, 0.01, 0, 0});  // no place on a logarithmic axis
  write_comparison(folder / "comparison");
  write_run(folder / "forgets", {.accuracies = {0.6}, .epochs = 6, .forgetting = true});
  Report report = read_report({folder / "sweep", folder / "rates", folder / "ablation", folder / "scale",
                               folder / "solved", folder / "comparison", folder / "forgets"});
  report.predictions = one_mistake();
  folder.write("page.html", page(report) + kProbe);
  const test::ProcessResult result = test::run_process(
      {.arguments = {browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--user-data-dir=" + (folder / "profile").string(), "--enable-logging=stderr",
                     GetParam(), "--virtual-time-budget=4000", "--dump-dom",
                     "file://" + (folder / "page.html").string()}});
  EXPECT_THAT(result.err, testing::Not(testing::HasSubstr("CONSOLE")));
  const std::string mark = "<output id=\"probe\">";
  const std::size_t begin = result.out.rfind(mark);
  ASSERT_NE(begin, std::string::npos) << result.err;
  const std::size_t text = begin + mark.size();
  const json probe = json::parse(result.out.substr(text, result.out.find("</output>", text) - text));
  EXPECT_EQ(probe["ready"], "true");
  EXPECT_GE(probe["canvases"].size(), 6u);
  EXPECT_THAT(probe["text"].get<std::string>(), testing::HasSubstr("Law of the 4 best cells"));
  EXPECT_THAT(probe["text"].get<std::string>(), testing::HasSubstr("a less b, paired by seed"));
  for (const json& drawn : probe["canvases"]) EXPECT_EQ(drawn, true) << "a chart is blank";
  const json& forgetting = probe["forgetting"];
  EXPECT_EQ(forgetting["lines"], json({"epoch 1", "epoch 1, test", "epoch 3", "epoch 3, test", "epoch 4",
                                       "epoch 4, test", "epoch 6", "epoch 6, test"}));
  EXPECT_EQ(forgetting["last"], json({{"x", 0.95}, {"y", 1.06667}}));
  EXPECT_EQ(forgetting["dashed"], json({4, 4, 4, 4}));
  EXPECT_EQ(forgetting["classes"], json({"cat", "dog"}));
  EXPECT_EQ(probe["along"], json({"logarithmic"}));
  EXPECT_EQ(probe["heats"], 7) << "accuracy and time of the sweep and of the scaling studies, confusion";
  EXPECT_EQ(probe["pictures"], 1);
  EXPECT_LE(probe["overflow"], 0) << "the page scrolls sideways";
  EXPECT_EQ(probe["falling"].front(), "100.00 %");
  EXPECT_EQ(probe["falling"].back(), "60.00 %");
  EXPECT_EQ(probe["rising"].front(), "60.00 %");
  EXPECT_EQ(probe["rising"].back(), "100.00 %");
}

INSTANTIATE_TEST_SUITE_P(Widths, ReportPageInBrowser,
                         ::testing::Values("--window-size=1200,900", "--window-size=500,900"),
                         [](const auto& width) { return width.index == 0 ? "Desktop" : "Phone"; });

}  // namespace
}  // namespace ftl::lab::report

#include "lab/chrome_trace.hpp"

#include <fmt/format.h>

#include <iterator>
#include <limits>
#include <map>

#include "base/json.hpp"

namespace ftl::lab {
namespace {

constexpr int kProcess = 1;

// What is the same for all spans of an activity: name, category and layer, as the members of a JSON object.
std::string description(const Recording& recording, Activity activity) {
  const engine::Work work = recording.work(activity);
  const std::string layer = recording.layer(work);
  const std::string name = layer.empty() ? std::string(work.name) : fmt::format("{} {}", layer, work.name);
  return fmt::format(R"("name":{},"cat":{})", Json(name).text(), Json(engine::name(work.kind)).text());
}

std::string thread_name(int thread) {
  const Json event{{"name", "thread_name"},
                   {"ph", "M"},
                   {"pid", kProcess},
                   {"tid", thread},
                   {"args", {{"name", fmt::format("thread {}", thread)}}}};
  return event.text();
}

std::int64_t start_of(const Recording& recording) {
  std::int64_t start = std::numeric_limits<std::int64_t>::max();
  for (const std::vector<Span>& line : recording.lines) {
    if (!line.empty()) start = std::min(start, line.front().begin);
  }
  return start;
}

}  // namespace

std::string chrome_trace(const Recording& recording) {
  const std::int64_t start = start_of(recording);
  std::map<Activity, std::string> descriptions;
  std::string text = R"({"displayTimeUnit":"ms","traceEvents":[)";
  for (std::size_t thread = 0; thread < recording.lines.size(); ++thread) {
    text += fmt::format("{}\n{}", thread == 0 ? "" : ",", thread_name(static_cast<int>(thread)));
    for (const Span& span : recording.lines[thread]) {
      if (span.activity == kUnnamed) continue;
      const auto [found, inserted] = descriptions.try_emplace(span.activity);
      if (inserted) found->second = description(recording, span.activity);
      // In microseconds, to the nanosecond.
      fmt::format_to(std::back_inserter(text),
                     R"(,{}{{{},"ph":"X","pid":{},"tid":{},"ts":{:.3f},"dur":{:.3f}}})", '\n', found->second,
                     kProcess, thread, static_cast<double>(span.begin - start) / 1e3,
                     static_cast<double>(span.end - span.begin) / 1e3);
    }
  }
  return text + "\n]}\n";
}

}  // namespace ftl::lab

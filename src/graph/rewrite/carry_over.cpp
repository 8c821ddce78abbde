#include "graph/rewrite/carry_over.hpp"

#include <algorithm>

namespace ftl::graph {
namespace {

// Values as [groups][outputs of one][inputs][taps], the checkpoint's order; a bias has outputs only.
struct Extents {
  explicit Extents(const Parameter& parameter) : groups(parameter.groups) {
    outputs = parameter.shape[0] / groups;
    if (parameter.shape.size() < 4) return;
    inputs = parameter.shape[1];
    height = parameter.shape[2];
    width = parameter.shape[3];
  }

  std::int64_t groups = 1;
  std::int64_t outputs = 1;
  std::int64_t inputs = 1;
  std::int64_t height = 1;
  std::int64_t width = 1;

  std::int64_t taps() const { return height * width; }
  std::size_t index(std::int64_t group, std::int64_t output, std::int64_t input) const {
    return static_cast<std::size_t>(((group * outputs + output) * inputs + input) * taps());
  }
  // One group a channel: groups are its channels.
  bool is_depthwise() const { return inputs == 1 && outputs == 1; }
  bool differs_only_in_channels(const Extents& other) const {
    return height == other.height && width == other.width &&
           (groups == other.groups || (is_depthwise() && other.is_depthwise()));
  }
};

std::vector<float> carry_values(const std::vector<float>& values, std::vector<float> fresh) {
  std::copy_n(values.begin(), std::min(values.size(), fresh.size()), fresh.begin());
  return fresh;
}

}  // namespace

std::vector<float> carry_over(const Parameter& before, const std::vector<float>& values,
                              const Parameter& after, std::vector<float> fresh) {
  if (before.shape.size() != after.shape.size()) return fresh;
  const Extents old(before);
  const Extents now(after);
  if (!old.differs_only_in_channels(now)) return fresh;
  const std::vector<float> from = to_checkpoint_order(before, values);
  std::vector<float> to = to_checkpoint_order(after, fresh);
  for (std::int64_t group = 0; group < std::min(old.groups, now.groups); ++group) {
    for (std::int64_t output = 0; output < std::min(old.outputs, now.outputs); ++output) {
      for (std::int64_t input = 0; input < std::min(old.inputs, now.inputs); ++input) {
        std::copy_n(from.data() + old.index(group, output, input), now.taps(),
                    to.data() + now.index(group, output, input));
      }
    }
  }
  return from_checkpoint_order(after, to);
}

Model carry_over(const Graph& before, const Model& model, const Graph& after, std::uint64_t seed) {
  Model carried = initialise(after, seed);
  for (std::size_t p = 0; p < after.parameters.size(); ++p) {
    const Parameter& parameter = after.parameters[p];
    const auto old = std::ranges::find(before.parameters, parameter.name, &Parameter::name);
    if (old == before.parameters.end()) continue;
    const auto place = static_cast<std::size_t>(old - before.parameters.begin());
    carried.parameters[p] =
        carry_over(*old, model.parameters[place], parameter, std::move(carried.parameters[p]));
  }
  for (std::size_t n = 0; n < after.norms.size(); ++n) {
    const auto old = std::ranges::find(before.norm_names, after.norm_names[n]);
    if (old == before.norm_names.end()) continue;
    const RunningStatistics& statistics =
        model.norms[static_cast<std::size_t>(old - before.norm_names.begin())];
    carried.norms[n].mean = carry_values(statistics.mean, std::move(carried.norms[n].mean));
    carried.norms[n].variance = carry_values(statistics.variance, std::move(carried.norms[n].variance));
  }
  return carried;
}

}  // namespace ftl::graph

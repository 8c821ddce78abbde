#include "measure/onednn.hpp"

#ifdef FTL_HAS_ONEDNN

#include <omp.h>

#include <cstring>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>
#include <unordered_map>

#include "base/error.hpp"

namespace ftl::measure {
namespace {

using Arguments = std::unordered_map<int, dnnl::memory>;
using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;

bool multiplies_bf16(Isa isa) {
  return isa == Isa::amx || isa == Isa::avx512_bf16;
}

dnnl::cpu_isa limit_for(Isa isa) {
  switch (isa) {
    case Isa::amx:
      return dnnl::cpu_isa::avx512_core_amx;
    case Isa::avx512_bf16:
      return dnnl::cpu_isa::avx512_core_bf16;
    case Isa::avx512_vnni:
      return dnnl::cpu_isa::avx512_core_vnni;
    case Isa::avx512:
      return dnnl::cpu_isa::avx512_core;
    case Isa::avx_vnni:
      return dnnl::cpu_isa::avx2_vnni;
    case Isa::avx2:
      return dnnl::cpu_isa::avx2;
    case Isa::generic:
      return dnnl::cpu_isa::sse41;
  }
  return dnnl::cpu_isa::all;
}

// Sizes in oneDNN's terms, layouts left to it.
struct Description {
  dnnl::memory::desc x, weights, y, weight_gradient;
  dnnl::memory::dims strides, padding_before, padding_after;
};

// Padding after the input such that the output has the size it has.
int padding_after(int in, int out, int kernel, int stride, int before) {
  return (out - 1) * stride + kernel - in - before;
}

Description describe(const OnednnProblem& problem) {
  const kernels::ConvolutionGeometry& g = problem.geometry;
  const Type type = multiplies_bf16(problem.isa) ? Type::bf16 : Type::f32;
  const dnnl::memory::dims weights =
      g.groups == 1 ? dnnl::memory::dims{g.out.channels, g.in.channels, g.kernel_height, g.kernel_width}
                    : dnnl::memory::dims{g.groups, g.group_outputs(), g.group_inputs(), g.kernel_height,
                                         g.kernel_width};
  return {.x = {{problem.images, g.in.channels, g.in.height, g.in.width}, type, Tag::any},
          .weights = {weights, type, Tag::any},
          .y = {{problem.images, g.out.channels, g.out.height, g.out.width}, type, Tag::any},
          .weight_gradient = {weights, Type::f32, Tag::any},
          .strides = {g.stride, g.stride},
          .padding_before = {g.pad, g.pad},
          .padding_after = {padding_after(g.in.height, g.out.height, g.kernel_height, g.stride, g.pad),
                            padding_after(g.in.width, g.out.width, g.kernel_width, g.stride, g.pad)}};
}

// Version 3 made one object of two; a backward pass also gets its forward pass as a hint.
template <class Convolution, class... Hint, class... Parts>
typename Convolution::primitive_desc make(const dnnl::engine& engine, const std::tuple<Hint...>& hint,
                                          const Parts&... parts) {
  return std::apply(
      [&](const Hint&... forward) {
#if DNNL_VERSION_MAJOR >= 3
        return typename Convolution::primitive_desc(engine, parts..., forward...);
#else
        return typename Convolution::primitive_desc(typename Convolution::desc(parts...), engine, forward...);
#endif
      },
      hint);
}

// A tensor of equal ordinary numbers: bytes 0x3f are 0.75 in bf16 and in fp32.
dnnl::memory filled(const dnnl::memory::desc& description, const dnnl::engine& engine) {
  dnnl::memory memory(description, engine);
  std::memset(memory.get_data_handle(), 0x3f, description.get_size());
  return memory;
}

struct Prepared {
  dnnl::primitive primitive;
  Arguments arguments;
};

Prepared prepare(const OnednnProblem& problem, const dnnl::engine& engine) {
  using dnnl::algorithm;
  const Description d = describe(problem);
  const auto forward = make<dnnl::convolution_forward>(
      engine, std::tuple{}, dnnl::prop_kind::forward_training, algorithm::convolution_direct, d.x, d.weights,
      d.y, d.strides, d.padding_before, d.padding_after);
  switch (problem.direction) {
    case Direction::forward:
      break;
    case Direction::backward_data: {
      const auto backward = make<dnnl::convolution_backward_data>(
          engine, std::tuple{forward}, algorithm::convolution_direct, d.x, d.weights, d.y, d.strides,
          d.padding_before, d.padding_after);
      return {dnnl::convolution_backward_data(backward),
              {{DNNL_ARG_DIFF_DST, filled(backward.diff_dst_desc(), engine)},
               {DNNL_ARG_WEIGHTS, filled(backward.weights_desc(), engine)},
               {DNNL_ARG_DIFF_SRC, filled(backward.diff_src_desc(), engine)}}};
    }
    case Direction::backward_weights: {
      const auto backward = make<dnnl::convolution_backward_weights>(
          engine, std::tuple{forward}, algorithm::convolution_direct, d.x, d.weight_gradient, d.y, d.strides,
          d.padding_before, d.padding_after);
      return {dnnl::convolution_backward_weights(backward),
              {{DNNL_ARG_DIFF_DST, filled(backward.diff_dst_desc(), engine)},
               {DNNL_ARG_SRC, filled(backward.src_desc(), engine)},
               {DNNL_ARG_DIFF_WEIGHTS, filled(backward.diff_weights_desc(), engine)}}};
    }
  }
  return {dnnl::convolution_forward(forward),
          {{DNNL_ARG_SRC, filled(forward.src_desc(), engine)},
           {DNNL_ARG_WEIGHTS, filled(forward.weights_desc(), engine)},
           {DNNL_ARG_DST, filled(forward.dst_desc(), engine)}}};
}

}  // namespace

std::string onednn_version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

void configure_onednn(Isa isa, int threads) {
  dnnl::set_max_cpu_isa(limit_for(isa));
  omp_set_num_threads(threads);
}

std::string onednn_precision(Isa isa) {
  return multiplies_bf16(isa) ? "bf16" : "fp32";
}

std::function<void()> onednn_convolution(const OnednnProblem& problem) {
  try {
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    const auto prepared = std::make_shared<Prepared>(prepare(problem, engine));
    return [prepared, stream = dnnl::stream(engine)]() mutable {
      prepared->primitive.execute(stream, prepared->arguments);
      stream.wait();
    };
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented) return {};
    throw RunError("oneDNN: {}", error.what());
  }
}

void rest_onednn() {
  omp_pause_resource_all(omp_pause_soft);
}

}  // namespace ftl::measure

#else

namespace ftl::measure {

std::string onednn_version() {
  return "";
}
void configure_onednn(Isa, int) {}
std::string onednn_precision(Isa) {
  return "";
}
std::function<void()> onednn_convolution(const OnednnProblem&) {
  return {};
}
void rest_onednn() {}

}  // namespace ftl::measure

#endif

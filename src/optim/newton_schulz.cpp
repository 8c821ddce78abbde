#include "optim/newton_schulz.hpp"

#include <cmath>

#include "optim/chunks.hpp"

namespace ftl::optim {
namespace {

// Chosen by Jordan for the steepest slope at 0 that keeps singular values within about [0.7, 1.2].
constexpr float kLinear = 3.4445f;
constexpr float kCubic = -4.7750f;
constexpr float kQuintic = 2.0315f;
constexpr double kSmallestNorm = 1e-7;

void transpose(const float* from, int rows, int columns, float* to) {
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column)
      to[column * rows + row] = from[row * columns + column];
  }
}

float* at_least(std::vector<float>& values, std::size_t size) {
  if (values.size() < size) values.resize(size);
  return values.data();
}

}  // namespace

void NewtonSchulz::orthogonalize(std::span<float> matrix, int rows, int columns, int steps,
                                 StepContext context) {
  const auto elements = static_cast<std::int64_t>(matrix.size());
  const double norm = std::sqrt(sum_of_squares(context.threads, matrix.data(), elements));
  const auto scale = static_cast<float>(1.0 / (norm + kSmallestNorm));
  for_chunks(context.threads, elements, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) matrix.data()[i] *= scale;
  });
  if (rows <= columns) {
    for (int step = 0; step < steps; ++step) iterate(matrix.data(), rows, columns, context);
    return;
  }
  float* x = at_least(transposed_, matrix.size());
  transpose(matrix.data(), rows, columns, x);
  for (int step = 0; step < steps; ++step) iterate(x, columns, rows, context);
  transpose(x, columns, rows, matrix.data());
}

void NewtonSchulz::iterate(float* x, int rows, int columns, StepContext context) {
  ThreadPool& threads = context.threads;
  const auto square = static_cast<std::size_t>(rows) * static_cast<std::size_t>(rows);
  float* a = at_least(a_, square);
  float* b = at_least(b_, square);

  pack_rows(threads, context.tile_product, {x, rows, columns}, row_tiles_);
  pack_transposed(threads, context.tile_product, row_tiles_, x_transposed_);
  pack_columns(threads, context.tile_product, row_tiles_, x_);
  matrix_product(threads, context.tile_product,
                 {.a = row_tiles_, .b = x_transposed_, .c = a, .symmetric = true});

  pack_rows(threads, context.tile_product, {a, rows, rows}, row_tiles_);
  pack_columns(threads, context.tile_product, row_tiles_, a_tiles_);
  matrix_product(threads, context.tile_product,
                 {.a = row_tiles_,
                  .b = a_tiles_,
                  .c = b,
                  .scale = kQuintic,
                  .addend = a,
                  .addend_scale = kCubic,
                  .symmetric = true});

  pack_rows(threads, context.tile_product, {b, rows, rows}, row_tiles_);
  matrix_product(threads, context.tile_product,
                 {.a = row_tiles_, .b = x_, .c = x, .addend = x, .addend_scale = kLinear});
}

}  // namespace ftl::optim

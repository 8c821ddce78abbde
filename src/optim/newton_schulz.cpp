#include "optim/newton_schulz.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/index.hpp"

namespace ftl::optim {
namespace {

// Chosen by Jordan for the steepest slope at 0 that keeps singular values within about [0.7, 1.2].
constexpr float kLinear = 3.4445f;
constexpr float kCubic = -4.7750f;
constexpr float kQuintic = 2.0315f;
constexpr double kSmallestNorm = 1e-7;
constexpr int kStepsOfSquare = 3;

std::vector<float> transpose(const kernels::MatrixView& matrix) {
  std::vector<float> to(at(matrix.rows) * at(matrix.columns));
  for (int row = 0; row < matrix.rows; ++row) {
    for (int column = 0; column < matrix.columns; ++column)
      to[at(column) * at(matrix.rows) + at(row)] = matrix.values[at(row) * at(matrix.columns) + at(column)];
  }
  return to;
}

}  // namespace

void NewtonSchulz::add(const OrthogonalUpdate& update, StepContext context) {
  OrthogonalUpdate next = update;
  for (int done = 0; done < update.steps; done += kStepsOfSquare) {
    next.steps = std::min(kStepsOfSquare, update.steps - done);
    // The last steps go to the target, others to x_, which the next ones have done with when they write
    // there.
    const bool last = done + next.steps == update.steps;
    if (!last) x_.resize(at(next.matrix.rows) * at(next.matrix.columns));
    next.scale = last ? update.scale : 1;
    next.target = last ? update.target : x_.data();
    next.target_scale = last ? update.target_scale : 0;
    add_few_steps(next, done == 0, context);
    next.matrix.values = x_.data();
  }
}

void NewtonSchulz::add_few_steps(const OrthogonalUpdate& update, bool normalise, StepContext context) {
  const kernels::MatrixView& matrix = update.matrix;
  const bool tall = matrix.rows > matrix.columns;
  const int size = std::min(matrix.rows, matrix.columns);
  form_a(matrix, context);
  float scale = update.scale;
  if (normalise) {
    double squares = 0;
    for (int i = 0; i < size; ++i) squares += a_[at(i) * at(size) + at(i)];
    const auto to_unit = static_cast<float>(1 / (std::sqrt(squares) + kSmallestNorm));
    for (float& value : a_) value *= to_unit * to_unit;
    scale *= to_unit;
  }
  iterate(size, update.steps, context);
  pack(q_, size, factor_columns_, context);
  kernels::matrix_product(context.threads, context.tile_product,
                          {.a = tall ? x_rows_ : square_rows_,
                           .b = tall ? factor_columns_ : x_columns_,
                           .c = update.target,
                           .scale = scale,
                           .addend = update.target_scale == 0 ? nullptr : update.target,
                           .addend_scale = update.target_scale});
}

void NewtonSchulz::form_a(const kernels::MatrixView& matrix, StepContext context) {
  ThreadPool& threads = context.threads;
  const int size = std::min(matrix.rows, matrix.columns);
  a_.resize(at(size) * at(size));
  pack_rows(threads, context.tile_product, matrix, x_rows_);
  pack_columns(threads, context.tile_product, x_rows_, x_columns_);
  if (matrix.rows <= matrix.columns) {
    pack_transposed(threads, context.tile_product, x_rows_, factor_columns_);
    matrix_product(threads, context.tile_product,
                   {.a = x_rows_, .b = factor_columns_, .c = a_.data(), .symmetric = true});
    return;
  }
  const std::vector<float> transposed = transpose(matrix);
  pack_rows(threads, context.tile_product, {transposed.data(), matrix.columns, matrix.rows}, square_rows_);
  matrix_product(threads, context.tile_product,
                 {.a = square_rows_, .b = x_columns_, .c = a_.data(), .symmetric = true});
}

// With A of X and B = b A + c A A, the next X is (a + B) X, and the next A is (a + B) A (a + B), in which all
// factors are polynomials of the same matrix: symmetric, and in any order.
void NewtonSchulz::iterate(int size, int steps, StepContext context) {
  for (std::vector<float>* square : {&b_, &q_, &product_}) square->resize(a_.size());
  form_b(size, context);
  q_ = b_;
  for (int i = 0; i < size; ++i) q_[at(i) * at(size) + at(i)] += kLinear;
  for (int step = 1; step < steps; ++step) {
    multiply_by_step(a_columns_, a_, product_, context);
    pack(product_, size, factor_columns_, context);
    multiply_by_step(factor_columns_, product_, a_, context);
    form_b(size, context);
    pack(q_, size, factor_columns_, context);
    multiply_by_step(factor_columns_, q_, product_, context);
    std::swap(q_, product_);
  }
}

void NewtonSchulz::form_b(int size, StepContext context) {
  pack(a_, size, a_columns_, context);
  kernels::matrix_product(context.threads, context.tile_product,
                          {.a = square_rows_,
                           .b = a_columns_,
                           .c = b_.data(),
                           .scale = kQuintic,
                           .addend = a_.data(),
                           .addend_scale = kCubic,
                           .symmetric = true});
  kernels::pack_rows(context.threads, context.tile_product, {b_.data(), size, size}, b_rows_);
}

void NewtonSchulz::pack(const std::vector<float>& square, int size, kernels::ColumnTiles& columns,
                        StepContext context) {
  kernels::pack_rows(context.threads, context.tile_product, {square.data(), size, size}, square_rows_);
  kernels::pack_columns(context.threads, context.tile_product, square_rows_, columns);
}

void NewtonSchulz::multiply_by_step(const kernels::ColumnTiles& columns, const std::vector<float>& square,
                                    std::vector<float>& product, StepContext context) {
  kernels::matrix_product(context.threads, context.tile_product,
                          {.a = b_rows_,
                           .b = columns,
                           .c = product.data(),
                           .addend = square.data(),
                           .addend_scale = kLinear,
                           .symmetric = true});
}

}  // namespace ftl::optim

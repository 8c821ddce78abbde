// The nearest semi-orthogonal matrix, roughly: every singular value pulled towards 1. The heart of Muon
// (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024).
#pragma once

#include <vector>

#include "kernels/matrix_product/matrix_product.hpp"
#include "optim/optimizer.hpp"

namespace ftl::optim {

// target <- target_scale * target + scale * X, both fp32 [rows][columns], with X after `steps` (at least 1)
// of
//   A = X X^T, X <- a X + (b A + c A A) X, (a, b, c) = (3.4445, -4.7750, 2.0315), X_0 = matrix / (norm +
//   1e-7)
// (on the transpose when there are more rows than columns). Norms up to 1e18.
struct OrthogonalUpdate {
  kernels::MatrixView matrix;
  int steps = 3;
  float scale = 1;
  float* target = nullptr;
  float target_scale = 1;
};

// Holds the memory that the iteration needs, but for a tall matrix' transpose, for any sizes one after
// another.
//
// X is only ever multiplied by polynomials of X X^T, so the iteration runs on the smaller of the two square
// matrices, and a wide X takes part in two products, not in two a step. Products have bf16 operands and fp32
// sums. Rounding errors of the square matrix grow twelvefold a step: after every third one X is formed.
class NewtonSchulz {
 public:
  void add(const OrthogonalUpdate& update, StepContext context);

 private:
  // As add(), with X_0 = matrix unless it is to be normalised, and no more steps than errors allow.
  void add_few_steps(const OrthogonalUpdate& update, bool normalise, StepContext context);
  // A = X X^T (of a tall X, X^T X); X stays packed.
  void form_a(const kernels::MatrixView& matrix, StepContext context);
  // Q such that X after so many steps is Q X (of a tall X, X Q), with A as its size x size start.
  void iterate(int size, int steps, StepContext context);
  // B = b A + c A A, packed as well.
  void form_b(int size, StepContext context);
  // product = (a + B) square, for a square matrix that comes packed as well.
  void multiply_by_step(const kernels::ColumnTiles& columns, const std::vector<float>& square,
                        std::vector<float>& product, StepContext context);
  void pack(const std::vector<float>& square, int size, kernels::ColumnTiles& columns, StepContext context);

  std::vector<float> x_;  // where there are too many steps for one polynomial
  std::vector<float> a_, b_, q_, product_;
  kernels::RowTiles x_rows_, square_rows_, b_rows_;
  kernels::ColumnTiles x_columns_, a_columns_, factor_columns_;
};

}  // namespace ftl::optim

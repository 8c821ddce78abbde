// The nearest semi-orthogonal matrix, roughly: every singular value pulled towards 1. The heart of Muon
// (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024).
#pragma once

#include <span>
#include <vector>

#include "kernels/matrix_product/matrix_product.hpp"
#include "optim/optimizer.hpp"

namespace ftl::optim {

// Holds the memory that the iteration needs, for matrices of any size one after another.
class NewtonSchulz {
 public:
  // Overwrites `matrix`, fp32 [rows][columns], with X after `steps` of
  //   A = X X^T, X <- a X + (b A + c A A) X, (a, b, c) = (3.4445, -4.7750, 2.0315), X_0 = matrix / (norm +
  //   1e-7)
  // (on the transpose when rows > columns). Products have bf16 operands and fp32 sums, X itself stays fp32.
  void orthogonalize(std::span<float> matrix, int rows, int columns, int steps, StepContext context);

 private:
  void iterate(float* x, int rows, int columns, StepContext context);

  std::vector<float> transposed_;
  std::vector<float> a_;
  std::vector<float> b_;
  kernels::RowTiles row_tiles_;  // of X, then of A, then of b A + c A A: each is done with before the next
  kernels::ColumnTiles x_;
  kernels::ColumnTiles x_transposed_;
  kernels::ColumnTiles a_tiles_;
};

}  // namespace ftl::optim

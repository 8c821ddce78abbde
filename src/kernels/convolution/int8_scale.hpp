// What 8-bit integers are multiples of. Used by every ISA's kernels, so plain and free of the standard
// library.
#pragma once

namespace ftl::kernels {
namespace {

// Of two magnitudes, or NaN if one of them is.
inline float larger_magnitude(float a, float b) {
  return a >= b || a != a ? a : b;
}

inline constexpr float kLargestInteger = 127;

// What integers are multiplied by, and values to get them. Smaller values than a float's reciprocal allows
// become 0; where there is a NaN, all that is scaled becomes NaN.
struct IntegerScale {
  float scale = 0;
  float inverse = 0;

  explicit IntegerScale(float largest) {
    if (largest < 1e-30f) return;
    scale = largest / kLargestInteger;
    inverse = kLargestInteger / largest;
  }
};

}  // namespace
}  // namespace ftl::kernels

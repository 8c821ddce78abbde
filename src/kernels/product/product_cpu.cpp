#include "kernels/product/amx.hpp"
#include "kernels/product/amx_shared_products.hpp"
#include "kernels/product/avx512_bf16.hpp"
#include "kernels/product/avx512_vnni.hpp"
#include "kernels/product/avx_vnni.hpp"
#include "kernels/product/fp32.hpp"
#include "kernels/product/int16_pairs.hpp"
#include "kernels/product/operand_layout.hpp"
#include "kernels/product/plain_shared_products.hpp"
#include "kernels/product/product.hpp"

namespace ftl::kernels::FTL_ISA {

extern const TileProductKernels kTileProduct;

namespace {

void nothing() {}

struct Bf16Products {
  ProductRate rate;
  void (*multiply)(const TileSum& sum, int row_count, bool accumulate, float* result);
  void (*burn)(long repetitions);
  void (*begin)() = nothing;
  void (*end)() = nothing;
};

struct Int8Products {
  ProductRate rate;
  void (*multiply)(const TileSum& sum, int row_count, bool accumulate, float* result);
  void (*burn)(long repetitions);
};

// The ways to multiply that this instruction set has, of each kind the fastest first, which is the one that
// is taken. Rates: AMX multiplies 16 x 16 x 32 bf16 in 16 cycles, in which two units for 512-bit vectors do
// 512 fp32 multiply-adds.
constexpr Bf16Products kBf16Products[] = {
#if defined(__AMX_BF16__)
    {{"TDPBF16PS", 32, 16},
     amx_products::multiply_bf16,
     amx_products::burn,
     amx_products::begin,
     amx_products::end},
#endif
#if defined(__AVX512BF16__)
    {{"VDPBF16PS", 2, 2}, avx512_bf16_products::multiply, avx512_bf16_products::burn},
#endif
    {{"fp32 multiply-add", 1, 1}, fp32_products::multiply, fp32_products::burn},
};
constexpr const Bf16Products& kBf16 = kBf16Products[0];

constexpr Int8Products kInt8Products[] = {
#if defined(__AMX_INT8__)
    {{"TDPBSSD", 64, 32}, amx_products::multiply_int8, amx_products::burn_int8},
#endif
#if defined(__AVX512VNNI__)
    {{"VPDPBUSD", 4, 4}, avx512_vnni_products::multiply, avx512_vnni_products::burn},
#endif
#if defined(__AVXVNNI__)
    {{"VPDPBUSD", 4, 4}, avx_vnni_products::multiply, avx_vnni_products::burn},
#endif
    {int16_pair_products::kRate, int16_pair_products::multiply, int16_pair_products::burn},
};
constexpr const Int8Products& kInt8 = kInt8Products[0];

constexpr SharedProductKernels kSharedProducts[] = {
#if defined(__AMX_BF16__) && defined(__AMX_INT8__)
    {amx_products::multiply_quad, amx_products::store_quad, amx_products::add_tap_products,
     amx_products::store_taps, true},
#endif
    {plain_shared_products::multiply_quad, plain_shared_products::store_quad,
     plain_shared_products::add_tap_products, plain_shared_products::store_taps, false},
};

void multiply(const TileSum& sum, int row_count, bool accumulate, float* result) {
  if (sum.int8) {
    kInt8.multiply(sum, row_count, accumulate, result);
  } else {
    kBf16.multiply(sum, row_count, accumulate, result);
  }
}

}  // namespace

const TileProductKernels kTileProduct{.multiply = multiply,
                                      .burn = kBf16.burn,
                                      .burn_int8 = kInt8.burn,
                                      .begin = kBf16.begin,
                                      .end = kBf16.end,
                                      .pack_rows = pack_rows,
                                      .pair_rows = pair_rows,
                                      .pair_columns = pair_columns,
                                      .transpose = transpose,
                                      .shared = kSharedProducts[0],
                                      .bf16_rate = kBf16.rate,
                                      .int8_rate = kInt8.rate};

}  // namespace ftl::kernels::FTL_ISA

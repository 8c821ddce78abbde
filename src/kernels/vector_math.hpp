// Transcendental functions on vectors, for kernel bodies (see simd.hpp). Results are stored in bf16, so they
// are as accurate as a few units of fp32 and no more; vector_math_test.cpp holds them to the errors stated
// here.
#pragma once

#include "kernels/simd.hpp"

namespace ftl::kernels {
namespace {

// coefficients[0] + coefficients[1] v + coefficients[2] v^2 + ...
template <int kTerms>
inline vfloat polynomial(const float (&coefficients)[kTerms], vfloat v) {
  vfloat sum = broadcast(coefficients[kTerms - 1]);
#pragma GCC unroll 16
  for (int term = kTerms - 2; term >= 0; --term) sum = sum * v + coefficients[term];
  return sum;
}

inline vfloat clamp(vfloat x, float low, float high) {
  return minimum(maximum(x, broadcast(low)), broadcast(high));
}

// e^x for x in [-87, 88], the nearer bound's value outside; relative error below 3e-7 + 8e-8 |x|, and exact
// at 0. As 2^n 2^f with n the nearest integer to x / ln 2; 2^f is a polynomial through the Chebyshev points
// of [-1/2, 1/2].
inline vfloat exponential(vfloat x) {
  constexpr float kLog2E = 1.44269504f;
  constexpr float kRound = 0x1.8p23f;  // adding it leaves the nearest integer in the lowest mantissa bits
  constexpr float kPowerOf2[] = {1.0f, 0.69314718f, 0.24022107f, 0.055503271f, 0.0096760374f, 0.0013400433f};
  const vfloat bounded = clamp(x, -87.0f, 88.0f);
  const vfloat shifted = bounded * kLog2E + kRound;
  const vfloat fraction = bounded * kLog2E - (shifted - kRound);
  const vint exponent = reinterpret_cast<vint>(shifted) << 23;
  return reinterpret_cast<vfloat>(reinterpret_cast<vint>(polynomial(kPowerOf2, fraction)) + exponent);
}

#if defined(__AVX512F__)

// An odd function that is constant outside [-bound, bound]: a cubic around each of 32 points that are
// bound / 31.5 apart from 0 on, whose coefficients are looked up in registers, two of 16 values to a power.
struct PiecewiseCubic {
  alignas(64) float coefficients[4][32];
};

inline vfloat odd_function(const PiecewiseCubic& cubic, float bound, vfloat x) {
  constexpr float kRound = 0x1.8p23f;  // adding it leaves the nearest integer in the lowest mantissa bits
  const __m512 sign = _mm512_set1_ps(-0.0f);
  const __m512 value = reinterpret_cast<__m512>(x);
  const vfloat magnitude =
      minimum(reinterpret_cast<vfloat>(_mm512_andnot_ps(sign, value)), broadcast(bound * (1 - 0x1p-12f)));
  const auto piece = reinterpret_cast<__m512i>(magnitude * (31.5f / bound) + kRound);
  vfloat sum{};
#pragma GCC unroll 4
  for (int power = 3; power >= 0; --power) {
    const auto coefficient = reinterpret_cast<vfloat>(_mm512_permutex2var_ps(
        _mm512_load_ps(cubic.coefficients[power]), piece, _mm512_load_ps(cubic.coefficients[power] + 16)));
    sum = power == 3 ? coefficient : sum * magnitude + coefficient;
  }
  return reinterpret_cast<vfloat>(_mm512_xor_ps(reinterpret_cast<__m512>(sum), _mm512_and_ps(sign, value)));
}

// Fitted piece by piece through the Chebyshev points; a third cheaper than one polynomial.

// Phi(x) - 1/2 = erf(x / sqrt 2) / 2, Phi the standard normal distribution; absolute error below 5e-7.
inline vfloat normal_distribution_minus_half(vfloat x) {
  static constexpr PiecewiseCubic kCubic{
      {{-4.41121648e-18f, -3.04542823e-06f, -0.000113856244f, -0.000829161203f, -0.00317701837f,
        -0.00848333817f,  -0.0178139601f,   -0.0313052386f,   -0.0476664118f,   -0.0640866384f,
        -0.0766324773f,   -0.0810417607f,   -0.0736799911f,   -0.0523764528f,   -0.0169088487f,
        0.0309718307f,    0.087941803f,     0.149784088f,     0.212150425f,     0.271223396f,
        0.324158281f,     0.369263351f,     0.405947655f,     0.434508115f,     0.455842346f,
        0.471160859f,     0.481749743f,     0.488805264f,     0.493341774f,     0.496159077f,
        0.497850329f,     0.498832434f},
       {0.398942143f,   0.399025887f,  0.400338769f,  0.405630499f,   0.418187827f,   0.440376729f,
        0.472388715f,   0.511624336f,  0.552920043f,  0.589543521f,   0.614643991f,   0.622727931f,
        0.610762775f,   0.578657269f,  0.529072106f,  0.466694504f,   0.397227764f,   0.326365322f,
        0.258969069f,   0.198570922f,  0.147216454f,  0.105587579f,   0.0733020902f,  0.0492814742f,
        0.0321008228f,  0.0202674754f, 0.0124080973f, 0.00736868288f, 0.00424617343f, 0.00237498619f,
        0.00128973729f, 0.00068018923f},
       {1.79013044e-15f,  -0.000774020795f, -0.00603369437f, -0.0191632248f,   -0.0416243821f,
        -0.0726155564f,   -0.109275274f,    -0.147347987f,   -0.182117179f,    -0.209360883f,
        -0.226107612f,    -0.231048271f,    -0.224564716f,   -0.208432481f,    -0.185319871f,
        -0.158226639f,    -0.129986823f,    -0.102916613f,   -0.0786360279f,   -0.0580491945f,
        -0.0414402969f,   -0.028632177f,    -0.0191599503f,  -0.0124252737f,   -0.00781301316f,
        -0.00476577505f,  -0.00282116537f,  -0.00162129162f, -0.000904839544f, -0.000490552455f,
        -0.000258413726f, -0.000132301153f},
       {-0.0664119124f,  -0.0639301464f,  -0.0567914099f,  -0.0458628498f,  -0.0324259214f,  -0.0179679524f,
        -0.00395465922f, 0.0083722081f,   0.0181374196f,   0.024896631f,    0.0286226328f,   0.02962921f,
        0.0284579117f,   0.0257552024f,   0.0221633185f,   0.0182399619f,   0.0144125912f,   0.0109650297f,
        0.008048811f,    0.00570950611f,  0.00391877955f,  0.00260507618f,  0.00167864282f,  0.00104918971f,
        0.000636428478f, 0.000374843105f, 0.000214451153f, 0.000119216522f, 6.44175452e-05f, 3.38411883e-05f,
        1.72886466e-05f, 8.59090869e-06f}}};
  return odd_function(kCubic, 5.0f, x);
}

// (x Phi(x))' - 1/2 = Phi(x) - 1/2 + x phi(x), phi the standard normal density; absolute error below 1e-6.
inline vfloat gelu_derivative_minus_half(vfloat x) {
  static constexpr PiecewiseCubic kCubic{
      {{-8.97124854e-18f, -2.91241922e-05f, -0.00105871959f, -0.00734748412f, -0.0262288023f, -0.0635143667f,
        -0.116821237f,    -0.171116367f,    -0.20006673f,    -0.173788771f,   -0.0700780153f, 0.115813628f,
        0.36723873f,      0.649759233f,     0.92070049f,     1.14078391f,     1.28362453f,    1.3402983f,
        1.31842792f,      1.23720419f,      1.12073886f,     0.992027283f,    0.868947744f,   0.762671411f,
        0.678050697f,     0.615163565f,     0.571203828f,    0.542145431f,    0.52391088f,    0.513016582f,
        0.506805301f,     0.503419757f},
       {0.797883451f,    0.798611879f,   0.809720218f,   0.852101326f,   0.944124222f,   1.08626485f,
        1.25313902f,     1.39751375f,    1.46498859f,    1.41304219f,    1.22640371f,    0.922749579f,
        0.547191083f,    0.158566147f,   -0.186796516f,  -0.448201269f,  -0.607116163f,  -0.666584551f,
        -0.645410657f,   -0.570128083f,  -0.467549086f,  -0.359639198f,  -0.261211246f,  -0.179976761f,
        -0.118035637f,   -0.0738755614f, -0.0442136303f, -0.0253444836f, -0.0139334882f, -0.00735472701f,
        -0.00373087148f, -0.00182028371f},
       {3.64171482e-15f, -0.00612681638f, -0.0466582179f,  -0.142456368f,  -0.292453498f,  -0.473446816f,
        -0.647815645f,   -0.77590549f,    -0.8283512f,     -0.79412061f,   -0.682114005f,  -0.516712904f,
        -0.329661399f,   -0.151421383f,   -0.00464619882f, 0.0988685936f,  0.157810822f,   0.178613231f,
        0.171780556f,    0.148519203f,    0.118399836f,    0.088240169f,   0.0619998798f,  0.0413004458f,
        0.0261859912f,   0.015848713f,    0.00917680282f,  0.00509232562f, 0.00271190656f, 0.00138759811f,
        0.000682804442f, 0.000323386019f},
       {-0.265392125f,    -0.247511566f,    -0.197402224f,    -0.12475457f,     -0.0429815538f,
        0.0339977518f,    0.0948137194f,    0.132729873f,     0.146323904f,     0.138804689f,
        0.116388939f,     0.0863463134f,    0.0552821718f,    0.0280254632f,    0.00722818868f,
        -0.00643819338f,  -0.0137266796f,   -0.0161525179f,   -0.0154176233f,   -0.0130215259f,
        -0.0100733126f,   -0.00726326788f,  -0.00493122591f,  -0.00317293522f,  -0.00194346835f,
        -0.00113680772f,  -0.000636534998f, -0.000341804902f, -0.000176271671f, -8.74059333e-05f,
        -4.17127121e-05f, -1.91739091e-05f}}};
  return odd_function(kCubic, 5.5f, x);
}

// 1 / (1 + e^-x); absolute error below 4e-6.
inline vfloat logistic(vfloat x) {
  static constexpr PiecewiseCubic kCubic{
      {{-3.15226554e-17f, -6.98349977e-05f, -0.00212600851f, -0.0111424038f, -0.0274682399f, -0.0420915782f,
        -0.0431125127f,   -0.0240008011f,   0.0142875984f,   0.0660380125f,  0.124307223f,   0.183163792f,
        0.238500208f,     0.287976742f,     0.330617607f,    0.366359353f,   0.395675778f,   0.419308305f,
        0.438089758f,     0.452839047f,     0.464304537f,    0.473138988f,   0.479893506f,   0.485022217f,
        0.488892347f,     0.491796374f,     0.493964314f,    0.49557516f,    0.496766895f,   0.49764502f,
        0.498289675f,     0.498761266f},
       {0.249998823f,    0.250740886f,   0.260229677f,   0.286262512f,   0.320393741f,    0.344423205f,
        0.346126825f,    0.324959487f,   0.287920237f,   0.243648887f,   0.199008033f,    0.158195823f,
        0.123155788f,    0.0943315327f,  0.071330145f,   0.0533807613f,  0.0396087989f,   0.0291804634f,
        0.0213668533f,   0.0155627877f,  0.0112825781f,  0.00814562012f, 0.00585888606f,  0.0041998201f,
        0.0030012168f,   0.00213856925f, 0.00151985604f, 0.00107749971f, 0.000762149692f, 0.000537943852f,
        0.000378935743f, 0.000266427465f},
       {1.71109433e-15f,  -0.00265656575f,  -0.0174812824f,   -0.0427003913f,   -0.0665659979f,
        -0.0797521248f,   -0.0806606039f,   -0.0728392676f,   -0.0608869754f,   -0.0482553281f,
        -0.0368500762f,   -0.0274132155f,   -0.020014897f,    -0.01441589f,     -0.0102791404f,
        -0.00727384165f,  -0.00511692185f,  -0.00358278421f,  -0.00249907793f,  -0.00173765677f,
        -0.00120498019f,  -0.000833651284f, -0.000575571379f, -0.000396662013f, -0.000272914505f,
        -0.000187491562f, -0.000128629355f, -8.81349333e-05f, -6.03178487e-05f, -4.12352529e-05f,
        -2.81609846e-05f, -1.92137122e-05f},
       {-0.020722948f,   -0.0174160469f,  -0.0095630521f,  -0.00136573869f, 0.00421515759f,  0.00663133571f,
        0.00678823376f,  0.0058240667f,   0.0045374888f,   0.00333543238f,  0.00236368109f,  0.00163605751f,
        0.00111520372f,  0.00075257913f,  0.000504527881f, 0.000336767407f, 0.000224144882f, 0.000148903287f,
        9.87951134e-05f, 6.54947798e-05f, 4.33950154e-05f, 2.87418989e-05f, 1.90321043e-05f, 1.26005407e-05f,
        8.34153343e-06f, 5.52169467e-06f, 3.65492838e-06f, 2.41920202e-06f, 1.6012408e-06f,  1.05982792e-06f,
        7.01471777e-07f, 4.64282749e-07f}}};
  return odd_function(kCubic, 13.0f, x) + 0.5f;
}

// (x logistic(x))' - 1/2; absolute error below 2e-5.
inline vfloat silu_derivative_minus_half(vfloat x) {
  static constexpr PiecewiseCubic kCubic{
      {{-7.51373083e-17f, -0.000795777072f, -0.019887289f, -0.0739448071f, -0.101451837f, -0.0219000466f,
        0.165612951f,     0.397223264f,     0.607231915f,  0.760155678f,   0.849352777f,  0.884426594f,
        0.880465865f,     0.852021396f,     0.810700238f,  0.764743626f,   0.719461024f,  0.677914739f,
        0.64158386f,      0.610909402f,     0.58570379f,   0.565439045f,   0.549438655f,  0.536997497f,
        0.527450979f,     0.520210087f,     0.514773905f,  0.510729909f,   0.507746279f,  0.505561411f,
        0.503972352f,     0.50282377f},
       {0.499987572f,     0.507349968f,    0.584742308f,    0.722733557f,    0.775991797f,    0.66686815f,
        0.4523471f,       0.227138832f,    0.0498542413f,   -0.0641697496f,  -0.123753667f,   -0.145036981f,
        -0.142981768f,    -0.128688931f,   -0.109411828f,   -0.0894336626f,  -0.0710116625f,  -0.055131197f,
        -0.0420366265f,   -0.0315779895f,  -0.023424603f,   -0.0171892494f,  -0.0124950614f,  -0.00900736637f,
        -0.00644508982f,  -0.00458099088f, -0.00323642674f, -0.00227396796f, -0.00158971443f, -0.00110623613f,
        -0.000766525103f, -0.000529044657f},
       {1.95843335e-15f, -0.0229970757f,  -0.12932165f,    -0.247505352f,  -0.281839699f,  -0.231870532f,
        -0.149953797f,   -0.0768880695f,  -0.026965281f,   0.00139020628f, 0.0146632642f,  0.0189694632f,
        0.0186150223f,   0.0162204616f,   0.0132220723f,   0.0103265429f,  0.00782794598f, 0.00580427889f,
        0.00423086248f,  0.00304207322f,  0.00216283859f,  0.00152324734f, 0.00106414687f, 0.000738212548f,
        0.000508957077f, 0.000348982372f, 0.000238121953f, 0.00016176331f, 0.00010945223f, 7.37883311e-05f,
        4.95795866e-05f, 3.3211385e-05f},
       {-0.0824546218f,   -0.0574213266f,   -0.0078695165f,   0.0260813478f,    0.0334514081f,
        0.0258125104f,    0.0153715704f,    0.00746219931f,   0.00277280668f,   0.000421042903f,
        -0.000564947841f, -0.000855446386f, -0.000835137791f, -0.000701379322f, -0.000545886171f,
        -0.000405971048f, -0.000292989105f, -0.00020701655f,  -0.000143988567f, -9.89416003e-05f,
        -6.73335671e-05f, -4.54627334e-05f, -3.04944369e-05f, -2.03404707e-05f, -1.35025448e-05f,
        -8.92595472e-06f, -5.87891827e-06f, -3.85944304e-06f, -2.52631298e-06f, -1.64934977e-06f,
        -1.07426206e-06f, -6.9818924e-07f}}};
  return odd_function(kCubic, 15.0f, x);
}

#else

// An odd function that is constant outside [-bound, bound]: x times a polynomial in v = 2 (x / bound)^2 - 1.
template <int kTerms>
inline vfloat odd_polynomial(const float (&coefficients)[kTerms], float bound, vfloat x) {
  const vfloat inside = clamp(x, -bound, bound);
  const vfloat v = inside * inside * (2.0f / (bound * bound)) - 1.0f;
  return inside * polynomial(coefficients, v);
}

// Polynomials through the Chebyshev points cost half of the usual forms with an exponential and a division
// (such as Abramowitz and Stegun 7.1.26), which matters: these two run on every activation of a network with
// GELU.

// Phi(x) - 1/2 = erf(x / sqrt 2) / 2, Phi the standard normal distribution; absolute error below 5e-7.
inline vfloat normal_distribution_minus_half(vfloat x) {
  constexpr float kCoefficients[] = {0.141363814f,   -0.0702959076f,  0.0515179299f,  -0.0404512808f,
                                     0.0314767584f,  -0.0232131276f,  0.0162360892f,  -0.0113071250f,
                                     0.00676652743f, -0.00252691680f, 0.00137459615f, -0.00167673093f,
                                     0.000735376379f};
  return odd_polynomial(kCoefficients, 5.0f, x);
}

// (x Phi(x))' - 1/2 = Phi(x) - 1/2 + x phi(x), phi the standard normal density; absolute error below 1e-6.
inline vfloat gelu_derivative_minus_half(vfloat x) {
  constexpr float kCoefficients[] = {0.128759131f,   -0.0657396019f,  0.0536746792f, -0.0537485667f,
                                     0.0601187199f,  -0.0685841218f,  0.0757919401f, -0.0743501857f,
                                     0.0592208020f,  -0.0492696502f,  0.0518635660f, -0.0332375877f,
                                     0.00229077833f, -0.00253702491f, 0.0126771703f, -0.00602092175f};
  return odd_polynomial(kCoefficients, 5.5f, x);
}

// 1 / (1 + e^-x); absolute error below 4e-6.
inline vfloat logistic(vfloat x) {
  return 1.0f / (1.0f + exponential(-x));
}

// (x logistic(x))' - 1/2; absolute error below 2e-5.
inline vfloat silu_derivative_minus_half(vfloat x) {
  const vfloat s = logistic(x);
  return s + x * s * (1.0f - s) - 0.5f;
}

#endif

}  // namespace
}  // namespace ftl::kernels

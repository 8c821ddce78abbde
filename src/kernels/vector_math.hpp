// Transcendental functions on vectors of finite numbers (NaN stays NaN), for kernel bodies (see simd.hpp).
// Results are stored in bf16, so they are as accurate as a few units of fp32 and no more (SiLU on AVX-512: as
// 1e-4). vector_math_test.cpp holds the portable forms to the errors stated here, activation_test.cpp all
// forms to what bf16 shows of them.
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

// NaN stays NaN.
inline vfloat clamp(vfloat x, float low, float high) {
  return minimum(broadcast(high), maximum(broadcast(low), x));
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

// A function of a magnitude: a polynomial on each of 32 pieces around points bound / 31.5 apart from 0 on,
// the last one to infinity, whose coefficients are looked up in registers, two of 16 values to a power.
// Fitted piece by piece for the smallest error. Cubics (four powers) are a third cheaper than one polynomial
// for all magnitudes, and parabolas a sixth cheaper than those.
template <int kPowers>
struct Pieces {
  alignas(64) float coefficients[kPowers][32];
};

inline vfloat magnitude(vfloat x) {
  return reinterpret_cast<vfloat>(_mm512_andnot_ps(_mm512_set1_ps(-0.0f), reinterpret_cast<__m512>(x)));
}

template <int kPowers>
inline vfloat piecewise(const Pieces<kPowers>& pieces, float bound, vfloat magnitude) {
  constexpr float kRound = 0x1.8p23f;  // adding it leaves the nearest integer in the lowest mantissa bits
  const vfloat bounded = minimum(magnitude, broadcast(bound * (1 - 0x1p-12f)));
  const auto piece = reinterpret_cast<__m512i>(bounded * (31.5f / bound) + kRound);
  vfloat sum{};
#pragma GCC unroll 4
  for (int power = kPowers - 1; power >= 0; --power) {
    const auto coefficient = reinterpret_cast<vfloat>(_mm512_permutex2var_ps(
        _mm512_load_ps(pieces.coefficients[power]), piece, _mm512_load_ps(pieces.coefficients[power] + 16)));
    sum = power == kPowers - 1 ? coefficient : sum * magnitude + coefficient;
  }
  return sum;
}

// Of an odd function, given where x is positive.
template <int kPowers>
inline vfloat odd_piecewise(const Pieces<kPowers>& pieces, float bound, vfloat x) {
  constexpr int kFirstXorSecondAndThird = 0x78;
  const vfloat sum = piecewise(pieces, bound, magnitude(x));
  return reinterpret_cast<vfloat>(
      _mm512_ternarylogic_epi32(reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(x),
                                _mm512_set1_epi32(static_cast<int>(0x80000000u)), kFirstXorSecondAndThird));
}

// x Phi(x), Phi the standard normal distribution; absolute error below 1e-6.
inline vfloat gelu(vfloat x) {
  // |x| (Phi(|x|) - 1/2)
  static constexpr Pieces<4> kPieces{{{0.000000000f,    4.44981924e-05f, 0.000762597017f, 0.00306433742f,
                                       0.00621928042f,  0.00617188867f,  -0.00450064335f, -0.0344922468f,
                                       -0.0902321413f,  -0.172462359f,   -0.274540097f,   -0.38332516f,
                                       -0.482382268f,   -0.556283236f,   -0.594455063f,   -0.59334296f,
                                       -0.556450069f,   -0.492559463f,   -0.413014561f,   -0.329008192f,
                                       -0.249584064f,   -0.18065761f,    -0.1249827f,     -0.0827589035f,
                                       -0.0525146984f,  -0.0319674052f,  -0.0186850671f,  -0.0104952864f,
                                       -0.00566913653f, -0.00294671417f, -0.00147470075f, 0.0f},
                                      {0.0f,           -0.00118299969f, -0.00921046175f, -0.0250519998f,
                                       -0.0408009887f, -0.0410654247f,  -0.00824593194f, 0.0705603734f,
                                       0.197937176f,   0.364050269f,    0.548776805f,    0.727064371f,
                                       0.875433147f,   0.977400839f,    1.02632415f,     1.02526307f,
                                       0.984526813f,   0.918067515f,    0.839972794f,    0.76191324f,
                                       0.691871643f,   0.634038448f,    0.589488626f,    0.557199061f,
                                       0.53505224f,    0.520618856f,    0.51165396f,     0.506334484f,
                                       0.503313601f,   0.501669228f,    0.500810206f,    0.5f},
                                      {0.399234265f,    0.410159498f,    0.440616429f,     0.477203071f,
                                       0.50349158f,     0.504397929f,    0.470719576f,     0.4016307f,
                                       0.304532945f,    0.192614049f,    0.0811317489f,    -0.0163031276f,
                                       -0.090402171f,   -0.137312055f,   -0.158217028f,    -0.157899335f,
                                       -0.1429037f,     -0.119856492f,   -0.0942960531f,   -0.0701152012f,
                                       -0.0495238267f,  -0.0333471373f,  -0.021463478f,    -0.0132319406f,
                                       -0.00782574061f, -0.00444596866f, -0.00242887973f,  -0.00127710623f,
                                       -0.0006467739f,  -0.00031568791f, -0.000148587205f, 0.0f},
                                      {-0.00903343037f, -0.0452713668f,  -0.0845099166f,  -0.112862073f,
                                       -0.127533391f,   -0.128161117f,   -0.116628125f,   -0.0964190736f,
                                       -0.0717289001f,  -0.0465793349f,  -0.0241425633f,  -0.0063864179f,
                                       0.00595300971f,  0.0131484009f,   0.0161265172f,   0.0160980504f,
                                       0.0142577272f,   0.0115931723f,   0.00880414713f,  0.00630697701f,
                                       0.00428888667f,  0.00278046238f,  0.00172371417f,  0.00102417276f,
                                       0.00058424304f,  0.000320418098f, 0.000169128558f, 8.59962383e-05f,
                                       4.21526092e-05f, 1.99305923e-05f, 9.09483606e-06f, 0.0f}}};
  return 0.5f * x + piecewise(kPieces, 5.5f, magnitude(x));
}

// Phi(x) + x phi(x), phi the standard normal density; absolute error below 2e-6.
inline vfloat gelu_derivative(vfloat x) {
  static constexpr Pieces<4> kPieces{
      {{0.0f,           -2.95696482e-05f, -0.00106160913f, -0.00735146692f,
        -0.0262234136f, -0.0634800121f,   -0.116737597f,   -0.170976058f,
        -0.199915469f,  -0.173607886f,    -0.0699526891f,  0.115832269f,
        0.367123365f,   0.649516582f,     0.920369267f,    1.14042234f,
        1.28329277f,    1.3400569f,       1.31827104f,     1.23714566f,
        1.12076151f,    0.992104352f,     0.869051576f,    0.762779534f,
        0.678148091f,   0.615242839f,     0.571263313f,    0.542187095f,
        0.523938298f,   0.513033628f,     0.506815374f,    0.5f},
       {0.797885954f,   0.798620701f,    0.809745908f,    0.852124512f,
        0.944101036f,   1.08614624f,     1.25289869f,     1.3971684f,
        1.46466172f,    1.41269648f,     1.22618806f,     0.922720313f,
        0.547356248f,   0.158887014f,    -0.186389804f,   -0.447786868f,
        -0.606759727f,  -0.666340232f,   -0.64526087f,    -0.570075154f,
        -0.467568517f,  -0.359702229f,   -0.261292338f,   -0.180057541f,
        -0.118105397f,  -0.0739300624f,  -0.0442529395f,  -0.0253709815f,
        -0.0139503079f, -0.00736483233f, -0.00373664056f, 0.0f},
       {-8.4039646e-05f, -0.00618049549f, -0.0467329882f,  -0.142501205f,
        -0.292420357f,   -0.473310888f,   -0.647585928f,   -0.775622487f,
        -0.82811594f,    -0.79390049f,    -0.681990325f,   -0.516697586f,
        -0.329740196f,   -0.151562735f,   -0.00481259869f, 0.0987103358f,
        0.157683209f,    0.178530812f,    0.171732888f,    0.148503229f,
        0.118405394f,    0.0882573575f,   0.062020991f,    0.0413205586f,
        0.0262026377f,   0.0158611983f,   0.00918546226f,  0.00509794662f,
        0.00271534687f,  0.00138959393f,  0.00068390579f,  0.0f},
       {-0.264736742f,    -0.247409329f,    -0.197330773f,    -0.124725923f,
        -0.0429972783f,   0.0339459106f,    0.0947406515f,    0.13265267f,
        0.146267548f,     0.138758019f,     0.116365336f,     0.086343646f,
        0.0552946962f,    0.0280462131f,    0.0072508743f,    -0.00641805306f,
        -0.0137114497f,   -0.0161432531f,   -0.01541257f,     -0.0130199222f,
        -0.0100738425f,   -0.00726482924f,  -0.00493305735f,  -0.00317460438f,
        -0.00194479234f,  -0.00113776093f,  -0.000637170742f, -0.000342202286f,
        -0.000176506219f, -8.75373007e-05f, -4.17827941e-05f, 0.0f}}};  // of it - 1/2
  return odd_piecewise(kPieces, 5.5f, x) + 0.5f;
}

// 1 / (1 + e^-x); absolute error below 4e-6.
inline vfloat logistic(vfloat x) {
  static constexpr Pieces<4> kPieces{
      {{0.0f,           -0.000100790377f, -0.00291705085f, -0.0143626938f,
        -0.0325949453f, -0.0445036814f,   -0.0368435308f,  -0.00551371463f,
        0.0448700562f,  0.105913363f,     0.169603512f,    0.230164573f,
        0.284263313f,   0.330495834f,     0.368735045f,    0.399582297f,
        0.42398113f,    0.442973942f,     0.457563907f,    0.468646437f,
        0.476983517f,   0.483202189f,     0.487805933f,    0.491191179f,
        0.493665338f,   0.49546358f,      0.496763945f,    0.497699916f,
        0.498370707f,   0.498849511f,     0.499190032f,    0.5f},
       {0.250002027f,    0.250991374f,   0.263086587f,    0.293877006f,
        0.329436421f,    0.347830474f,   0.338811189f,    0.306447476f,
        0.26112029f,     0.212585062f,   0.167246521f,    0.1282316f,
        0.0964083597f,   0.071388565f,   0.0522286184f,   0.0378395244f,
        0.0271935575f,   0.0194093194f,  0.0137717603f,   0.00972125586f,
        0.00683065131f,  0.00477984361f, 0.0033323192f,   0.00231527933f,
        0.00160363631f,  0.00110754045f, 0.000762881245f, 0.000524178962f,
        0.000359335623f, 0.00024580129f, 0.000167799313f, 0.0f},
       {-4.79333103e-05f, -0.00329697831f,  -0.0208846275f,   -0.0486764945f,
        -0.0718711168f,   -0.0813545138f,   -0.0778169706f,   -0.0666627437f,
        -0.053060092f,    -0.0401893258f,   -0.0294261221f,   -0.0210448485f,
        -0.0148029551f,   -0.0102884164f,   -0.00708762743f,  -0.0048498637f,
        -0.00330120907f,  -0.00223758677f,  -0.00151137158f,  -0.0010178457f,
        -0.000683735474f, -0.000458273687f, -0.000306548289f, -0.000204689728f,
        -0.000136454299f, -9.08305956e-05f, -6.03784283e-05f, -4.00848767e-05f,
        -2.65807539e-05f, -1.76066369e-05f, -1.16503488e-05f, 0.0f},
       {-0.0205585491f,  -0.016896341f,   -0.00822553225f, 0.000191084226f,
        0.00525038596f,  0.00688222377f,  0.00642005075f,  0.00513740582f,
        0.00377569464f,  0.0026373365f,   0.00178523199f,  0.00118484604f,
        0.000776618603f, 0.000505014614f, 0.000326737209f, 0.000210710321f,
        0.000135603943f, 8.71529337e-05f, 5.59657201e-05f, 3.59190926e-05f,
        2.30450041e-05f, 1.4781921e-05f,  9.48031084e-06f, 6.07959009e-06f,
        3.89852539e-06f, 2.49982713e-06f, 1.60290961e-06f, 1.0277829e-06f,
        6.59005991e-07f, 4.22546464e-07f, 2.70930428e-07f, 0.0f}}};  // of it - 1/2
  return odd_piecewise(kPieces, 14.0f, x) + 0.5f;
}

// x logistic(x); absolute error below 1e-4.
inline vfloat silu(vfloat x) {
  // |x| (logistic(|x|) - 1/2)
  static constexpr Pieces<3> kPieces{
      {{0.0f,           -0.00109983159f, -0.0178477127f,  -0.0737127992f,
        -0.17406781f,   -0.299250204f,   -0.419204313f,   -0.510123291f,
        -0.561363369f,  -0.573764829f,   -0.554769193f,   -0.514016088f,
        -0.460607783f,  -0.401872272f,   -0.343082887f,   -0.287660781f,
        -0.237556485f,  -0.193649147f,   -0.156092626f,   -0.124587064f,
        -0.0985780328f, -0.0773946225f,  -0.0603399716f,  -0.046746712f,
        -0.0360076755f, -0.0275898931f,  -0.02103785f,    -0.0159702591f,
        -0.0120732954f, -0.00909224206f, -0.00682278901f, 0.0f},
       {6.675174e-05f, 0.00888336028f, 0.0646896483f, 0.179087737f, 0.326839905f, 0.470551351f, 0.58336868f,
        0.655806249f,  0.691268848f,   0.698957694f,  0.688764424f, 0.668836574f, 0.644954101f, 0.62077606f,
        0.598362242f,  0.578686826f,   0.562045832f,  0.548346495f, 0.537298216f, 0.528531067f, 0.521664734f,
        0.516345269f,  0.512261886f,   0.509151987f,  0.506799692f, 0.505031149f, 0.503708606f, 0.502724325f,
        0.501994956f,  0.5014566f,     0.501060655f,  0.5f},
       {0.248969738f,     0.231325641f,     0.184446498f,     0.125688544f,
        0.0712128273f,    0.0299254392f,    0.00338170048f,   -0.0110530133f,
        -0.0171906026f,   -0.0183820333f,   -0.0170143778f,   -0.0145777998f,
        -0.0119075128f,   -0.00941900395f,  -0.00728240929f,  -0.00553599417f,
        -0.00415414432f,  -0.00308549596f,  -0.00227290296f,  -0.00166295108f,
        -0.00120975203f,  -0.00087578676f,  -0.000631355546f, -0.000453475849f,
        -0.000324658456f, -0.000231764395f, -0.000165022743f, -0.000117226997f,
        -8.30982665e-05f, -5.87919191e-05f, -4.15216857e-05f, 0.0f}}};
  return 0.5f * x + piecewise(kPieces, 12.25f, magnitude(x));
}

// s + x s (1 - s), s = logistic(x); absolute error below 1.3e-4.
inline vfloat silu_derivative(vfloat x) {
  static constexpr Pieces<3> kPieces{
      {{0.0f,          -0.00308394809f, -0.0191701281f, -0.0271524178f,
        0.0115600184f, 0.114017925f,    0.263360428f,   0.425547443f,
        0.570103289f,  0.67989304f,     0.750701764f,   0.78658679f,
        0.795242766f,  0.784901488f,    0.762751104f,   0.734382696f,
        0.703793614f,  0.673631203f,    0.645500731f,   0.620254157f,
        0.598228557f,  0.579429003f,    0.56366173f,    0.550627027f,
        0.53998132f,   0.531376686f,    0.524484374f,   0.519007368f,
        0.514685708f,  0.511297233f,    0.508655611f,   0.5f},
       {0.500899048f,    0.529169884f,    0.588243746f,    0.60737657f,
        0.549374853f,    0.427700256f,    0.281930624f,    0.147743112f,
        0.0440023478f,   -0.0255580293f,  -0.0657259247f,  -0.0841729015f,
        -0.0882754264f,  -0.0838716295f,  -0.0750861379f,  -0.0645973702f,
        -0.054012079f,   -0.0442047643f,  -0.0355797865f,  -0.0282570078f,
        -0.0221959181f,  -0.0172748919f,  -0.0133395757f,  -0.0102308904f,
        -0.00780003244f, -0.0059154594f,  -0.0044651372f,  -0.00335614156f,
        -0.00251291737f, -0.00187498116f, -0.00139451913f, 0.0f},
       {-0.0193257489f,  -0.0864837472f,  -0.141183575f,   -0.152560539f,
        -0.130809864f,   -0.0946496087f,  -0.0590547203f,  -0.0312858496f,
        -0.0126667739f,  -0.00164580893f, 0.00405191498f,  0.0064229685f,
        0.00690902093f,  0.00644014969f,  0.00556890671f,  0.00459929726f,
        0.00368346334f,  0.00288619004f,  0.00222502742f,  0.00169400169f,
        0.00127700056f,  0.000954949261f, 0.000709386771f, 0.000524029341f,
        0.000385257673f, 0.000282065111f, 0.000205766303f, 0.000149626724f,
        0.00010849402f,  7.84677687e-05f, 5.66204692e-05f, 0.0f}}};  // of it - 1/2
  return odd_piecewise(kPieces, 11.75f, x) + 0.5f;
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

// x Phi(x), Phi the standard normal distribution; absolute error below 5e-7 |x|.
inline vfloat gelu(vfloat x) {
  // Phi(x) - 1/2 = erf(x / sqrt 2) / 2
  constexpr float kCoefficients[] = {0.141363814f,   -0.0702959076f,  0.0515179299f,  -0.0404512808f,
                                     0.0314767584f,  -0.0232131276f,  0.0162360892f,  -0.0113071250f,
                                     0.00676652743f, -0.00252691680f, 0.00137459615f, -0.00167673093f,
                                     0.000735376379f};
  return x * odd_polynomial(kCoefficients, 5.0f, x) + 0.5f * x;
}

// Phi(x) + x phi(x), phi the standard normal density; absolute error below 1e-6.
inline vfloat gelu_derivative(vfloat x) {
  constexpr float kCoefficients[] = {0.128759131f,   -0.0657396019f,  0.0536746792f, -0.0537485667f,
                                     0.0601187199f,  -0.0685841218f,  0.0757919401f, -0.0743501857f,
                                     0.0592208020f,  -0.0492696502f,  0.0518635660f, -0.0332375877f,
                                     0.00229077833f, -0.00253702491f, 0.0126771703f, -0.00602092175f};
  return odd_polynomial(kCoefficients, 5.5f, x) + 0.5f;
}

// 1 / (1 + e^-x); absolute error below 4e-6.
inline vfloat logistic(vfloat x) {
  return 1.0f / (1.0f + exponential(-x));
}

// x logistic(x); absolute error below 4e-6 |x|.
inline vfloat silu(vfloat x) {
  return x * logistic(x);
}

// s + x s (1 - s), s = logistic(x); absolute error below 2e-5.
inline vfloat silu_derivative(vfloat x) {
  const vfloat s = logistic(x);
  return s + x * s * (1.0f - s);
}

#endif

}  // namespace
}  // namespace ftl::kernels

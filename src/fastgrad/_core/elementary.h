/* Elementary functions of one number or two, for the loops of vecmath.h. tools/polynomials.py prints the constants.

   F_usual computes in plain C, without branches: whichever instruction set runs it, in a vector or alone, the bits are
   the same. That needs IEEE arithmetic as written: multiply-adds are fused where `fma` says so and nowhere else
   (setup.py), no excess precision. Polynomials are summed in pairs (Estrin's scheme): a single number waits half as
   long for them. F_beyond sets its sign bit where an argument lies outside of what F_usual can do; F_alone does it all. */
#ifndef FASTGRAD_ELEMENTARY_H
#define FASTGRAD_ELEMENTARY_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "loops.h"

FG_INLINE uint64_t fg_bits(double x) {
    uint64_t u;
    memcpy(&u, &x, 8);
    return u;
}
FG_INLINE double fg_double(uint64_t u) {
    double x;
    memcpy(&x, &u, 8);
    return x;
}
FG_INLINE uint32_t fg_bitsf(float x) {
    uint32_t u;
    memcpy(&u, &x, 4);
    return u;
}
FG_INLINE float fg_floatf(uint32_t u) {
    float x;
    memcpy(&x, &u, 4);
    return x;
}
typedef uint64_t fg_bits_double;
typedef uint32_t fg_bits_float;
#define FG_SIGN ((uint64_t)1 << 63)
#define FG_ONE 0x3ff0000000000000u

/* Sets its sign bit if |x| > limit, or x is a NaN. */
FG_INLINE uint64_t fg_beyond(double x, double limit) { return fg_bits(limit) - (fg_bits(x) & ~FG_SIGN); }
FG_INLINE uint32_t fg_beyondf(float x, float limit) { return fg_bitsf(limit) - (fg_bitsf(x) & 0x7fffffffu); }

/* ------------------------------------------------------------------------------------------ sine, cosine
   x = n pi/2 + r, |r| <= pi/4, with pi/2 in three parts (Cody and Waite). For |n| < 2^17, x - n * P1 is exact, for it
   is a multiple of 2^-53 or of the last place of x; n * P2 is, and what r - (t - n * P2) finds, by the lemmas of
   Sterbenz and Dekker: where |t| < |n * P2|, the difference itself is exact. What the parts leave out is below
   2^-142 n, while no double in range lies closer than 2^-69 n to a multiple of pi/2. */
#define FG_SINCOS_LIMIT 1e5
#define FG_ROUND 6755399441055744.0 /* 1.5 * 2^52: its last bit is one */

#define FG_2_PI 0.6366197723675814
#define FG_P1 1.5707963267948966
#define FG_P2 6.123233995707727e-17
#define FG_P3 2.9038559739793605e-28

typedef struct {
    double r, m;       /* the reduced argument is r - m */
    uint64_t quadrant; /* in the last two bits */
} fg_angle;

FG_INLINE fg_angle fg_reduce(double x) {
    fg_angle a;
    const double s = fma(x, FG_2_PI, FG_ROUND);
    const double n = s - FG_ROUND;
    const double t = fma(-n, FG_P1, x);
    a.r = fma(-n, FG_P2, t);
    a.m = fma(n, FG_P3, fma(n, FG_P2, a.r - t));
    a.quadrant = fg_bits(s);
    return a;
}

/* sign * sin(r - m), sign 1 or -1; error of the polynomial 2^-57.9. For r = -0, what is subtracted is +0. */
FG_INLINE double fg_sin_near(double r, double m, double sign) {
    const double z = r * r, zz = z * z, y = sign * r;
    const double p0 = fma(-0.008333333333322108, z, 0.1666666666666663);
    const double p1 = fma(-2.75573136180164e-06, z, 0.00019841269829580163);
    const double p2 = fma(-1.5896197629005922e-10, z, 2.5050747218064714e-08);
    return y - fma(z * y, fma(fma(p2, zz, p1), zz, p0), sign * m);
}

/* sign * cos(r - m); error of the polynomial 2^-64.5. */
FG_INLINE double fg_cos_near(double r, double m, double sign) {
    const double z = r * r, zz = z * z;
    const double p0 = fma(-0.0013888888888861973, z, 0.04166666666666647);
    const double p1 = fma(-2.7557313113577875e-07, z, 2.4801587284080415e-05);
    const double p2 = fma(-1.1353257549407444e-11, z, 2.087558165167744e-09);
    const double half = 0.5 * sign, w = fma(-half, z, sign);
    return w + fma(sign * zz, fma(fma(p2, zz, p1), zz, p0), fma(sign * r, m, fma(-half, z, sign - w)));
}

FG_INLINE double fg_turned(fg_angle a, uint64_t turns) {
    const uint64_t q = a.quadrant + turns;
    const uint64_t odd = 0 - (q & 1);
    const uint64_t s = fg_bits(fg_sin_near(a.r, a.m, 1)), c = fg_bits(fg_cos_near(a.r, a.m, 1));
    return fg_double(((c & odd) | (s & ~odd)) ^ ((q & 2) << 62));
}

/* The same bits for one number: only what is needed is computed, and the sign is there before the polynomial. */
FG_INLINE double fg_turned_1(double x, uint64_t turns) {
    if (fabs(x) < 0.785) return turns ? fg_cos_near(x, 0, 1) : fg_sin_near(x, 0, 1); /* it is reduced */
    const fg_angle a = fg_reduce(x);
    const uint64_t q = a.quadrant + turns;
    const double sign = fg_double(FG_ONE | (q & 2) << 62);
    return q & 1 ? fg_cos_near(a.r, a.m, sign) : fg_sin_near(a.r, a.m, sign);
}

FG_INLINE uint64_t fg_sin_beyond(double x) { return fg_beyond(x, FG_SINCOS_LIMIT); }
FG_INLINE uint64_t fg_cos_beyond(double x) { return fg_beyond(x, FG_SINCOS_LIMIT); }
FG_INLINE double fg_sin_usual(double x) { return fg_turned(fg_reduce(x), 0); }
FG_INLINE double fg_cos_usual(double x) { return fg_turned(fg_reduce(x), 1); }
FG_INLINE double fg_sin_alone(double x) {
    return fg_sin_beyond(x) >> 63 ? sin(x) : fg_turned_1(x, 0);
}
FG_INLINE double fg_cos_alone(double x) {
    return fg_cos_beyond(x) >> 63 ? cos(x) : fg_turned_1(x, 1);
}

/* -------------------------------------------------------------------------------------------- exponentials
   x = n log(2) + r, |r| <= log(2)/2, with log(2) in two parts; x - n * L1 is exact, as for pi/2.
   exp(x) = 2^n (1 + r + q) with q = r^2/2 + r^3 E(r), the error of r made good in q. */
#define FG_EXP_LIMIT 708.0 /* neither overflow nor a subnormal result up to here */
#define FG_LOG2E 1.4426950408889634
#define FG_L1 0.6931471805599453
#define FG_L2 2.3190468138462996e-17

typedef struct {
    double r, q;
    uint64_t shift; /* n, in the place of the exponent */
} fg_power;

/* Of t + w; s holds n. half: 1/2, or 0 for a q that lacks r^2/2. */
FG_INLINE fg_power fg_exp_near_to(double t, double w, double s, double half) {
    const double r = t + w;
    const double z = r * r, zz = z * z;
    const double e0 = fma(0.1666666666666667, r, half);
    const double e1 = fma(0.008333333333325815, r, 0.041666666666666685);
    const double e2 = fma(0.00019841269876376592, r, 0.001388888888887423);
    const double e3 = fma(2.755725336296159e-06, r, 2.4801587348484937e-05);
    const double e4 = fma(2.5106034147987602e-08, r, 2.7557251588325815e-07);
    const double far = fma(fma(2.0922052569465167e-09, z, e4), zz, fma(e3, z, e2));
    const fg_power p = {r, fma(z * zz, far, fma(z, fma(e1, z, e0), (t - r) + w)), fg_bits(s) << 52};
    return p;
}
FG_INLINE fg_power fg_exp_parts(double x, double half) {
    const double s = fma(x, FG_LOG2E, FG_ROUND);
    const double n = s - FG_ROUND;
    return fg_exp_near_to(fma(-n, FG_L1, x), -n * FG_L2, s, half);
}

/* 1 + r + q, the first sum with its error */
FG_INLINE double fg_exp_near(fg_power p) {
    const double h = 1 + p.r;
    return h + ((p.r - (h - 1)) + p.q);
}

FG_INLINE uint64_t fg_exp_beyond(double x) { return fg_beyond(x, FG_EXP_LIMIT); }
FG_INLINE double fg_exp_usual(double x) {
    const fg_power p = fg_exp_parts(x, 0.5);
    return fg_double(fg_bits(fg_exp_near(p)) + p.shift);
}
FG_INLINE double fg_exp_alone(double x) {
    if (!(fg_exp_beyond(x) >> 63)) return fg_exp_usual(x);
    if (x != x) return x;
    if (x > 709.782712893384) return INFINITY;
    if (x < -745.1332191019412) return 0;
    const fg_power p = fg_exp_parts(x, 0.5);
    const int n = (int)(p.shift >> 52);
    return ldexp(fg_exp_near(p), n < 2048 ? n : n - 4096);
}

/* exp(x) - 1 = (2^n - 1) + 2^n r + 2^n r^2/2 + 2^n q, the first two sums with their errors (Dekker; if 2^n |r| is larger,
   n = 0), the smallest terms first: a rounding of r^2/2 counts where the result is about 0.4. */
FG_INLINE uint64_t fg_expm1_beyond(double x) { return fg_beyond(x, FG_EXP_LIMIT); }
FG_INLINE double fg_expm1_usual(double x) {
    const fg_power p = fg_exp_parts(x, 0);
    const double scale = fg_double(fg_bits(1.0) + p.shift);
    const double a = scale - 1;
    const double h = fma(scale, p.r, a);
    const double e = fma(scale, p.r, a - h) + ((scale - a) - 1);
    const double y = h + fma(0.5 * scale * p.r, p.r, fma(scale, p.q, e));
    return fg_double(fg_bits(y) | (fg_bits(x) & FG_SIGN)); /* -0 for -0 */
}
FG_INLINE double fg_expm1_alone(double x) {
    if (!(fg_expm1_beyond(x) >> 63)) return fg_expm1_usual(x);
    return x < 0 ? -1 : fg_exp_alone(x);
}

/* Near 0 a polynomial; from 0.55 on 1 - 2 / (exp(2|x|) + 1). */
FG_INLINE double fg_tanh_near(double x) {
    const double z = x * x, zz = z * z, z4 = zz * zz;
    const double t0 = fma(0.13333333333326597, z, -0.333333333333333);
    const double t1 = fma(0.021869488385453762, z, -0.05396825396374695);
    const double t2 = fma(0.0035920919601373858, z, -0.008863232594668303);
    const double t3 = fma(0.0005884425237047141, z, -0.0014555423809280597);
    const double t4 = fma(8.330892637579278e-05, z, -0.00023337644469283305);
    const double far = fma(fma(-1.9489932797864018e-05, zz, t4), zz, t3);
    return fma(x, z * fma(fma(far, zz, t2), z4, fma(t1, zz, t0)), x);
}
FG_INLINE double fg_tanh_far(double x) {
    const fg_power p = fg_exp_parts(2 * x, 0.5);
    const double scale = fg_double(fg_bits(1.0) + p.shift);
    const double a = scale + 1;
    const double h = fma(scale, p.r, a), l = fma(scale, p.q, fma(scale, p.r, a - h));
    const double d = h + l; /* exp(2x) + 1, but for its error l - (d - h) */
    const double y = 2 / d;
    return 1 - fma(-0.5 * y * y, l - (d - h), y);
}
#define FG_TANH_NEAR 0.55

FG_INLINE uint64_t fg_tanh_beyond(double x) { return fg_beyond(x, 0.5 * FG_EXP_LIMIT); }
FG_INLINE double fg_tanh_usual(double x) {
    const double u = fabs(x);
    const double near = fg_tanh_near(u), far = fg_tanh_far(u);
    return fg_double(fg_bits(u < FG_TANH_NEAR ? near : far) | (fg_bits(x) & FG_SIGN));
}
FG_INLINE double fg_tanh_alone(double x) {
    const double u = fabs(x);
    if (x != x) return x;
    const double y = u < FG_TANH_NEAR ? fg_tanh_near(u) : u < 20 ? fg_tanh_far(u) : 1;
    return x < 0 ? -y : x == 0 ? x : y;
}

/* Hyperbolic sine and cosine of |x| = n log(2) + r, by those of r: with A, B = 2^(n-1) +- 2^(-n-1)
   sinh(|x|) = B cosh(r) + A sinh(r), cosh(|x|) = A cosh(r) + B sinh(r). The first two terms are added with their error
   (Dekker; for the sine with n = 0, B is 0). Errors of the polynomials: 2^-61.7 and 2^-58.1. */
typedef struct {
    double sum, difference, sum_rest, difference_rest; /* A, B, and what they lost */
    double r, sine, cosine;                            /* without their first terms r and 1 */
} fg_branches;

FG_INLINE fg_branches fg_hyperbolic(double u) {
    fg_branches b;
    const double s = fma(u, FG_LOG2E, FG_ROUND);
    const double n = s - FG_ROUND;
    const double t = fma(-n, FG_L1, u), r = fma(-n, FG_L2, t);
    const double z = r * r, zz = z * z;
    const double s0 = fma(0.008333333333321669, z, 0.16666666666666677);
    const double s1 = fma(2.7557244316189773e-06, z, 0.0001984126988602299);
    const double c0 = fma(0.04166666666651638, z, 0.5000000000000012);
    const double c1 = fma(2.4801490244971455e-05, z, 0.0013888888946734612);
    const uint64_t shift = fg_bits(s) << 52;
    const double up = fg_double(fg_bits(0.5) + shift), down = fg_double(fg_bits(0.5) - shift);
    b.sum = up + down;
    b.sum_rest = down - (b.sum - up);
    b.difference = up - down;
    b.difference_rest = (up - b.difference) - down;
    b.r = r;
    b.sine = fma(r * z, fma(fma(2.5108999038024086e-08, zz, s1), zz, s0), fma(-n, FG_L2, t - r));
    b.cosine = z * fma(fma(2.7631171355109534e-07, zz, c1), zz, c0);
    return b;
}

FG_INLINE uint64_t fg_sinh_beyond(double x) { return fg_beyond(x, FG_EXP_LIMIT); }
FG_INLINE uint64_t fg_cosh_beyond(double x) { return fg_beyond(x, FG_EXP_LIMIT); }
FG_INLINE double fg_sinh_usual(double x) {
    const fg_branches b = fg_hyperbolic(fabs(x));
    const double h = fma(b.sum, b.r, b.difference), e = fma(b.sum, b.r, b.difference - h);
    const double rest = e + fma(b.sum_rest, b.r, b.difference_rest);
    const double y = h + fma(b.sum, b.sine, fma(b.difference, b.cosine, rest));
    return fg_double(fg_bits(y) | (fg_bits(x) & FG_SIGN));
}
FG_INLINE double fg_cosh_usual(double x) {
    const fg_branches b = fg_hyperbolic(fabs(x));
    const double h = fma(b.difference, b.r, b.sum), e = fma(b.difference, b.r, b.sum - h);
    const double rest = e + fma(b.difference_rest, b.r, b.sum_rest);
    return h + fma(b.difference, b.sine, fma(b.sum, b.cosine, rest));
}
FG_INLINE double fg_sinh_alone(double x) { return fg_sinh_beyond(x) >> 63 ? sinh(x) : fg_sinh_usual(x); }
FG_INLINE double fg_cosh_alone(double x) { return fg_cosh_beyond(x) >> 63 ? cosh(x) : fg_cosh_usual(x); }

/* --------------------------------------------------------------------------------------------- logarithms
   x = 2^k (1 + f), 1 + f from sqrt(1/2) to sqrt(2). With s = f / (2 + f), log(1 + f) = f - s (f - R(s^2)) where
   R(z) = z G(z) (fdlibm's e_log.c tells why this form keeps the digits). */
#define FG_ROOT_HALF 0x3fe6a09e667f3bcdu /* the bits of sqrt(1/2) */
#define FG_LEAST 0x0010000000000000u  /* the least normal number */
#define FG_MOST 0x7fefffffffffffffu   /* the largest finite one */

typedef struct {
    double k, f;
} fg_binade;

FG_INLINE fg_binade fg_log_parts(double x) {
    fg_binade b;
    const uint64_t u = fg_bits(x) + (FG_ONE - FG_ROOT_HALF);
    /* k as a double without a conversion, which older instruction sets lack for 64 bits */
    b.k = fg_double((u >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1023);
    b.f = fg_double((u & 0x000fffffffffffffu) + FG_ROOT_HALF) - 1;
    return b;
}

/* k log(2) + log(1 + f) + c */
FG_INLINE double fg_log_of(double k, double f, double c) {
    const double s = f / (2 + f);
    const double z = s * s, zz = z * z;
    const double g0 = fma(0.3999999999941566, z, 0.6666666666666734);
    const double g1 = fma(0.222221985914506, z, 0.28571428742189403);
    const double g2 = fma(0.1531406948302051, z, 0.1818356348291917);
    const double g = fma(fma(fma(0.1479578587655653, zz, g2), zz, g1), zz, g0);
    const double h = 0.5 * f * f;
    return fma(k, FG_L1, f - (h - fma(s, fma(z, g, h), fma(k, FG_L2, c))));
}

FG_INLINE uint64_t fg_log_beyond(double x) { return (fg_bits(x) - FG_LEAST) | (FG_MOST - fg_bits(x)); }
FG_INLINE double fg_log_usual(double x) {
    const fg_binade b = fg_log_parts(x);
    return fg_log_of(b.k, b.f, 0);
}
FG_INLINE double fg_log_alone(double x) {
    if (!(fg_log_beyond(x) >> 63)) return fg_log_usual(x);
    if (x == 0) return -INFINITY;
    if (!(x > 0)) return NAN;
    if (x == INFINITY) return x;
    const fg_binade b = fg_log_parts(x * 18014398509481984.0); /* subnormal: 2^54 */
    return fg_log_of(b.k - 54, b.f, 0);
}

/* log(1 + x): the error of u = 1 + x, divided by u, is added; where u is in the middle binade, f is x itself. Two digits
   of 1/u do: exponent and digits of the first guess come from u's bits, a step of Newton's method doubles them. */
#define FG_LOG1P_LIMIT 1e300 /* 1/x is far from the least number */

FG_INLINE uint64_t fg_log1p_beyond(double x) {
    return (fg_bits(1 + x) - FG_LEAST) | (fg_bits(FG_LOG1P_LIMIT) - fg_bits(1 + x));
}
FG_INLINE double fg_log1p_usual(double x) {
    const double u = 1 + x;
    const fg_binade b = fg_log_parts(u);
    const double head = u - x;
    const double rest = (1 - head) + (x - (u - head)); /* Knuth's sum */
    const double guess = fg_double(0x7fde623822fc16e6u - fg_bits(u));
    const int middle = b.k == 0;
    const double y = fg_log_of(b.k, middle ? x : b.f, middle ? 0 : rest * (guess * fma(-u, guess, 2)));
    return fg_double(fg_bits(y) | (fg_bits(x) & FG_SIGN)); /* -0 for -0 */
}
FG_INLINE double fg_log1p_alone(double x) {
    if (!(fg_log1p_beyond(x) >> 63)) return fg_log1p_usual(x);
    return x > 0 ? fg_log_alone(x) : x == -1 ? -INFINITY : NAN;
}

/* -------------------------------------------------------------------------------------------- hypotenuse
   sqrt(u^2 + v^2), u >= v, scaled by the power of two that brings u into [1, 2): neither square overflows, and one
   that underflows is too small to count. libm's function is called where the scale would be out of range. */
FG_INLINE uint64_t fg_hypot_beyond(double a, double b) {
    return fg_beyond(a, 2.2471164185778949e+307) | fg_beyond(b, 2.2471164185778949e+307); /* 2^1021 */
}
FG_INLINE double fg_hypot_usual(double a, double b) {
    const double least = 2.2250738585072014e-308, x = fabs(a), y = fabs(b);
    const double large = x > y ? x : y, small = x > y ? y : x;
    const uint64_t exponent = fg_bits(large > least ? large : least) & 0x7ff0000000000000u;
    const double scale = fg_double(0x7fe0000000000000u - exponent);
    const double u = large * scale, v = small * scale;
    return sqrt(fma(u, u, v * v)) * fg_double(exponent);
}
FG_INLINE double fg_hypot_alone(double a, double b) {
    return fg_hypot_beyond(a, b) >> 63 ? hypot(a, b) : fg_hypot_usual(a, b);
}
FG_INLINE float fg_hypotf_usual(float a, float b) {
    const double y = sqrt((double)a * a + (double)b * b);
    return fabsf(a) == INFINITY || fabsf(b) == INFINITY ? INFINITY : (float)y; /* with a NaN, too */
}
FG_INLINE float fg_hypotf_alone(float a, float b) { return fg_hypotf_usual(a, b); }
FG_INLINE uint32_t fg_hypotf_beyond(float a, float b) { return (void)a, (void)b, 0; }

/* ------------------------------------------------------------------------------- logarithm of a sum of powers
   log(exp(a) + exp(b)) = u + log1p(exp(v - u)), u >= v. Equal infinities leave no difference; below exp(-708) it
   counts only beside a tiny u. */
FG_INLINE double fg_larger(double a, double b) { return (a > b) | (a != a) ? a : b; }
FG_INLINE double fg_gap(double a, double b) {
    const double t = -fabs(a - b);
    return a == b ? 0 : t;
}
/* The sign bit: v lies too far below u for exp. */
FG_INLINE uint64_t fg_apart(double a, double b) { return fg_bits(fg_gap(a, b) + FG_EXP_LIMIT); }
FG_INLINE uint64_t fg_logaddexp_beyond(double a, double b) {
    return fg_apart(a, b) & (fg_bits(fabs(fg_larger(a, b))) - FG_ONE);
}
FG_INLINE double fg_logaddexp_usual(double a, double b) {
    const uint64_t kept = (fg_apart(a, b) >> 63) - 1; /* all bits, or none */
    return fg_larger(a, b) + fg_log1p_usual(fg_double(fg_bits(fg_exp_usual(fg_gap(a, b))) & kept));
}
FG_INLINE double fg_logaddexp_alone(double a, double b) {
    if (!(fg_logaddexp_beyond(a, b) >> 63)) return fg_logaddexp_usual(a, b);
    return fg_larger(a, b) + fg_exp_alone(fg_gap(a, b));
}
FG_INLINE float fg_logaddexpf_usual(float a, float b) { return (float)fg_logaddexp_usual(a, b); }
FG_INLINE float fg_logaddexpf_alone(float a, float b) { return (float)fg_logaddexp_usual(a, b); }
FG_INLINE uint32_t fg_logaddexpf_beyond(float a, float b) { return (void)a, (void)b, 0; }

/* ------------------------------------------------------------------------------------------------ float32
   As in float64, but for what is said. Sines and cosines are computed in double, hence rounded just once:
   x = n pi + r, |r| <= pi/2, with one polynomial (error 2^-35.3). For cosines, n is halfway between two integers. */
#define FG_SINCOSF_LIMIT 1e9f
#define FG_1_PI 0.3183098861837907
#define FG_PI1 3.141592653589793
#define FG_PI2 1.2246467991473532e-16

FG_INLINE float fg_sinf_of(double x, double n, uint64_t turns) {
    const double r = fma(-n, FG_PI2, fma(-n, FG_PI1, x));
    const double z = r * r;
    const double s0 = fma(0.008333331106783012, z, -0.1666666662610796);
    const double s1 = fma(2.752537151933332e-06, z, -0.000198408679648582);
    const double y = fg_double(fg_bits(r) ^ (turns << 63));
    return (float)(y * fma(z, fma(z * z, fma(-2.3888676519185866e-08 * z, z, s1), s0), 1));
}
FG_INLINE float fg_sinf_usual(float x) {
    const double s = fma((double)x, FG_1_PI, FG_ROUND);
    return fg_sinf_of(x, s - FG_ROUND, fg_bits(s));
}
FG_INLINE float fg_cosf_usual(float x) {
    const double s = fma((double)x, FG_1_PI, 0.5) + FG_ROUND;
    return fg_sinf_of(x, (s - FG_ROUND) - 0.5, fg_bits(s));
}
FG_INLINE uint32_t fg_sinf_beyond(float x) { return fg_beyondf(x, FG_SINCOSF_LIMIT); }
FG_INLINE uint32_t fg_cosf_beyond(float x) { return fg_beyondf(x, FG_SINCOSF_LIMIT); }
FG_INLINE float fg_sinf_alone(float x) { return fg_sinf_beyond(x) >> 31 ? sinf(x) : fg_sinf_usual(x); }
FG_INLINE float fg_cosf_alone(float x) { return fg_cosf_beyond(x) >> 31 ? cosf(x) : fg_cosf_usual(x); }

/* The sign bit for a NaN. */
FG_INLINE uint32_t fg_nanf(float x) { return fg_beyondf(x, INFINITY); }
/* x, or a limit of its sign beyond which results stay what they are there; not for NaNs. */
FG_INLINE float fg_held(float x, float limit) {
    const uint32_t sign = fg_bitsf(x) & 0x80000000u;
    const int32_t size = (int32_t)(fg_bitsf(x) ^ sign), most = (int32_t)fg_bitsf(limit);
    return fg_floatf((uint32_t)(size < most ? size : most) | sign);
}

#define FG_ROUNDF 12582912.0f /* 1.5 * 2^23 */
#define FG_LOG2EF 1.4426950f
#define FG_L1F 0.69314718f
#define FG_L2F -1.9046542e-09f

typedef struct {
    float r, q;
    int32_t n;
} fg_powerf;

/* The polynomial's error is 2^-28.2. */
FG_INLINE fg_powerf fg_expf_parts(float x) {
    fg_powerf p;
    const float s = fmaf(x, FG_LOG2EF, FG_ROUNDF);
    const float n = s - FG_ROUNDF;
    const float t = fmaf(-n, FG_L1F, x);
    const float r = fmaf(-n, FG_L2F, t);
    const float z = r * r;
    const float e0 = fmaf(0.16666519566590685f, r, 0.5000000093711053f);
    const float e1 = fmaf(0.00836882193016689f, r, 0.04166620887963169f);
    p.r = r;
    p.q = fmaf(z, fmaf(fmaf(0.001395033712998091f, z, e1), z, e0), fmaf(-n, FG_L2F, t - r));
    p.n = (int32_t)(fg_bitsf(s) - 0x4b400000u);
    return p;
}
FG_INLINE float fg_scalef(int32_t n) { return fg_floatf((uint32_t)(n + 127) << 23); }

FG_INLINE uint32_t fg_expf_beyond(float x) { return fg_nanf(x); }
FG_INLINE float fg_expf_usual(float x) {
    const fg_powerf p = fg_expf_parts(fg_held(x, 104)); /* in two steps, for the ends of the range */
    return (1 + (p.r + p.q)) * fg_scalef(p.n >> 1) * fg_scalef(p.n - (p.n >> 1));
}
FG_INLINE float fg_expf_alone(float x) { return x != x ? x : fg_expf_usual(x); }

FG_INLINE uint32_t fg_expm1f_beyond(float x) {
    return fg_nanf(x) | ((uint32_t)(x > 88) << 31);
}
FG_INLINE float fg_expm1f_usual(float x) {
    const fg_powerf p = fg_expf_parts(fg_held(x, 88));
    const float scale = fg_scalef(p.n);
    const float a = scale - 1;
    const float h = fmaf(scale, p.r, a);
    const float y = h + fmaf(scale, p.q, fmaf(scale, p.r, a - h));
    return fg_floatf(fg_bitsf(y) | (fg_bitsf(x) & 0x80000000u)); /* -0 for -0 */
}
FG_INLINE float fg_expm1f_alone(float x) {
    return x != x ? x : x > 88 ? fg_expf_usual(x) : fg_expm1f_usual(x);
}

FG_INLINE float fg_tanhf_near(float x) {
    const float z = x * x, zz = z * z;
    const float t0 = fmaf(0.13332585139996142f, z, -0.3333331753290544f);
    const float t1 = fmaf(0.02107117776773068f, z, -0.05385219636464064f);
    return fmaf(x, z * fmaf(fmaf(-0.006273485657635772f, zz, t1), zz, t0), x);
}
FG_INLINE float fg_tanhf_far(float x) {
    const fg_powerf p = fg_expf_parts(2 * x);
    const float scale = fg_scalef(p.n), a = scale + 1;
    const float h = fmaf(scale, p.r, a), l = fmaf(scale, p.q, fmaf(scale, p.r, a - h));
    const float d = h + l;
    const float y = 2 / d;
    return 1 - fmaf(-0.5f * y * y, l - (d - h), y);
}
FG_INLINE uint32_t fg_tanhf_beyond(float x) { return fg_nanf(x); }
FG_INLINE float fg_tanhf_usual(float x) {
    const float u = fg_held(fabsf(x), 20);
    const float near = fg_tanhf_near(u), far = fg_tanhf_far(u);
    return fg_floatf(fg_bitsf(u < 0.55f ? near : far) | (fg_bitsf(x) & 0x80000000u));
}
FG_INLINE float fg_tanhf_alone(float x) {
    const float u = fg_held(fabsf(x), 20);
    if (x != x) return x;
    const float y = u < 0.55f ? fg_tanhf_near(u) : fg_tanhf_far(u);
    return fg_floatf(fg_bitsf(y) | (fg_bitsf(x) & 0x80000000u));
}

/* Errors of the polynomials: 2^-37.5 and 2^-34.3. */
#define FG_EXPF_LIMIT 87.0f

typedef struct {
    float sum, difference, sum_rest, difference_rest, r, sine, cosine;
} fg_branchesf;

FG_INLINE fg_branchesf fg_hyperbolicf(float u) {
    fg_branchesf b;
    const float s = fmaf(u, FG_LOG2EF, FG_ROUNDF);
    const float n = s - FG_ROUNDF;
    const float t = fmaf(-n, FG_L1F, u), r = fmaf(-n, FG_L2F, t), z = r * r;
    const int32_t k = (int32_t)(fg_bitsf(s) - 0x4b400000u);
    const float up = fg_scalef(k - 1), down = fg_scalef(-k - 1);
    const float sine = fmaf(fmaf(0.00019904884832885737f, z, 0.008333289081577454f), z, 0.16666666754077633f);
    const float cosine = fmaf(fmaf(0.0013946028512561955f, z, 0.04166627044595794f), z, 0.5000000077884115f);
    b.sum = up + down;
    b.sum_rest = down - (b.sum - up);
    b.difference = up - down;
    b.difference_rest = (up - b.difference) - down;
    b.r = r;
    b.sine = fmaf(r * z, sine, fmaf(-n, FG_L2F, t - r));
    b.cosine = z * cosine;
    return b;
}
FG_INLINE uint32_t fg_sinhf_beyond(float x) { return fg_beyondf(x, FG_EXPF_LIMIT); }
FG_INLINE uint32_t fg_coshf_beyond(float x) { return fg_beyondf(x, FG_EXPF_LIMIT); }
FG_INLINE float fg_sinhf_usual(float x) {
    const fg_branchesf b = fg_hyperbolicf(fg_held(fabsf(x), FG_EXPF_LIMIT));
    const float h = fmaf(b.sum, b.r, b.difference), e = fmaf(b.sum, b.r, b.difference - h);
    const float rest = e + fmaf(b.sum_rest, b.r, b.difference_rest);
    const float y = h + fmaf(b.sum, b.sine, fmaf(b.difference, b.cosine, rest));
    return fg_floatf(fg_bitsf(y) | (fg_bitsf(x) & 0x80000000u));
}
FG_INLINE float fg_coshf_usual(float x) {
    const fg_branchesf b = fg_hyperbolicf(fg_held(fabsf(x), FG_EXPF_LIMIT));
    const float h = fmaf(b.difference, b.r, b.sum), e = fmaf(b.difference, b.r, b.sum - h);
    const float rest = e + fmaf(b.difference_rest, b.r, b.sum_rest);
    return h + fmaf(b.difference, b.sine, fmaf(b.sum, b.cosine, rest));
}
FG_INLINE float fg_sinhf_alone(float x) { return fg_sinhf_beyond(x) >> 31 ? (float)fg_sinh_alone(x) : fg_sinhf_usual(x); }
FG_INLINE float fg_coshf_alone(float x) { return fg_coshf_beyond(x) >> 31 ? (float)fg_cosh_alone(x) : fg_coshf_usual(x); }

/* With P(f) in log(1 + f) = f + f^2 P(f), which needs no division; its error is 2^-27.8. */
typedef struct {
    float k, f;
} fg_binadef;

FG_INLINE fg_binadef fg_logf_parts(float x) {
    const uint32_t root_half = 0x3f3504f3u, u = fg_bitsf(x) + (0x3f800000u - root_half);
    const fg_binadef b = {(float)((int32_t)(u >> 23) - 127), fg_floatf((u & 0x007fffffu) + root_half) - 1};
    return b;
}
FG_INLINE float fg_logf_of(float k, float f, float c) {
    const float z = f * f, zz = z * z;
    const float a0 = fmaf(0.3333330831638189f, f, -0.49999989226015046f);
    const float a1 = fmaf(0.20003013483954168f, f, -0.2500151858507795f);
    const float a2 = fmaf(0.1416350908710153f, f, -0.1661119510416239f);
    const float a3 = fmaf(0.1300468361885185f, f, -0.13208661141373063f);
    const float a = fmaf(fmaf(-0.07823252350056822f, zz, fmaf(a3, z, a2)), zz, fmaf(a1, z, a0));
    return fmaf(k, FG_L1F, f + fmaf(z, a, fmaf(k, FG_L2F, c)));
}
FG_INLINE uint32_t fg_logf_beyond(float x) { return (fg_bitsf(x) - 0x00800000u) | (0x7f7fffffu - fg_bitsf(x)); }
FG_INLINE float fg_logf_usual(float x) {
    const fg_binadef b = fg_logf_parts(x);
    return fg_logf_of(b.k, b.f, 0);
}
FG_INLINE float fg_logf_alone(float x) {
    if (!(fg_logf_beyond(x) >> 31)) return fg_logf_usual(x);
    if (x == 0) return -INFINITY;
    if (!(x > 0)) return NAN;
    if (x == INFINITY) return x;
    const fg_binadef b = fg_logf_parts(x * 16777216.0f); /* subnormal: 2^24 */
    return fg_logf_of(b.k - 24, b.f, 0);
}

FG_INLINE uint32_t fg_log1pf_beyond(float x) {
    return (fg_bitsf(1 + x) - 0x00800000u) | (fg_bitsf(1e36f) - fg_bitsf(1 + x));
}
FG_INLINE float fg_log1pf_usual(float x) {
    const float u = 1 + x;
    const fg_binadef b = fg_logf_parts(u);
    const float head = u - x;
    const float rest = (1 - head) + (x - (u - head));
    const float guess = fg_floatf(0x7ef311c3u - fg_bitsf(u));
    const int middle = b.k == 0;
    const float y = fg_logf_of(b.k, middle ? x : b.f, middle ? 0 : rest * (guess * fmaf(-u, guess, 2)));
    return fg_floatf(fg_bitsf(y) | (fg_bitsf(x) & 0x80000000u)); /* -0 for -0 */
}
FG_INLINE float fg_log1pf_alone(float x) {
    if (!(fg_log1pf_beyond(x) >> 31)) return fg_log1pf_usual(x);
    return x > 0 ? fg_logf_alone(x) : x == -1 ? -INFINITY : NAN;
}

/* ------------------------------------------------------------------------------------------------- powers
   |x|^y = exp(y log |x|) with log in two numbers: for x = 2^k (1 + f) and s = f / (2 + f), in two numbers as well,
   log(1 + f) = 2 s + s^3 (2/3 + s^2 H(s^2)); error of the polynomial 2^-72. Only H and what is a last part of
   something is computed in one number. The result has the sign of an odd power. libm's function is called for numbers
   that are not normal, for y that may be large, and for results near the ends of the range. */
#define FG_POW_LIMIT 4503599627370496.0 /* 2^52: up to it, y + FG_ROUND tells an odd y */

typedef struct {
    double hi, lo;
} fg_pair;

FG_INLINE fg_pair fg_log_pair(double x) {
    const fg_binade b = fg_log_parts(x);
    const double f = b.f, d = 2 + f, inverse = 1 / d;
    const double s = f * inverse, s_lo = fma(-s, f - (d - 2), fma(-s, d, f)) * inverse;
    const double z = s * s, z_lo = fma(2 * s, s_lo, fma(s, s, -z)), zz = z * z;
    const double h0 = fma(0.2857142857143378, z, 0.39999999999999997);
    const double h1 = fma(0.18181818597992325, z, 0.22222222219997628);
    const double h2 = fma(0.1333572138530558, z, 0.15384573771186286);
    const double h3 = fma(0.11902682622992515, z, 0.11685984685783789);
    const double u = z * fma(fma(fma(h3, zz, h2), zz, h1), zz, h0);
    const double g = 0.6666666666666666 + u, g_lo = ((0.6666666666666666 - g) + u) + 3.700743415417188e-17;
    const double p = z * g, p_lo = fma(z, g, -p) + fma(z, g_lo, z_lo * g);
    const double q = s * p, q_lo = fma(s, p, -q) + fma(s, p_lo, s_lo * p);
    const double m = fma(2, s, q), m_lo = (fma(2, s, -m) + q) + fma(2, s_lo, q_lo);
    const double k = b.k * 0.6931471805598903; /* exact */
    fg_pair l;
    l.hi = k + m;
    l.lo = ((k - l.hi) + m) + fma(b.k, 5.497923018708371e-14, m_lo);
    return l;
}

/* |y log |x|| may be 708 and more: |log x| < (|k| + 1/2) log(2) */
FG_INLINE uint64_t fg_pow_beyond(double x, double y) {
    const double u = fabs(x), v = fabs(y);
    return fg_log_beyond(u) | fg_beyond(v, FG_POW_LIMIT) |
           fg_beyond(v * fma(fabs(fg_log_parts(u).k), 0.6931471805599453, 0.34657359027997265), 707.9);
}
FG_INLINE double fg_pow_usual(double x, double y) {
    const fg_pair l = fg_log_pair(fabs(x));
    const double e = y * l.hi, e_lo = fma(y, l.lo, fma(y, l.hi, -e));
    const double s = fma(e, FG_LOG2E, FG_ROUND);
    const double n = s - FG_ROUND;
    const fg_power p = fg_exp_near_to(fma(-n, FG_L1, e), fma(-n, FG_L2, e_lo), s, 0.5);
    const double size = fg_double(fg_bits(fg_exp_near(p)) + p.shift);
    const double whole = y + FG_ROUND;
    const double power = fg_double(fg_bits(size) | (fg_bits(x) & FG_SIGN & (fg_bits(whole) << 63)));
    return (x < 0) & (whole - FG_ROUND != y) ? NAN : power;
}
FG_INLINE double fg_pow_alone(double x, double y) {
    return fg_pow_beyond(x, y) >> 63 ? pow(x, y) : fg_pow_usual(x, y);
}

/* In double; error of log's polynomial 2^-41, of exp's 2^-34.2. */
FG_INLINE uint32_t fg_powf_beyond(float x, float y) {
    const float u = fabsf(x), v = fabsf(y);
    return ((fg_bitsf(u) - 0x00800000u) | (0x7f7fffffu - fg_bitsf(u))) |
           fg_beyondf(v * fmaf(fabsf(fg_logf_parts(u).k), 0.6931472f, 0.35f), 700);
}
FG_INLINE float fg_powf_usual(float x, float y) {
    const fg_binadef b = fg_logf_parts(fabsf(x));
    const double f = b.f, z = f * f, zz = z * z;
    const double a0 = fma(0.3333333331171258, f, -0.4999999999916145);
    const double a1 = fma(0.20000004155158405, f, -0.2500000029223963);
    const double a2 = fma(0.14285437687921762, f, -0.1666664233619816);
    const double a3 = fma(0.11119779214364027, f, -0.12500735507759653);
    const double a4 = fma(0.08953389465021268, f, -0.09993291561161943);
    const double a5 = fma(0.08716344161942857, f, -0.08265621294937603);
    const double a6 = fma(0.04499845218720803, f, -0.08647246202910268);
    const double a = fma(fma(fma(a6, z, a5), zz, fma(a4, z, a3)), zz * z, fma(a2, zz, fma(a1, z, a0)));
    const double e = y * fma(b.k, 0.6931471805599453, fma(z, a, f));
    const double s = fma(e, FG_LOG2E, FG_ROUND);
    const double r = fma(FG_ROUND - s, FG_L1, e), w = r * r;
    const double e0 = fma(0.16666666858682255, r, 0.5000000075928878);
    const double e1 = fma(0.008333264742298866, r, 0.04166627467857713);
    const double e2 = fma(0.00019918202561433734, r, 0.0013945809036575183);
    const double near = 1 + fma(w, fma(fma(e2, w, e1), w, e0), r);
    const float size = (float)fg_double(fg_bits(near) + (fg_bits(s) << 52));
    const double whole = y + FG_ROUND;
    const float power = fg_floatf(fg_bitsf(size) | (fg_bitsf(x) & 0x80000000u & (uint32_t)(fg_bits(whole) << 31)));
    return (x < 0) & (whole - FG_ROUND != y) ? NAN : power;
}
FG_INLINE float fg_powf_alone(float x, float y) {
    return fg_powf_beyond(x, y) >> 31 ? powf(x, y) : fg_powf_usual(x, y);
}

/* --------------------------------------------------------------------------------------------------- rows
   What rows of fastgrad's own compute: the formulas of ops/, in one loop. e is exp(-|x|). */
#define FG_GATES(T, F, LIMIT)                                                                        \
    FG_INLINE fg_bits_##T fg_decayed##F##_beyond(T x) { return fg_beyond##F(x, LIMIT); }             \
    FG_INLINE T fg_logistic##F(T x, T e) { /* (1 or e) / (1 + e), and what 1 + e lost */             \
        const T d = 1 + e, y = (x > 0 ? 1 : e) / d;                                                  \
        return fma##F(-y * (x > 0 ? y : 1 - y), e - (d - 1), y);                                     \
    }                                                                                                \
    FG_INLINE T fg_gelu_gate##F(T x) {                                                               \
        return (T)1.5957691216057308 * x * (1 + (T)0.044715 * x * x);                                \
    }                                                                                                \
    FG_ROW(T, F, sigmoid, x, fg_logistic##F(x, e))                                                   \
    FG_ROW(T, F, swish, x, x * fg_logistic##F(x, e))                                                 \
    FG_ROW(T, F, gelu_tanh, fg_gelu_gate##F(x), x * fg_logistic##F(fg_gelu_gate##F(x), e))           \
    FG_ROW(T, F, softplus, x, (x > 0 ? x : 0) + fg_log1p##F##_usual(e))                              \
    FG_ROW(T, F, log_sigmoid, x, (x < 0 ? x : 0) - fg_log1p##F##_usual(e))
#define FG_ROW(T, F, NAME, U, Y)                                                                     \
    FG_INLINE fg_bits_##T fg_##NAME##F##_beyond(T x) { return fg_decayed##F##_beyond(U); }           \
    FG_INLINE T fg_##NAME##F##_usual(T x) {                                                          \
        const T e = fg_exp##F##_usual(-fabs##F(U));                                                  \
        return Y;                                                                                    \
    }                                                                                                \
    FG_INLINE T fg_##NAME##F##_alone(T x) {                                                          \
        const T e = fg_exp##F##_alone(-fabs##F(U));                                                  \
        return x != x ? x : Y;                                                                       \
    }
FG_GATES(double, , FG_EXP_LIMIT)
FG_GATES(float, f, INFINITY)

#endif

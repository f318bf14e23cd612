// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Vectors lane by lane, and their functions against libm in the next wider type. Arguments are swept by bit pattern and
// by magnitude, not uniformly. Nothing here relies on comparisons with NaN or infinity, so that the errors can be
// measured in a build with -ffast-math too; what such a build does not promise is left out there.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include <support/catch.hpp>

#include <hyspn/core/random.hpp>
#include <hyspn/core/simd_math.hpp>

namespace hyspn::testing {
namespace {

#if defined(__FAST_MATH__)
constexpr bool whole_range = false;
#else
constexpr bool whole_range = true;
#endif

template <class T>
using wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;

template <class T>
using bits_t = simd::bits_type<T>;

template <class T>
constexpr bits_t<T> infinity_bits = simd::detail::exp_traits<T>::infinity;

template <class T>
bits_t<T> magnitude(T x)
{
    return static_cast<bits_t<T>>(simd::bits_of(x) << 1) >> 1;
}

template <class T>
bool is_finite(T x)
{
    return magnitude(x) < infinity_bits<T>;
}

template <class T>
bool is_nan(T x)
{
    return magnitude(x) > infinity_bits<T>;
}

/// Whether a build may be asked about x: a number, and under -ffast-math a normal one.
template <class T>
bool in_question(T x)
{
    bits_t<T> const smallest_normal = bits_t<T>(1) << simd::detail::exp_traits<T>::mantissa_bits;
    return is_finite(x) && (whole_range || magnitude(x) >= smallest_normal);
}

/// Error in units in the last place of the exact value; infinite where only one of the two is not finite.
template <class T>
double ulps(T got, wider<T> want)
{
    using limits = std::numeric_limits<T>;
    T const rounded = static_cast<T>(want);
    if (!in_question(rounded) && !whole_range) return 0;
    if (!is_finite(got) || !is_finite(rounded))
        return simd::bits_of(got) == simd::bits_of(rounded) ? 0 : std::numeric_limits<double>::max();
    int exponent = limits::min_exponent;
    if (want != 0) std::frexp(want, &exponent);
    wider<T> const ulp = std::ldexp(wider<T>(1), std::max(exponent, limits::min_exponent) - limits::digits);
    return static_cast<double>(std::fabs(static_cast<wider<T>>(got) - want) / ulp);
}

/// The largest error of f for arguments fed to it one by one, evaluated a pack at a time, and whether f of one number
/// gave other bits than f of a pack.
template <class T, class F, class G>
class error_meter {
public:
    error_meter(F f, G exact) : f_(f), exact_(exact) {}

    void add(T x)
    {
        if (!in_question(x)) return;
        x_[count_++] = x;
        if (count_ == simd::pack<T>::size) flush();
    }
    void flush()
    {
        T y[lanes];
        f_(simd::pack<T>::load(x_)).store(y);
        for (index_t l = 0; l < count_; ++l) {
            wider<T> const want = exact_(static_cast<wider<T>>(x_[l]));
            double const error = ulps(y[l], want);
            if (error > worst) worst = error, at = x_[l], got = y[l];
            if (simd::bits_of(f_(x_[l])) != simd::bits_of(y[l])) one_differs = true, differs_at = x_[l];
        }
        count_ = 0;
    }

    double worst = 0;
    T at = 0, got = 0, differs_at = 0;
    bool one_differs = false;

private:
    static constexpr auto lanes = static_cast<std::size_t>(simd::pack<T>::size);
    F f_;
    G exact_;
    T x_[lanes] = {};
    index_t count_ = 0;
};

/// Checks f, on numbers above `least`, against `exact` and `bound`: on a grid of bit patterns, on magnitudes 2^-40 to
/// 2^11 and on numbers between -`range` and `range`.
template <class T, class F, class G>
void check(char const* name, F f, G exact, double bound, double range, double least = -1e308)
{
    error_meter<T, F, G> meter(f, exact);
    auto const add = [&](T x) {
        if (static_cast<double>(x) > least) meter.add(x);
    };
    random_stream stream(7);
    constexpr int digits = std::numeric_limits<bits_t<T>>::digits;
    constexpr index_t patterns = 1 << 21;
    bits_t<T> const step = (bits_t<T>(1) << (digits - 21)) - 1;  // odd: all low bits occur
    bits_t<T> pattern = 0;
    for (index_t n = 0; n < patterns; ++n, pattern += step) add(simd::from_bits<T>(pattern));
    for (index_t n = 0; n < patterns / 4; ++n) {
        double const size = std::exp2(51 * stream.uniform() - 40);
        add(static_cast<T>(stream.uniform() < 0.5 ? -size : size));
        add(static_cast<T>((2 * stream.uniform() - 1) * range));
    }
    meter.flush();
    INFO(name << ": " << meter.worst << " ulp at " << meter.at << ", where it gave " << meter.got);
    CHECK(meter.worst <= bound);
    INFO("and one number otherwise than a pack at " << meter.differs_at);
    CHECK((!meter.one_differs || !whole_range));
}

#define HYSPN_CHECK_FUNCTION(name, ...) \
    check<T>(                           \
        #name, [](auto x) { return simd::name(x); }, [](wider<T> x) { return std::name(x); }, __VA_ARGS__)
#define HYSPN_CHECK_QUOTIENT(name, ...)                         \
    check<T>(                                                   \
        #name "(x)/x", [](auto x) { return simd::name##c(x); }, \
        [](wider<T> x) { return x == 0 ? wider<T>(1) : std::name(x) / x; }, __VA_ARGS__)

}  // namespace

TEMPLATE_TEST_CASE("Exponential functions on packs keep their stated errors", "", float, double)
{
    using T = TestType;
    double const overflow = std::is_same_v<T, float> ? 105 : 750;
    HYSPN_CHECK_FUNCTION(exp, 1.25, overflow);
    HYSPN_CHECK_FUNCTION(expm1, 1.5, 40);
    HYSPN_CHECK_FUNCTION(log, 1.0, 4, 0);
    HYSPN_CHECK_FUNCTION(log1p, 1.5, 4, -1);
}

TEMPLATE_TEST_CASE("The complementary error function on packs keeps its stated error", "", float, double)
{
    using T = TestType;
    HYSPN_CHECK_FUNCTION(erfc, 6.0, std::is_same_v<T, float> ? 10.1 : 27.3);
    if (!whole_range) return;
    CHECK(simd::erfc(-std::numeric_limits<T>::infinity()) == T(2));
    CHECK(simd::erfc(std::numeric_limits<T>::infinity()) == T(0));
    CHECK(std::isnan(simd::erfc(std::numeric_limits<T>::quiet_NaN())));
}

TEMPLATE_TEST_CASE("Hyperbolic functions on packs keep their stated errors", "", float, double)
{
    using T = TestType;
    double const overflow = std::is_same_v<T, float> ? 90 : 711;
    HYSPN_CHECK_FUNCTION(sinh, 2.5, overflow);
    HYSPN_CHECK_FUNCTION(cosh, 2.0, overflow);
    HYSPN_CHECK_FUNCTION(tanh, 2.5, 10);
    HYSPN_CHECK_FUNCTION(asinh, 2.0, 4);
}

TEMPLATE_TEST_CASE("The scalar functions of core/math.hpp take packs", "", float, double)
{
    using T = TestType;
    using V = simd::pack<T>;
    double const bar = 16 * static_cast<double>(math_traits<T>::unit_roundoff);
    auto const agree = [&](char const* name, auto const& f) {
        INFO(name);
        // Both sides of every threshold in one pack, and whole packs of either.
        for (double const first : {1e-6, 0.5, 1.9, 3.0, 30.0})
            for (double const ratio : {1.0, 1.3}) {
                V x;
                T t = static_cast<T>(first);
                for (index_t l = 0; l < V::size; ++l, t *= static_cast<T>(ratio)) x.v[l] = t > T(60) ? T(60) : t;
                V const got = f(x);
                for (index_t l = 0; l < V::size; ++l) {
                    T const one = x.v[l], wanted = f(one);
                    INFO("at " << one);
                    CHECK(std::fabs(static_cast<double>(got.v[l] - wanted)) <= bar * static_cast<double>(wanted));
                }
            }
        V const zero(T(0));
        CHECK(f(zero).v[0] == f(T(0)));
    };
    agree("langevinc", [](auto t) { return langevinc(t); });
    agree("tcoth_minus_1", [](auto t) { return tcoth_minus_1(t); });
    agree("tanhc", [](auto t) { return tanhc(t); });
    agree("tanhc_decay", [](auto t) { return tanhc_decay(t); });
    agree("asinhc", [](auto t) { return asinhc(t); });
    agree("asinhc_decay", [](auto t) { return asinhc_decay(t); });
    agree("sinhc", [](auto t) { return sinhc(t); });
    agree("sinh_residue", [](auto t) { return sinh_residue(t); });
    agree("sech2", [](auto t) { return sech2(t); });
    agree("bernoulli", [](auto t) { return bernoulli(t); });
}

TEMPLATE_TEST_CASE("Functions on packs at the ends of their ranges", "", float, double)
{
    using T = TestType;
    using limits = std::numeric_limits<T>;
    T const zero = 0, one = 1;
    auto const exactly = [](T got, T want) { return simd::bits_of(got) == simd::bits_of(want); };
    CHECK(exactly(simd::exp(zero), one));
    CHECK(exactly(simd::exp(-zero), one));
    CHECK(exactly(simd::cosh(zero), one));
    CHECK(simd::log(one) == zero);
    CHECK(exactly(simd::expm1(T(-1000)), -one));
    CHECK(exactly(simd::tanh(T(-1000)), -one));
    for (T const tiny : {zero, -zero, limits::min(), -limits::min()})
        for (T const got :
             {simd::expm1(tiny), simd::log1p(tiny), simd::sinh(tiny), simd::tanh(tiny), simd::asinh(tiny)})
            CHECK(exactly(got, tiny));
    if constexpr (whole_range) {
        T const infinity = limits::infinity(), nan = limits::quiet_NaN();
        CHECK(exactly(simd::exp(-infinity), zero));
        CHECK(exactly(simd::exp(infinity), infinity));
        CHECK(exactly(simd::expm1(-infinity), -one));
        CHECK(exactly(simd::expm1(infinity), infinity));
        CHECK(exactly(simd::log(zero), -infinity));
        CHECK(exactly(simd::log(infinity), infinity));
        CHECK(exactly(simd::log1p(-one), -infinity));
        CHECK(exactly(simd::log1p(infinity), infinity));
        CHECK(exactly(simd::sinh(-infinity), -infinity));
        CHECK(exactly(simd::cosh(-infinity), infinity));
        CHECK(exactly(simd::tanh(-infinity), -one));
        CHECK(exactly(simd::asinh(-infinity), -infinity));
        for (T const got :
             {simd::log(-one), simd::log1p(T(-2)), simd::log1p(-infinity), simd::exp(nan), simd::expm1(nan),
              simd::log(nan), simd::log1p(nan), simd::sinh(nan), simd::cosh(nan), simd::tanh(nan), simd::asinh(nan)})
            CHECK(is_nan(got));
        T lanes[64 / sizeof(T)] = {nan};
        CHECK(is_nan(simd::largest(simd::pack<T>::load(lanes))));
        for (T const tiny : {limits::denorm_min(), -3 * limits::denorm_min()})
            CHECK(exactly(simd::sinh(simd::pack<T>(tiny)).v[0], tiny));
    }
}

TEMPLATE_TEST_CASE("Lanes: select, extremes, signs, roots, masks", "", float, double)
{
    using T = TestType;
    using V = simd::pack<T>;
    STATIC_REQUIRE(simd::lanes<V> == V::size);
    STATIC_REQUIRE(simd::lanes<T> == 1);
    STATIC_REQUIRE(std::is_same_v<simd::scalar_of<V>, T>);
    T x[64 / sizeof(T)], y[64 / sizeof(T)];
    for (index_t l = 0; l < V::size; ++l) x[l] = static_cast<T>(l) - 1;
    V const a = V::load(x);
    select<T>(a < V(T(0)), V(T(5)), a).store(y);
    CHECK(y[0] == 5);
    CHECK(y[1] == 0);
    CHECK(simd::largest(a) == static_cast<T>(V::size - 2));
    CHECK(simd::largest(a, 1) == -1);
    CHECK(abs(a).v[0] == 1);
    CHECK(copysign(V(T(3)), a).v[0] == -3);
    CHECK(min(a, V(T(0))).v[1] == 0);
    CHECK(max(a, V(T(0))).v[0] == 0);
    CHECK((T(2) * a + T(1)).v[0] == -1);
    CHECK(V::any(a < V(T(0))));
    CHECK_FALSE(V::all(a < V(T(0))));
    CHECK(V::all(a >= V(T(-1))));
    CHECK_FALSE(V::any(a < V(T(-1))));
    CHECK((x[0] < T(0)));
}

TEMPLATE_TEST_CASE("Roots and quotients of packs are correctly rounded", "", float, double)
{
    using T = TestType;
    using V = simd::pack<T>;
    random_stream stream(3);
    int wrong = 0;
    for (int n = 0; n < 10000; ++n) {
        T const a = static_cast<T>(std::exp2(60 * stream.uniform() - 30)), b = static_cast<T>(1 + stream.uniform());
        auto const exact_a = static_cast<wider<T>>(a), exact_b = static_cast<wider<T>>(b);
        wrong += ulps(sqrt(V(a)).v[0], std::sqrt(exact_a)) > 0.5001;
        wrong += ulps((V(a) / V(b)).v[0], exact_a / exact_b) > 0.5001;
    }
    CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("The first lanes alone are read and written", "", float, double)
{
    using T = TestType;
    using V = simd::pack<T>;
    T x[64 / sizeof(T)], y[64 / sizeof(T)];
    for (index_t l = 0; l < V::size; ++l) x[l] = static_cast<T>(l + 1);
    for (index_t count = 0; count <= V::size; ++count) {
        V::load(x, count).store(y);
        for (index_t l = 0; l < V::size; ++l) CHECK(y[l] == (l < count ? x[l] : T(0)));
        std::fill(std::begin(y), std::end(y), T(-7));
        V::load(x).store(y, count);
        for (index_t l = 0; l < V::size; ++l) CHECK(y[l] == (l < count ? x[l] : T(-7)));
    }
}

TEMPLATE_TEST_CASE("A fused product keeps the low part where the processor can", "", float, double)
{
    using T = TestType;
    using V = simd::pack<T>;
    T const a = 1 + std::numeric_limits<T>::epsilon();
    T const p = a * a, in_pack = simd::fma(V(a), V(a), V(-p)).v[0];
    CHECK(in_pack == simd::fma(a, a, -p));
#if defined(__FMA__)
    CHECK(in_pack == std::numeric_limits<T>::epsilon() * std::numeric_limits<T>::epsilon());
#endif
}

TEMPLATE_TEST_CASE("Whole numbers of packs", "", float, double)
{
    using T = TestType;
    using V = simd::pack<T>;
    for (auto const& [given, want] : {std::pair<T, T>{T(2.5), 2}, {T(3.5), 4}, {T(-0.75), -1}, {T(1e6), T(1e6)}}) {
        CHECK(simd::round(V(given)).v[0] == want);
        CHECK(simd::round(given) == want);
        CHECK(simd::to_integer(V(want))[0] == static_cast<bits_t<T>>(static_cast<typename V::integer>(want)));
        CHECK(simd::to_real<V>(simd::to_integer(V(want))).v[0] == want);
        CHECK(simd::to_real<T>(simd::to_integer(want)) == want);
    }
}

}  // namespace hyspn::testing

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <manifold/ball_places.hpp>
#include <manifold/poincare_ops.hpp>
#include <support/catch.hpp>

// Wrong formulas found in other libraries, put into the sweeps in place of ours: each must be rejected, and what is put
// in place unchanged must pass. A sweep that lets one through is too weak.
namespace hyspn::testing {
namespace {

template <class T>
T dot_of(std::vector<T> const& x, std::vector<T> const& y)
{
    T sum(0);
    for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
    return sum;
}
template <class T>
T length_of(std::vector<T> const& x)
{
    return std::sqrt(dot_of(x, x));
}
template <class T>
std::vector<T> times(T a, std::vector<T> x)
{
    for (T& e : x) e *= a;
    return x;
}
/// artanh t = (log(1+t) − log(1−t))/2, as three libraries have it
template <class T>
T artanh_by_logarithms(T t)
{
    return (std::log(T(1) + t) - std::log(T(1) - t)) / T(2);
}
/// The textbook sum, its denominator plus `added`.
template <class T>
std::vector<T> textbook_add(T c, std::vector<T> const& x, std::vector<T> const& y, T added)
{
    T const xy = dot_of(x, y), x2 = dot_of(x, x), y2 = dot_of(y, y);
    T const denominator = T(1) + T(2) * c * xy + c * c * x2 * y2 + added;
    std::vector<T> z(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        z[i] = ((T(1) + T(2) * c * xy + c * y2) * x[i] + (T(1) - c * x2) * y[i]) / denominator;
    return z;
}
template <class T>
T textbook_dist(T c, std::vector<T> const& x, std::vector<T> const& y, T largest)
{
    T const t = std::sqrt(c) * length_of(textbook_add(c, times(T(-1), x), y, T(0)));
    return T(2) / std::sqrt(c) * std::atanh(std::min(t, largest));
}
template <class T>
answer<T> only(T value)
{
    return {{value}, {}, T(0)};
}
template <class T>
answer<T> only(std::vector<T> values)
{
    return {std::move(values), {}, T(0)};
}

/// A smaller grid than that of the operations themselves, and no condition number as an excuse for values.
template <class Op, class T>
sweep_report small_sweep(std::function<answer<T>(problem<T> const&)> const& claim, bool until_failed)
{
    return sweep<Op, T>(ball_places<T>(), std::vector<double>{1e-12, 0.25, 3.7}, {1, 3, 16}, ball_factors<Op>, claim,
                        until_failed);
}

template <class Op, class Claim>
void rejects(char const* bug, Claim const& claim)
{
    INFO(Op::name << " with this bug passes: " << bug);
    CHECK(small_sweep<Op, float>([&](auto const& p) { return claim(p); }, true).failed > 0);
    CHECK(small_sweep<Op, double>([&](auto const& p) { return claim(p); }, true).failed > 0);
}

/// Bugs that any operation can have, as a change to its problem or to its answer.
template <class Op, class Change>
void rejects_changed_problem(char const* bug, Change const& change)
{
    rejects<Op>(bug, [&](auto p) {
        change(p);
        return evaluate<Op>(p);
    });
}
template <class Op, class Change>
void rejects_changed_answer(char const* bug, Change const& change)
{
    rejects<Op>(bug, [&](auto const& p) {
        auto a = evaluate<Op>(p);
        change(p, a);
        return a;
    });
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("The sweeps pass what is right", "[reference]", poincare_ops)
{
    CHECK(small_sweep<TestType, float>([](auto const& p) { return evaluate<TestType>(p); }, false).failed == 0);
    CHECK(small_sweep<TestType, double>([](auto const& p) { return evaluate<TestType>(p); }, false).failed == 0);
}

TEMPLATE_LIST_TEST_CASE("The sweeps reject bugs that any operation can have", "[reference]", poincare_ops)
{
    using Op = TestType;
    rejects_changed_problem<Op>("curvature 1 whatever was asked for", [](auto& p) { p.c = 1; });
    rejects_changed_problem<Op>("softplus of c for c", [](auto& p) { p.c = std::log1p(std::exp(p.c)); });
    rejects_changed_problem<Op>("the sign of c's gradient and value mixed up: R for c", [](auto& p) { p.c = 1 / p.c; });
    rejects_changed_problem<Op>("1e-15 added to c", [](auto& p) { p.c += static_cast<decltype(p.c)>(1e-15); });
    rejects_changed_answer<Op>("the gradient of kappa for that of c", [](auto const&, auto& a) { a.c_bar = -a.c_bar; });
    rejects_changed_answer<Op>("c is not learnt", [](auto const&, auto& a) { a.c_bar = 0; });
    rejects_changed_answer<Op>("not finite at a zero vector", [](auto const& p, auto& a) {
        for (auto e : p.in[0])
            if (e != 0) return;
        a.out[0] = std::numeric_limits<std::remove_cvref_t<decltype(p.c)>>::quiet_NaN();
    });
    if constexpr (Op::inputs[0].kind == hyspn::detail::argument_kind::point) {
        rejects_changed_problem<Op>("points drawn back to (1 - 1e-5)/sqrt(c)", [](auto& p) {
            for (std::size_t k = 0; k < p.in.size(); ++k) {
                if (Op::inputs[k].kind != hyspn::detail::argument_kind::point) continue;
                using T = std::remove_cvref_t<decltype(p.c)>;
                T const r = length_of(p.in[k]), most = (T(1) - T(1e-5)) / std::sqrt(p.c);
                if (r > most) p.in[k] = times(most / r, p.in[k]);
            }
        });
        rejects_changed_answer<Op>("no gradient beyond the radius of a projection", [](auto const& p, auto& a) {
            using T = std::remove_cvref_t<decltype(p.c)>;
            if (length_of(p.in[0]) * std::sqrt(p.c) > T(1) - T(1e-5))
                for (T& e : a.grad[0]) e = 0;
        });
    }
}

TEST_CASE("The sweeps reject wrong conformal factors", "[reference]")
{
    rejects<lambda_x>("the factor inverted",
                      [](auto const& p) { return only(2 * (1 - p.c * dot_of(p.in[0], p.in[0]))); });
    rejects<lambda_x>("the sign of c flipped",
                      [](auto const& p) { return only(2 / (1 + p.c * dot_of(p.in[0], p.in[0]))); });
    rejects<lambda_x>("the factor of Klein's model",
                      [](auto const& p) { return only(1 / std::sqrt(1 - p.c * dot_of(p.in[0], p.in[0]))); });
    rejects<lambda_x>("the metric's factor 4/(1-r^2)^2 for its root", [](auto const& p) {
        auto const a = 1 - p.c * dot_of(p.in[0], p.in[0]);
        return only(4 / (a * a));
    });
    rejects<lambda_x>("1 - c|x|^2 from a rounded square", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        T volatile square = p.c * dot_of(p.in[0], p.in[0]);
        return only(T(2) / (T(1) - square));
    });
}

TEST_CASE("The sweeps reject wrong distances", "[reference]")
{
    rejects<dist0>("half the distance: the factor-of-two trap", [](auto const& p) {
        auto const s = std::sqrt(p.c);
        return only(std::atanh(s * length_of(p.in[0])) / s);
    });
    rejects<dist0>("artanh as a difference of logarithms", [](auto const& p) {
        auto const s = std::sqrt(p.c);
        return only(2 / s * artanh_by_logarithms(s * length_of(p.in[0])));
    });
    rejects<dist0>("artanh clamped at 1 - 1e-7", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        T const s = std::sqrt(p.c);
        return only(T(2) / s * std::atanh(std::min(s * length_of(p.in[0]), T(1) - T(1e-7))));
    });
    rejects<dist0>("Klein's coordinates for the ball's", [](auto const& p) {
        auto q = p;
        q.in[0] = times(2 / (1 + p.c * dot_of(p.in[0], p.in[0])), p.in[0]);
        return only(evaluate<dist0>(q).out[0]);
    });
    rejects<dist>("artanh of the norm of the Moebius difference, clamped at 1 - 1e-5", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        return only(textbook_dist(p.c, p.in[0], p.in[1], T(1) - T(1e-5)));
    });
    rejects<dist>("artanh of the norm of the Moebius difference", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        return only(textbook_dist(p.c, p.in[0], p.in[1], std::nextafter(T(1), T(0))));
    });
    rejects<dist>("arcosh(1 + ...)", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        auto d = p.in[0];
        for (std::size_t i = 0; i < d.size(); ++i) d[i] -= p.in[1][i];
        T const a = 1 - p.c * dot_of(p.in[0], p.in[0]), b = 1 - p.c * dot_of(p.in[1], p.in[1]);
        return only(std::acosh(1 + 2 * p.c * dot_of(d, d) / a / b) / std::sqrt(p.c));
    });
    rejects<dist>("arcosh(1 + 1e-6) whatever the points", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        return only(std::acosh(T(1) + T(1e-6)) / std::sqrt(p.c));
    });
    rejects<dist>("coordinate 0 of a point of the ball taken for time", [](auto const& p) {
        auto q = p;
        q.in[0][0] = -q.in[0][0];
        return only(evaluate<dist>(q).out[0]);
    });
    rejects<dist>("a gradient of 0/0 for coincident points", [](auto const& p) {
        auto a = evaluate<dist>(p);
        if (p.in[0] == p.in[1]) a.grad[0][0] = std::numeric_limits<std::remove_cvref_t<decltype(p.c)>>::quiet_NaN();
        return a;
    });
}

TEST_CASE("The sweeps reject wrong sums and maps", "[reference]")
{
    rejects<mobius_add>("the sign of c flipped", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        return only(textbook_add(-p.c, p.in[0], p.in[1], T(0)));
    });
    rejects<mobius_add>("1e-15 added to the denominator", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        return only(textbook_add(p.c, p.in[0], p.in[1], T(1e-15)));
    });
    rejects<mobius_add>("1e-5 added to the denominator", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        return only(textbook_add(p.c, p.in[0], p.in[1], T(1e-5)));
    });
    rejects<mobius_add>("the summands swapped", [](auto const& p) {
        auto q = p;
        std::swap(q.in[0], q.in[1]);
        return only(evaluate<mobius_add>(q).out);
    });
    rejects<expmap>("minus the vector", [](auto const& p) {
        auto q = p;
        for (auto& e : q.in[1]) e = -e;
        return only(evaluate<expmap>(q).out);
    });
    rejects<expmap>("the retraction x + v", [](auto const& p) {
        auto z = p.in[0];
        for (std::size_t i = 0; i < z.size(); ++i) z[i] += p.in[1][i];
        return only(z);
    });
    rejects<expmap>("the length of v measured at the origin", [](auto const& p) {
        auto q = p;
        q.in[1] = times(1 - p.c * dot_of(p.in[0], p.in[0]), p.in[1]);
        return only(evaluate<expmap>(q).out);
    });
    rejects<logmap>("lengths of the metric for those of coordinates", [](auto const& p) {
        return only(times(1 / (1 - p.c * dot_of(p.in[0], p.in[0])), evaluate<logmap>(p).out));
    });
    rejects<expmap0>("1e-15 added to the norm that is divided by", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        T const s = std::sqrt(p.c), r = length_of(p.in[0]);
        return only(times(std::tanh(s * r) / (s * (r + T(1e-15))), p.in[0]));
    });
    rejects<logmap0>("artanh as a difference of logarithms, the norm at least 1e-15", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        T const s = std::sqrt(p.c), r = std::max(length_of(p.in[0]), T(1e-15));
        return only(times(artanh_by_logarithms(s * r) / (s * r), p.in[0]));
    });
    rejects<expmap0>("a diagonal for the vector-Jacobian product", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        auto a = evaluate<expmap0>(p);
        T const factor = tanhc(std::sqrt(p.c) * length_of(p.in[0]));
        for (std::size_t i = 0; i < p.g.size(); ++i) a.grad[0][i] = factor * p.g[i];
        return a;
    });
    rejects<expmap0>("the derivative of T by c as a difference near 0", [](auto const& p) {
        using T = std::remove_cvref_t<decltype(p.c)>;
        auto a = evaluate<expmap0>(p);
        T const r = length_of(p.in[0]), t = std::sqrt(p.c) * r, quotient = r > 0 ? std::tanh(t) / t : T(1);
        T const slope = r > 0 ? (T(1) - quotient - t * t * quotient * quotient) / (T(2) * t * t) : T(0);
        a.c_bar = slope * r * r * dot_of(p.g, p.in[0]);
        return a;
    });
}

}  // namespace hyspn::testing

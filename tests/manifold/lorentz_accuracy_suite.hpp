// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <manifold/ambient_textbook.hpp>
#include <manifold/gradient_suite.hpp>
#include <manifold/operations.hpp>
#include <support/catch.hpp>

/// \file
/// Values and cotangents in T against the textbook in 113 bits, on the same rounded inputs: in general position, near
/// the base point, near the boundary, for close points and for points on one geodesic.

namespace hyspn::testing {

/// Evaluates the textbook operation named like Op on flat inputs (those of Op, then c), in any numbers.
template <class Op, class S>
std::vector<S> textbook_value(std::vector<S> const& flat, index_t extent)
{
    using namespace textbook;
    std::size_t const n = static_cast<std::size_t>(extent);
    flat_operation<Op> const op{extent};
    auto const part = [&](std::size_t k) {
        auto const start = flat.begin() + op.start_of(k);
        return vec<S>(start, start + op.size_of(k));
    };
    S const c = flat.back();
    constexpr model here = model_of<Op>();
    constexpr std::string_view name = Op::full_name;
    auto const first = part(0);
    auto const at = [&](std::size_t k) { return lift(here, part(k), c); };
    auto const back = [&](vec<S> const& z) { return bring_back(here, z, c); };

    if constexpr (name.find("_to_") != std::string_view::npos) {
        constexpr std::string_view to = name.substr(name.find("_to_") + 4);
        constexpr model there = to.starts_with("lorentz") ? model::lorentz
                                : to.starts_with("klein") ? model::klein
                                : to.starts_with("half")  ? model::half_space
                                                          : model::ball;
        if constexpr (name.ends_with("tangent"))
            return bring_back_tangent(there, at(0), lift_tangent(here, first, part(1), c), c);
        else
            return bring_back(there, at(0), c);
    } else if constexpr (Op::name == "time") {
        return {at(0)[0]};
    } else if constexpr (Op::name == "dist") {
        return {distance(at(0), at(1), c)};
    } else if constexpr (Op::name == "dist0") {
        return {distance(at(0), origin(n, c), c)};
    } else if constexpr (Op::name == "expmap") {
        return back(exponential(at(0), lift_tangent(here, first, part(1), c), c));
    } else if constexpr (Op::name == "logmap") {
        return bring_back_tangent(here, at(0), logarithm(at(0), at(1), c), c);
    } else if constexpr (Op::name == "expmap0" || Op::name == "logmap0") {
        // Tangent vectors at the origin are the same in these models: lengths there are Euclidean.
        if constexpr (Op::name == "expmap0") {
            vec<S> v(1, S(0));
            v.insert(v.end(), first.begin(), first.end());
            return back(exponential(origin(n, c), v, c));
        } else {
            auto const v = logarithm(origin(n, c), at(0), c);
            return {v.begin() + 1, v.end()};
        }
    } else if constexpr (Op::name == "ptransp") {
        auto const w = transport(at(0), at(1), lift_tangent(here, first, part(2), c), c);
        return bring_back_tangent(here, at(1), w, c);
    } else if constexpr (Op::name == "inner") {
        return {lorentz(lift_tangent(here, first, part(1), c), lift_tangent(here, first, part(2), c))};
    } else if constexpr (Op::name == "point_inner") {
        return {lorentz(at(0), at(1))};
    } else if constexpr (Op::name == "midpoint") {
        return back(middle(at(0), at(1), c));
    } else if constexpr (Op::name == "boost" || Op::name == "boost_back") {
        return back(boosted(at(0), at(1), c, Op::name == "boost_back"));
    } else if constexpr (Op::name == "rotation") {
        auto const a = combine(S(1) / sqrt(dot(first, first)), first, S(0), first);
        auto const b1 = part(1), b = combine(S(1) / sqrt(dot(b1, b1)), b1, S(0), b1), x = part(2);
        S const w = dot(a, x), t = (w + dot(b, x)) / (S(1) + dot(a, b));
        return combine(S(1), combine(S(1), x, -t, combine(S(1), a, S(1), b)), S(2) * w, b);
    } else {
        static_assert(Op::name == "dist2plane");
        auto const z = part(1), x = at(0);
        S const a = sqrt(c) * part(2)[0], length = sqrt(dot(z, z));
        S along(0);
        for (std::size_t i = 0; i < n; ++i) along = along + z[i] * x[i + 1] / length;
        return {asinh(sqrt(c) * (cosh(a) * along - sinh(a) * x[0])) / sqrt(c)};
    }
}

/// ⟨g, textbook⟩ differentiated in every flat input.
template <class Op>
std::vector<textbook::quad> textbook_gradient(std::vector<textbook::quad> const& x, std::vector<double> const& g,
                                              index_t extent)
{
    using textbook::quad;
    std::vector<textbook::jet<quad>> moving(x.begin(), x.end());
    std::vector<quad> gradient(x.size());
    for (std::size_t j = 0; j < x.size(); ++j) {
        moving[j].slope = quad(1);
        auto const y = textbook_value<Op>(moving, extent);
        moving[j].slope = quad(0);
        for (std::size_t i = 0; i < y.size(); ++i) gradient[j] = gradient[j] + quad(g[i]) * y[i].slope;
    }
    return gradient;
}

/// Norm-wise, in units of round-off of T; what lies below the smallest normal number is compared with that.
template <class T, class Got>
double quad_error(Got const* got, textbook::quad const* wanted, std::size_t n)
{
    textbook::quad error, size;
    bool zero = true;
    for (std::size_t i = 0; i < n; ++i) {
        zero = zero && got[i] == 0;
        auto const e = textbook::quad(static_cast<double>(got[i])) - wanted[i];
        error = error + e * e;
        size = size + wanted[i] * wanted[i];
    }
    // What is 0 in exact arithmetic is rounding in the textbook, and compared with 1.
    double const wanted_size = static_cast<double>(sqrt(size));
    if (zero && wanted_size < 1e-22) return 0;
    if (wanted_size < 1e-28)
        return static_cast<double>(sqrt(error)) / static_cast<double>(math_traits<T>::unit_roundoff);
    double const floor = static_cast<double>(std::numeric_limits<T>::min());
    double const scale = std::max(static_cast<double>(sqrt(size)), floor);
    return static_cast<double>(sqrt(error)) / scale / static_cast<double>(math_traits<T>::unit_roundoff);
}

/// A kind of place: s‖x‖ of the points in the ball; how far apart they are (hyperbolic, in units 1/√c; 0: anywhere;
/// negative: further out on one ray by that factor); and the hyperbolic length of tangent vectors, likewise.
struct regime {
    char const* name;
    double radius, apart, tangent;
};

inline constexpr regime regimes[] = {{"generic", 0.5, 0, 0.8},    {"origin", 1e-5, 0, 1e-5},
                                     {"boundary", 0.999, 0, 0.8}, {"near boundary, close", 0.999, 0.01, 0.01},
                                     {"close", 0.6, 1e-4, 1e-4},  {"collinear", 0.7, -0.6, 0.5}};

/// Inputs of Op within a regime, as numbers of T: points and tangent vectors of the ball, carried into Op's model.
template <class Op, class T>
std::vector<T> draw(regime const& where, index_t extent, double c, unsigned seed)
{
    using hyspn::detail::argument_kind;
    using textbook::quad;
    point_source source(seed);
    double const s = std::sqrt(c);
    auto const ray = [&](double length) {
        auto const v = source.point<double>(extent, length / s);
        return textbook::vec<quad>(v.begin(), v.end());
    };
    textbook::vec<quad> first;  // the first point, in the ball
    double complement = 1;
    std::vector<T> x;
    auto const append = [&](textbook::vec<quad> const& v) {
        for (quad a : v) x.push_back(static_cast<T>(static_cast<double>(a)));
    };
    for (auto const& input : Op::inputs) {
        if (input.is_number()) {
            x.push_back(static_cast<T>(0.4 * where.tangent / s));
        } else if (input.kind == argument_kind::direction) {
            auto v = ray(1);
            v[0] = v[0] < quad(0) ? quad(0.3) - v[0] : v[0] + quad(0.3);
            append(v);
        } else if (input.kind == argument_kind::tangent && first.empty()) {
            append(ray(2 * std::atanh(where.radius)));
        } else if (input.kind == argument_kind::tangent) {
            auto const v = ray(where.tangent * complement / 2);
            append(model_of<Op>() == model::ball ? v : [&] {
                auto const w = textbook::lift_tangent(model::ball, first, v, quad(c));
                return textbook::bring_back_tangent(model_of<Op>(), textbook::lift(model::ball, first, quad(c)), w,
                                                    quad(c));
            }());
        } else {
            auto p = ray(where.radius * (0.9 + 0.1 * std::fabs(source.number())));
            if (!first.empty() && where.apart != 0)
                p = where.apart < 0 ? combine(quad(-where.apart), first, quad(0), first)
                                    : combine(quad(1), first, quad(1), ray(where.apart * complement / 2));
            append(model_of<Op>() == model::ball
                       ? p
                       : textbook::bring_back(model_of<Op>(), textbook::lift(model::ball, p, quad(c)), quad(c)));
            if (first.empty()) {
                first = p;
                complement = 1 - c * static_cast<double>(dot(p, p));
            }
        }
    }
    x.push_back(static_cast<T>(c));
    return x;
}

/// How far the exact value and the exact cotangents move, in units of round-off, when every input moves by one.
template <class Op, class T>
struct condition {
    double value = 0;
    std::vector<double> gradient;

    condition(std::vector<T> const& x, std::vector<double> const& g, index_t extent) : gradient(Op::input_count + 1)
    {
        std::vector<textbook::quad> const at(x.begin(), x.end());
        auto const y = textbook_value<Op>(at, extent);
        auto const dx = textbook_gradient<Op>(at, g, extent);
        point_source source(5);
        for (int trial = 0; trial < 12; ++trial) {
            auto moved = at;
            for (auto& a : moved)
                a = a * textbook::quad(1 + (source.number() > 0 ? 1 : -1) * double(math_traits<T>::unit_roundoff));
            auto const y2 = textbook_value<Op>(moved, extent);
            auto const dx2 = textbook_gradient<Op>(moved, g, extent);
            value = std::max(value, change(y, y2, 0, y.size()));
            flat_operation<Op> const op{extent};
            for (std::size_t k = 0; k <= Op::input_count; ++k) {
                auto const [start, size] = part_of(op, k, x.size());
                gradient[k] = std::max(gradient[k], change(dx, dx2, start, size));
            }
        }
    }

    static std::pair<std::size_t, std::size_t> part_of(flat_operation<Op> const& op, std::size_t k, std::size_t size)
    {
        if (k == Op::input_count) return {size - 1, 1};
        return {static_cast<std::size_t>(op.start_of(k)), static_cast<std::size_t>(op.size_of(k))};
    }

private:
    static double change(std::vector<textbook::quad> const& a, std::vector<textbook::quad> const& b, std::size_t start,
                         std::size_t n)
    {
        textbook::quad error, size;
        for (std::size_t i = start; i < start + n; ++i) {
            error = error + (a[i] - b[i]) * (a[i] - b[i]);
            size = size + a[i] * a[i];
        }
        double const floor = static_cast<double>(std::numeric_limits<T>::min());
        return static_cast<double>(sqrt(error)) / std::max(static_cast<double>(sqrt(size)), floor) /
               static_cast<double>(math_traits<T>::unit_roundoff);
    }
};

/// Bars in units of round-off; what is worse conditioned than that may be off by `conditioned` times its condition
/// number.
struct accuracy_bars {
    double value = 16, gradient = 128, conditioned = 4;
};

/// The worst errors of a regime, and beside each the worst error as a fraction of what is allowed.
struct accuracy_log {
    std::map<std::string, std::pair<double, double>> worst;

    void note(std::string const& what, double error, double bar)
    {
        auto& [e, fraction] = worst[what];
        if (!(error <= e)) e = error;
        if (!(error / bar <= fraction)) fraction = error / bar;
        CHECK(error <= bar);
    }
    void print(std::string const& title) const
    {
        std::printf("%s", title.c_str());
        for (auto const& [what, w] : worst) std::printf("  %s %.1f (%.2f)", what.c_str(), w.first, w.second);
        std::printf("\n");
    }
};

template <class Op, class T>
void check_accuracy_at(std::vector<T> const& x, index_t extent, accuracy_bars const& bars, accuracy_log& log)
{
    flat_operation<Op> const op{extent};
    std::vector<textbook::quad> const at(x.begin(), x.end());
    auto const y = op(x);
    auto const g = hyspn::testing::detail::random_cotangent(y.size(), 3);
    std::vector<T> const g_t(g.begin(), g.end());
    std::vector<double> const g_rounded(g_t.begin(), g_t.end());
    auto const dx = op.template backward<T>(x, g_t);
    auto const true_y = textbook_value<Op>(at, extent);
    auto const true_dx = textbook_gradient<Op>(at, g_rounded, extent);

    std::vector<double> cond;  // made when asked for
    double value_cond = 0;
    auto const allowed = [&](double error, double bar, std::size_t k) {
        if (error <= bar) return bar;
        if (cond.empty()) {
            condition<Op, T> const exact(x, g_rounded, extent);
            cond = exact.gradient;
            value_cond = exact.value;
        }
        return std::max(bar, bars.conditioned * (k > Op::input_count ? value_cond : cond[k]));
    };
    double const value_error = quad_error<T>(y.data(), true_y.data(), y.size());
    log.note("out", value_error, allowed(value_error, bars.value, Op::input_count + 1));
    for (std::size_t k = 0; k <= Op::input_count; ++k) {
        auto const [start, size] = condition<Op, T>::part_of(op, k, x.size());
        double const error = quad_error<T>(dx.data() + start, true_dx.data() + start, size);
        log.note(k < Op::input_count ? Op::inputs[k].name : "c", error, allowed(error, bars.gradient, k));
    }
}

/// All regimes in precision T.
template <class Op, class T>
void check_accuracy()
{
    accuracy_bars bars;
    // Terms that cancel by chance: the condition number is known to a small factor only.
    if (Op::name == "logmap" || Op::name == "ptransp" || Op::name == "rotation") bars.conditioned = 8;
    for (auto const& where : regimes) {
        accuracy_log log;
        for (index_t extent : {1, 2, 3, 8}) {
            if (extent == 1 && Op::name == "rotation") continue;  // no plane to turn in: everything is 0
            for (double c : {0.25, 1.0, 3.5})
                for (unsigned seed = 1; seed <= 4; ++seed) {
                    INFO(Op::full_name << ", " << where.name << ", D = " << extent << ", c = " << c << ", seed "
                                       << seed);
                    check_accuracy_at<Op, T>(draw<Op, T>(where, extent, c, seed), extent, bars, log);
                }
        }
        log.print(std::string(Op::full_name) + (sizeof(T) == 4 ? " float " : " double ") + where.name + ":");
    }
}

}  // namespace hyspn::testing

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <manifold/gyro_reference.hpp>
#include <manifold/operations.hpp>
#include <manifold/points.hpp>

/// \file
/// Values and vector-Jacobian products of an operation, or of anything that claims to be one, against 113 bits on the
/// rounded inputs, over curvatures, dimensions and places. Derivatives of the reference are exact to its rounding (dual
/// numbers), not differences.

namespace hyspn::testing {

/// One set of inputs of an operation.
template <class T>
struct problem {
    std::string name;
    T c;
    std::vector<std::vector<T>> in;
    std::vector<T> g;
};

/// What an operation makes of a problem. A claim without derivatives leaves grad empty.
template <class T>
struct answer {
    std::vector<T> out;
    std::vector<std::vector<T>> grad;
    T c_bar{};
};

template <class Op, class T, std::size_t... K>
answer<T> evaluate(problem<T> const& p, std::index_sequence<K...>)
{
    auto const input = [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
        if constexpr (Op::inputs[N].is_number())
            return p.in[N][0];
        else
            return view<T const, 1>(p.in[N].data(), dims<1>{{static_cast<index_t>(p.in[N].size())}});
    };
    auto const vector = [](std::vector<T>& x) {
        return view<T, 1>(x.data(), dims<1>{{static_cast<index_t>(x.size())}});
    };
    auto const target = [&]<std::size_t N>(std::integral_constant<std::size_t, N>, auto& x) -> decltype(auto) {
        if constexpr (Op::inputs[N].is_number())
            return static_cast<T&>(x[N][0]);
        else
            return vector(x[N]);
    };
    auto const k = curvature_of<Op>(p.c);
    answer<T> a{std::vector<T>(p.g.size()), p.in, T(0)};
    if constexpr (Op::scalar_output) {
        a.out[0] = Op::forward(k, input(std::integral_constant<std::size_t, K>{})...);
        a.c_bar = Op::vjp(k, input(std::integral_constant<std::size_t, K>{})..., p.g[0],
                          target(std::integral_constant<std::size_t, K>{}, a.grad)...);
    } else {
        Op::forward(k, input(std::integral_constant<std::size_t, K>{})..., vector(a.out));
        view<T const, 1> const g(p.g.data(), dims<1>{{static_cast<index_t>(p.g.size())}});
        a.c_bar = Op::vjp(k, input(std::integral_constant<std::size_t, K>{})..., g,
                          target(std::integral_constant<std::size_t, K>{}, a.grad)...);
    }
    return a;
}

template <class Op, class T>
answer<T> evaluate(problem<T> const& p)
{
    return evaluate<Op>(p, std::make_index_sequence<Op::input_count>{});
}

/// The reference at a problem. `along` is ⟨g, derivative⟩ in the direction of one coordinate, or of the curvature.
template <class Op>
class truth {
public:
    template <class T>
    explicit truth(problem<T> const& p)
    {
        c_ = wide(static_cast<double>(p.c));
        for (std::size_t k = 0; k < Op::input_count; ++k)
            for (T e : p.in[k]) in_[k].push_back(wide(static_cast<double>(e)));
        for (T e : p.g) g_.push_back(static_cast<double>(e));
        out_ = outputs();
    }

    wide_vector const& out() const { return out_; }
    std::vector<quad> values() const
    {
        std::vector<quad> all;
        for (wide const& y : outputs()) all.push_back(y.value);
        return all;
    }
    quad along(std::size_t input, std::size_t i) { return along(in_[input][i]); }
    quad along_c() { return along(c_); }

    /// How many eps something moves, norm-wise, when every number of the problem moves by one, each the worse way.
    template <class Something>
    double condition(Something const& something)
    {
        std::vector<quad> const here = something(*this);
        quad const step = 1e-20;
        quad size = 0, total = 0;
        for (quad a : here) size += a * a;
        auto const move = [&](wide& number) {
            wide const kept = number;
            number.value *= 1 + step;
            std::vector<quad> const there = something(*this);
            number = kept;
            quad distance = 0;
            for (std::size_t i = 0; i < here.size(); ++i) distance += (there[i] - here[i]) * (there[i] - here[i]);
            total += sqrtq(distance);
        };
        for (auto& x : in_)
            for (wide& a : x) move(a);
        move(c_);
        return size == 0 ? 0 : static_cast<double>(total / sqrtq(size) / step);
    }

private:
    quad along(wide& number)
    {
        number.slope = 1;
        auto const y = outputs();
        number.slope = 0;
        quad sum = 0;
        for (std::size_t i = 0; i < y.size(); ++i) sum += y[i].slope * g_[i];
        return sum;
    }

    wide_vector outputs() const
    {
        using K = typename hyspn::detail::curvature_for<typename Op::formula, double>::type;
        return reference<Op>::at(
            requires { K::from_c(1.0); } ? -c_ : c_, in_);
    }

    wide c_;
    gyro::inputs<Op::input_count> in_;
    std::vector<quad> g_;
    wide_vector out_;
};

/// Norm-wise errors in units of round-off; infinite where something is not finite.
struct errors {
    double value = 0, gradient = 0, c = 0;
    double value_condition = 0, gradient_condition = 0, c_condition = 0;  ///< where an error is above its bar
};

/// What is allowed, or a multiple of the condition number where that is more.
inline constexpr double value_bar = 16, gradient_bar = 128;
struct condition_factors {
    double value, gradient, c;
};

namespace detail {

template <class T>
double relative(quad error, quad size)
{
    quad const floor = std::numeric_limits<T>::min();
    double const e =
        static_cast<double>(error / std::max(size, floor)) / static_cast<double>(math_traits<T>::unit_roundoff);
    return std::isfinite(e) ? e : std::numeric_limits<double>::infinity();
}

/// Coordinates whose derivatives are looked at: all of a short vector, some of a long one.
inline std::vector<std::size_t> coordinates(std::size_t extent)
{
    if (extent <= 3)
        return extent == 1   ? std::vector<std::size_t>{0}
               : extent == 2 ? std::vector<std::size_t>{0, 1}
                             : std::vector<std::size_t>{0, 1, 2};
    return {0, extent / 2, extent - 1};
}

}  // namespace detail

template <class Op, class T>
errors compare(problem<T> const& p, answer<T> const& a)
{
    truth<Op> t(p);
    errors e;
    quad error = 0, size = 0;
    for (std::size_t i = 0; i < p.g.size(); ++i) {
        quad const difference = quad(a.out[i]) - t.out()[i].value;
        error += difference * difference;
        size += t.out()[i].value * t.out()[i].value;
    }
    e.value = detail::relative<T>(sqrtq(error), sqrtq(size));
    if (e.value > value_bar) e.value_condition = t.condition([](truth<Op>& moved) { return moved.values(); });
    if (a.grad.empty()) return e;
    for (std::size_t k = 0; k < p.in.size(); ++k) {
        error = size = 0;
        for (T x : a.grad[k]) size += quad(x) * quad(x);
        for (std::size_t i : detail::coordinates(p.in[k].size())) {
            quad const difference = quad(a.grad[k][i]) - t.along(k, i);
            error += difference * difference;
        }
        double const relative = detail::relative<T>(sqrtq(error), sqrtq(size));
        if (!(relative <= e.gradient)) e.gradient = relative;
        if (relative <= gradient_bar) continue;
        double const condition = t.condition([&](truth<Op>& moved) {
            std::vector<quad> all;
            for (std::size_t i : detail::coordinates(p.in[k].size())) all.push_back(moved.along(k, i));
            return all;
        });
        e.gradient_condition = std::max(e.gradient_condition, condition);
    }
    quad const c_bar = t.along_c();
    e.c = detail::relative<T>(fabsq(quad(a.c_bar) - c_bar), fabsq(c_bar));
    if (e.c > gradient_bar)
        e.c_condition = t.condition([](truth<Op>& moved) { return std::vector<quad>{moved.along_c()}; });
    return e;
}

/// Where the two vectors of a problem lie. Lengths are s‖x‖, s = √|c|; tangent vectors are measured where they start.
struct placement {
    enum class relation { free, close, same, opposite, collinear, antipodal };
    char const* name;
    double first, second;
    relation how = relation::free;
    bool subnormal = false;
};

template <class Op, class T>
problem<T> make_problem(placement const& at, index_t extent, double c, unsigned seed)
{
    using relation = placement::relation;
    point_source source(seed);
    // Tangent vectors reach where the length says: no farther than the boundary or the antipode.
    bool const spherical = Op::full_name.starts_with("stereographic") && c >= 0;
    auto const reach = [&](double length) { return spherical ? std::atan(length) : length; };
    double const unit = c == 0 ? 1 : 1 / std::sqrt(std::fabs(c));
    problem<T> p{std::string(Op::full_name) + ", " + at.name + ", D = " + std::to_string(extent) +
                     ", c = " + hyspn::detail::to_text(c),
                 static_cast<T>(c),
                 {},
                 {}};
    auto const list = [](tensor<T, 1> const& x) { return std::vector<T>(x.begin(), x.end()); };
    std::size_t vectors = 0, first = 0;
    for (auto const& input : Op::inputs) {
        if (input.is_number()) {
            p.in.push_back({static_cast<T>(input.is_length() ? 0.6 * unit : 0.6)});
        } else if (vectors++ == 0) {
            first = p.in.size();
            bool const moves = input.kind == hyspn::detail::argument_kind::tangent;
            p.in.push_back(list(source.point<T>(extent, (moves ? reach(at.first) : at.first) * unit)));
        } else {
            bool const moves = input.kind == hyspn::detail::argument_kind::tangent;
            double const shrink = !moves && at.how != relation::close ? 1
                                  : spherical                         ? 1 + at.first * at.first
                                                                      : 1 - at.first * at.first;
            double const length = moves ? reach(at.second) : at.second;
            auto const fresh = list(source.point<T>(extent, length * shrink * unit));
            auto const x = p.in[first];
            double square = 0;
            for (T e : x) square += static_cast<double>(e) * static_cast<double>(e) / unit / unit;
            p.in.push_back(fresh);
            for (std::size_t i = 0; i < fresh.size(); ++i) {
                double const turned = at.how == relation::opposite || at.how == relation::collinear ? -at.second
                                      : at.how == relation::antipodal                               ? -1 / square
                                                                                                    : 1;
                if (at.how == relation::free)
                    continue;
                else if (at.how == relation::close)
                    p.in.back()[i] = moves ? fresh[i] : x[i] + fresh[i];
                else
                    p.in.back()[i] = static_cast<T>(static_cast<double>(x[i]) * turned * (moves ? shrink : 1));
            }
        }
    }
    if (at.subnormal)
        for (auto& x : p.in)
            for (T& e : x) e = static_cast<T>(source.number()) * 64 * std::numeric_limits<T>::denorm_min();
    p.g.resize(Op::scalar_output ? 1 : static_cast<std::size_t>(extent));
    for (T& e : p.g) e = static_cast<T>(source.number());
    return p;
}

/// The worst errors of a sweep, where they were, and what went over the bars.
struct sweep_report {
    condition_factors factors;
    errors worst{};
    std::string value_at{}, gradient_at{}, c_at{}, failures{};
    int problems = 0, failed = 0;

    void note(std::string const& name, errors const& e)
    {
        ++problems;
        auto const keep = [&](double& w, double error, std::string& where) {
            if (error <= w) return;
            w = error;
            where = name;
        };
        double const out_bar = std::max(value_bar, factors.value * e.value_condition);
        keep(worst.value, e.value * value_bar / out_bar, value_at);
        double const in_bar = std::max(gradient_bar, factors.gradient * e.gradient_condition);
        keep(worst.gradient, e.gradient * gradient_bar / in_bar, gradient_at);
        double const c_bar = std::max(gradient_bar, factors.c * e.c_condition);
        keep(worst.c, e.c * gradient_bar / c_bar, c_at);
        if (e.value <= out_bar && e.gradient <= in_bar && e.c <= c_bar) return;
        if (++failed > 12) return;
        char text[128];
        std::snprintf(text, sizeof text,
                      ": value %.3g (cond %.3g), gradients %.3g (cond %.3g), of c %.3g (cond %.3g)\n", e.value,
                      e.value_condition, e.gradient, e.gradient_condition, e.c, e.c_condition);
        failures += name + text;
    }

    void print(std::string_view op, std::string_view type) const
    {
        std::printf("%-26s %-6s %5d problems: value %.1f, gradients %.1f, of c %.1f of 128\n", std::string(op).c_str(),
                    std::string(type).c_str(), problems, worst.value, worst.gradient, worst.c);
    }
};

/// Every placement at every curvature and dimension, or, for a claim that must fail, as far as the first failure.
/// `claim` turns a problem into an answer.
template <class Op, class T, class Placements, class Curvatures, class Claim>
sweep_report sweep(Placements const& placements, Curvatures const& curvatures, std::vector<index_t> const& extents,
                   condition_factors const& factors, Claim const& claim, bool until_failed = false)
{
    sweep_report report{.factors = factors};
    unsigned seed = 1;
    for (auto const& at : placements)
        for (double c : curvatures)
            for (index_t extent : extents) {
                auto const p = make_problem<Op, T>(at, extent, c, ++seed);
                report.note(p.name, compare<Op>(p, claim(p)));
                if (until_failed && report.failed > 0) return report;
            }
    return report;
}

}  // namespace hyspn::testing

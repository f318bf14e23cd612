// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <manifold/operations.hpp>
#include <manifold/points.hpp>
#include <support/catch.hpp>

#include <hyspn/testing/gradient_check.hpp>

/// \file
/// Every vector-Jacobian product against dual numbers and central differences of its own forward text, at points in
/// general position and at the places where hand-written derivatives go wrong.

namespace hyspn::testing {

/// An operation on flat arrays: its inputs one after the other, then c.
template <class Op>
struct flat_operation {
    index_t extent;

    index_t outputs() const { return Op::scalar_output ? 1 : extent; }
    index_t size_of(std::size_t k) const { return Op::inputs[k].is_number() ? 1 : extent; }
    index_t start_of(std::size_t k) const { return k == 0 ? 0 : start_of(k - 1) + size_of(k - 1); }

    /// Input K of the flat array: a view, or a reference to a number.
    template <std::size_t K, class S>
    decltype(auto) part(S* data) const
    {
        if constexpr (Op::inputs[K].is_number())
            return static_cast<S&>(data[start_of(K)]);
        else
            return view<S, 1>(data + start_of(K), dims<1>{{extent}});
    }

    template <class S>
    std::vector<S> operator()(std::vector<S> const& x) const
    {
        auto const c = curvature<S>::from_c(x.back());
        std::vector<S> y(static_cast<std::size_t>(outputs()));
        view<S, 1> const out(y.data(), dims<1>{{outputs()}});
        with_inputs<Op>([&]<std::size_t... K>(std::index_sequence<K...>) {
            if constexpr (Op::scalar_output)
                out(0) = Op::forward(c, part<K>(x.data())...);
            else
                Op::forward(c, part<K>(x.data())..., out);
        });
        return y;
    }

    std::vector<double> backward(std::vector<double> const& x, std::vector<double> const& dy) const
    {
        auto const c = curvature<double>::from_c(x.back());
        std::vector<double> dx(x.size());
        dx.back() = with_inputs<Op>([&]<std::size_t... K>(std::index_sequence<K...>) {
            if constexpr (Op::scalar_output)
                return Op::vjp(c, part<K>(x.data())..., dy[0], part<K>(dx.data())...);
            else
                return Op::vjp(c, part<K>(x.data())..., view<double const, 1>(dy.data(), dims<1>{{extent}}),
                               part<K>(dx.data())...);
        });
        return dx;
    }
};

struct place {
    char const* name;
    double first, second;  ///< s‖x‖ and s‖y‖
    bool differences;      ///< well scaled, so that central differences say something
};

inline constexpr place places[] = {{"general position", 0.6, 0.4, true},
                                   {"small", 1e-3, 2e-3, false},
                                   {"one much the longer", 0.5, 1e-4, false},
                                   {"near the boundary", 0.999, 0.3, false},
                                   {"both near the boundary", 0.9999, 0.999, false},
                                   {"first at zero", 0, 0.5, false},
                                   {"second at zero", 0.5, 0, false},
                                   {"both at zero", 0, 0, false}};

/// Inputs of Op at a place: the first vector, the others; numbers are 0.7. Near the boundary a tangent vector of length
/// 1 is a journey of hundreds; what is asked for is a fraction of the way to the other side.
template <class Op>
std::vector<double> join(index_t extent, place const& at, double c, unsigned seed)
{
    point_source source(seed);
    std::vector<double> x;
    std::size_t vectors = 0;
    for (auto const& input : Op::inputs) {
        if (input.is_number()) {
            x.push_back(0.7);
            continue;
        }
        bool const moves = vectors > 0 && input.kind == hyspn::detail::argument_kind::tangent;
        double const length = vectors == 0 ? at.first : vectors == 1 ? at.second : 0.7 * at.second;
        double const scale = moves ? 1 - at.first * at.first : 1;
        for (double a : source.point<double>(extent, length * scale / std::sqrt(c))) x.push_back(a);
        ++vectors;
    }
    x.push_back(c);
    return x;
}

template <class Op>
void check_gradients(std::vector<double> const& x, index_t extent, bool differences, double floor = 1e-9)
{
    flat_operation<Op> const op{extent};
    auto const backward = [&](auto const& p, auto const& dy) { return op.backward(p, dy); };
    auto const adjoint = check_adjoint(op, backward, x, {.log_above = 1e-7, .floor = floor});
    INFO(adjoint.log);
    CHECK(adjoint.within(1e-7));
    if (!differences) return;
    auto const slopes = check_differences(op, backward, x, {.floor = floor});
    INFO(slopes.log);
    CHECK(slopes.within(1e-7));
}

/// All places, dimensions 1, 2, 5 and three curvatures.
template <class Op>
void check_gradients_everywhere()
{
    for (auto const& at : places)
        for (index_t extent : {1, 2, 5})
            for (double c : {0.3, 1.0, 2.5}) {
                INFO(Op::name << ", " << at.name << ", D = " << extent << ", c = " << c);
                check_gradients<Op>(join<Op>(extent, at, c, 7), extent, at.differences);
            }
}

}  // namespace hyspn::testing

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <string_view>

#include <hyspn/core/view.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

/// \file
/// Samplers draw vectors inside a ball; this makes of them what the operation at hand takes: points of its model, and
/// directions that are neither 0 nor opposite to each other. Operations of the ball get what was drawn.

namespace hyspn::testing {

enum class model { ball, lorentz, klein, half_space };

/// The model an operation's inputs live in, by its name: lorentz::…, lorentz_to_….
template <class Op>
constexpr model model_of()
{
    if (Op::full_name.starts_with("lorentz")) return model::lorentz;
    if (Op::full_name.starts_with("klein")) return model::klein;
    if (Op::full_name.starts_with("half_space")) return model::half_space;
    return model::ball;
}

/// The point of another model that a point of the ball stands for, in place and by the textbook.
template <class T>
void move_to(model to, view<T, 1> x, double c)
{
    index_t const n = x.extent(0);
    double square = 0, last = n > 0 ? static_cast<double>(x(n - 1)) : 0;
    for (index_t i = 0; i < n; ++i) square += static_cast<double>(x(i)) * static_cast<double>(x(i));
    double const a = 1 - c * square, s = std::sqrt(c), pole = 1 - 2 * s * last + c * square;
    double const factor = to == model::ball      ? 1
                          : to == model::lorentz ? 2 / a
                          : to == model::klein   ? 2 / (2 - a)
                                                 : 2 / pole;
    for (index_t i = 0; i < n; ++i) x(i) = static_cast<T>(factor * static_cast<double>(x(i)));
    if (to == model::half_space && n > 0) x(n - 1) = static_cast<T>(a / (s * pole));
}

template <class Op, class T>
void settle(hyspn::detail::argument const& input, view<T, 1> x, double c)
{
    if (model_of<Op>() == model::ball) return;
    if (input.kind == hyspn::detail::argument_kind::point) move_to(model_of<Op>(), x, c);
    if (input.kind == hyspn::detail::argument_kind::direction && x.extent(0) > 0) x(0) = std::fabs(x(0)) + T(0.3);
}

/// The same for every point of an array, coarser: heights and first elements of directions become positive.
template <class Op, class T, std::size_t Rank>
void settle_all(hyspn::detail::argument const& input, view<T, Rank> x)
{
    if constexpr (Rank >= 2) {
        bool const point = input.kind == hyspn::detail::argument_kind::point && model_of<Op>() == model::half_space;
        bool const axis = input.kind == hyspn::detail::argument_kind::direction && model_of<Op>() != model::ball;
        constexpr std::size_t which = Rank == 3 ? 0 : 1;
        if ((!point && !axis) || x.size() == 0) return;
        dims<Rank> slice = x.extents();
        slice[which] = 1;
        index_t const at = point ? x.extent(which) - 1 : 0;
        view<T, Rank> const part(x.data_handle() + at * x.stride(which), slice, x.strides());
        for_each_element(part, [](T& a) { a = std::fabs(a) + T(0.3); });
    }
}

}  // namespace hyspn::testing

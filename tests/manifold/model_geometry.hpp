// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <utility>

#include <manifold/models.hpp>
#include <manifold/points.hpp>

#include <hyspn/core/tensor.hpp>
#include <hyspn/manifold/convert.hpp>
#include <hyspn/manifold/half_space.hpp>
#include <hyspn/manifold/klein.hpp>
#include <hyspn/manifold/lorentz.hpp>
#include <hyspn/manifold/poincare.hpp>

/// \file
/// The four models under one interface that returns its results, so that laws between them read like formulas.

namespace hyspn::testing {

using vector_d = tensor<double, 1>;
using curvature_d = curvature<double>;

/// f(c, inputs…) as a value.
template <class F, class... V>
vector_d mapped(F const& f, curvature_d const& c, vector_d const& first, V const&... rest)
{
    vector_d out(first.extents());
    f(c, as_view(first), as_view(rest)..., as_view(out));
    return out;
}

struct ball_model {
    static constexpr model kind = model::ball;
    static constexpr auto const& dist = poincare::dist;
    static constexpr auto const& dist0 = poincare::dist0;
    static constexpr auto const& expmap0 = poincare::expmap0;
    static constexpr auto const& logmap0 = poincare::logmap0;
};
struct lorentz_model {
    static constexpr model kind = model::lorentz;
    static constexpr auto const& dist = lorentz::dist;
    static constexpr auto const& dist0 = lorentz::dist0;
    static constexpr auto const& dist_vjp = lorentz::dist_vjp;
    static constexpr auto const& expmap0 = lorentz::expmap0;
    static constexpr auto const& logmap0 = lorentz::logmap0;
};
struct klein_model {
    static constexpr model kind = model::klein;
    static constexpr auto const& dist = klein::dist;
    static constexpr auto const& dist0 = klein::dist0;
    static constexpr auto const& dist_vjp = klein::dist_vjp;
    static constexpr auto const& expmap0 = klein::expmap0;
    static constexpr auto const& logmap0 = klein::logmap0;
};
struct half_space_model {
    static constexpr model kind = model::half_space;
    static constexpr auto const& dist = half_space::dist;
    static constexpr auto const& dist0 = half_space::dist0;
    static constexpr auto const& dist_vjp = half_space::dist_vjp;
    static constexpr auto const& expmap0 = half_space::expmap0;
    static constexpr auto const& logmap0 = half_space::logmap0;
};

/// Calls f with the conversion from one model to the other and that of tangent vectors.
template <class From, class To, class F>
void with_conversion(F const& f)
{
    constexpr model from = From::kind, to = To::kind;
    constexpr auto pair = [](model a, model b) { return 4 * static_cast<int>(a) + static_cast<int>(b); };
    constexpr int which = pair(from, to);
    if constexpr (which == pair(model::ball, model::lorentz)) f(poincare_to_lorentz, poincare_to_lorentz_tangent);
    if constexpr (which == pair(model::ball, model::klein)) f(poincare_to_klein, poincare_to_klein_tangent);
    if constexpr (which == pair(model::ball, model::half_space))
        f(poincare_to_half_space, poincare_to_half_space_tangent);
    if constexpr (which == pair(model::lorentz, model::ball)) f(lorentz_to_poincare, lorentz_to_poincare_tangent);
    if constexpr (which == pair(model::lorentz, model::klein)) f(lorentz_to_klein, lorentz_to_klein_tangent);
    if constexpr (which == pair(model::lorentz, model::half_space))
        f(lorentz_to_half_space, lorentz_to_half_space_tangent);
    if constexpr (which == pair(model::klein, model::ball)) f(klein_to_poincare, klein_to_poincare_tangent);
    if constexpr (which == pair(model::klein, model::lorentz)) f(klein_to_lorentz, klein_to_lorentz_tangent);
    if constexpr (which == pair(model::klein, model::half_space)) f(klein_to_half_space, klein_to_half_space_tangent);
    if constexpr (which == pair(model::half_space, model::ball))
        f(half_space_to_poincare, half_space_to_poincare_tangent);
    if constexpr (which == pair(model::half_space, model::lorentz))
        f(half_space_to_lorentz, half_space_to_lorentz_tangent);
    if constexpr (which == pair(model::half_space, model::klein)) f(half_space_to_klein, half_space_to_klein_tangent);
}

/// ‖a − b‖ over the larger of ‖b‖ and `scale`.
inline double apart(vector_d const& a, vector_d const& b, double scale = 0)
{
    double error = 0, size = 0;
    for (index_t i = 0; i < b.extent(0); ++i) {
        error += (a(i) - b(i)) * (a(i) - b(i));
        size += b(i) * b(i);
    }
    return error == 0 ? 0 : std::sqrt(error) / std::max(std::sqrt(size), scale);
}

}  // namespace hyspn::testing

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/manifold/detail/lorentz_layer.hpp>
#include <hyspn/manifold/detail/poincare_layer.hpp>

/// \file
/// Heads (see heads.hpp) of the layers on the hyperboloid.

namespace hyspn::detail {

/// q_o = (‖z_o‖/s)·y_o.
template <class T, class M>
struct lorentz_mlr_head {
    static constexpr bool has_radial = true;
    view<T const, 1, M> zeta, a;
    T s, c;

    template <class I, class Y>
    HYSPN_HD void forward(T length, index_t first, I const& inner, Y const& y) const
    {
        for (index_t o = 0; o < y.extent(0); ++o) y(o) = zeta(first + o) / s * plane(length, first + o, inner(o)).y;
    }

    template <class I, class G, class B>
    HYSPN_HD layer_cotangents<T> vjp(T length, index_t first, I const& inner, G const& g, B const& inner_bar,
                                     B const& bias_bar, B const& radial_bar) const
    {
        T stretch(0), curvature(0);
        for (index_t o = 0; o < g.extent(0); ++o) {
            auto const p = plane(length, first + o, inner(o));
            T const go = g(o), size = zeta(first + o), y_bar = size / s * go;
            stretch += c * y_bar * p.norm_slope();
            curvature += y_bar * p.curvature_slope();
            inner_bar(o) = go * p.inner_slope();
            bias_bar(o) = size * go * p.bias_slope();
            radial_bar(o) = size > T(0) ? go / s / size * (p.y_minus_tanh() - p.bias / p.R) : T(0);
        }
        return {stretch, curvature / (T(2) * c)};
    }

private:
    HYSPN_HD lorentz_plane_terms<T> plane(T length, index_t o, T inner) const
    {
        return lorentz_plane_terms<T>(s, length, inner, zeta(o), a(o));
    }
};

/// y_o = i_o + w_o·x₀ + b_o, x₀ = √(1/c + ‖x‖²) the time coordinate.
template <class T, class M>
struct lorentz_linear_head {
    static constexpr bool has_radial = false;
    view<T const, 1, M> time_weight, bias;
    T s, c;

    template <class I, class Y>
    HYSPN_HD void forward(T length, index_t first, I const& inner, Y const& y) const
    {
        T const time = time_of(length);
        for (index_t o = 0; o < y.extent(0); ++o) y(o) = inner(o) + (time_weight(first + o) * time + bias(first + o));
    }

    template <class I, class G, class B>
    HYSPN_HD layer_cotangents<T> vjp(T length, index_t first, I const&, G const& g, B const& inner_bar,
                                     B const& bias_bar, B const& time_bar) const
    {
        T const time = time_of(length);
        T of_time(0);
        for (index_t o = 0; o < g.extent(0); ++o) {
            T const go = g(o);
            of_time += go * time_weight(first + o);
            inner_bar(o) = bias_bar(o) = go;
            time_bar(o) = go * time;
        }
        return {of_time / time, -of_time / (T(2) * c * c * time)};
    }

private:
    HYSPN_HD T time_of(T length) const
    {
        using std::hypot;
        return hypot(T(1) / s, length);
    }
};

}  // namespace hyspn::detail

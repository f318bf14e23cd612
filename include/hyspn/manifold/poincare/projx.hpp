// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <type_traits>

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// x where A = 1 − c‖x‖² is at least 1 − (1−μ)², else (1−μ)/s·x̂, x̂ = x/‖x‖. There, with ρ = ‖z‖/‖x‖,
///     x̄ = ρ (g − ⟨g,x̂⟩x̂),     c̄ = −⟨g,z⟩/(2c).
template <class T>
struct ball_projection {
    curvature<T> k;
    T margin;  ///< μ

    static constexpr char const* name = "poincare::projx";

    /// About where the next points are further apart than the distance to the boundary: s·dist0 up to 16 and 36.
    static constexpr T default_margin() { return T(4) * T(math_traits<T>::unit_roundoff); }

    /// 1 − (1−μ)².
    HYSPN_HD T least_complement() const { return margin * (T(2) - margin); }

    template <class X>
    HYSPN_HD bool outside(X x, T x_norm) const
    {
        T const t = k.sqrt_c() * x_norm;
        return t > T(2) || (t > (T(1) - margin) / T(2) && complement(k.c(), x) < least_complement());
    }

    /// The radius that brings x̂ inside: (1−μ)/s, less the few units that keep the rounded point from counting as
    /// outside again.
    template <class X>
    HYSPN_HD T radius(direction<T, X> const& x_hat) const
    {
        T constexpr unit = T(math_traits<T>::unit_roundoff);
        T r = (T(1) - margin) / k.sqrt_c();
        for (int step = 0; step < 64; ++step) {
            if (complement(k.c(), scaled{r, x_hat}) >= least_complement() * (T(1) + T(4) * unit)) break;
            r *= T(1) - T(2) * unit;
        }
        return r;
    }

    /// hx, its length and its direction, for a power of two h that is 1 unless ‖x‖ overflows.
    template <class X>
    struct ray {
        T h, length;
        direction<T, scaled<T, X>> x_hat;

        HYSPN_HD explicit ray(X x) : h(T(1)), length(norm(x)), x_hat{{h, x}, length}
        {
            using std::isfinite;
            if (isfinite(length)) return;
            h = T(1) / T(math_traits<T>::rescaling);
            length = norm(scaled{h, x});
            x_hat = {{h, x}, length};
        }
        HYSPN_HD T x_norm() const { return length / h; }
    };

    template <class X, class M>
    HYSPN_HD index_t forward(X x, view<T, 1, M> out) const
    {
        ray<X> const from(x);
        if (!outside(x, from.x_norm())) {
            for (index_t i = 0; i < x.extent(0); ++i) out(i) = x(i);
            return 0;
        }
        T const r = radius(from.x_hat);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = r * from.x_hat(i);
        return 1;
    }

    template <class X, class G, class M>
    HYSPN_HD T vjp(X x, G g, view<T, 1, M> dx) const
    {
        ray<X> const from(x);
        if (!outside(x, from.x_norm())) {
            for (index_t i = 0; i < x.extent(0); ++i) dx(i) = g(i);
            return T(0);
        }
        T const r = radius(from.x_hat), along = cdot(g, from.x_hat), shrunk = r / from.length * from.h;
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = shrunk * (g(i) - along * from.x_hat(i));
        return -along * r / (T(2) * k.c());
    }
};

template <class T, class M>
struct projx_op {
    ball_projection<T> projection;
    point_field<T const, M> x;
    point_field<T, M> out;
    HYSPN_HD index_t operator()(index_t place) const { return projection.forward(x.at(place), out.at(place)); }
};

template <class T, class M>
struct projx_vjp_op {
    ball_projection<T> projection;
    point_field<T const, M> x, g;
    point_field<T, M> dx;
    HYSPN_HD T operator()(index_t place) const { return projection.vjp(x.at(place), g.at(place), dx.at(place)); }
};

/// Formula-like, for the checks of extents.
struct projx_arguments {
    static constexpr char const* name = "poincare::projx";
    static constexpr argument inputs[] = {point("x")};
};

/// Throws value_error unless 0 < margin < 1.
template <class T>
ball_projection<T> checked_projection(curvature<T> const& c, T margin)
{
    require_value(margin > T(0) && margin < T(1), projx_arguments::name, "margin", "between 0 and 1, both excluded",
                  static_cast<double>(margin));
    return {c, margin};
}

struct projx_function {
    template <class T, class X, class Out>
    HYSPN_HD index_t operator()(curvature<T> const& c, X&& x, std::type_identity_t<T> margin, Out&& out) const
    {
        return ball_projection<T>{c, margin}.forward(as_const(as_view(x)), as_view(out));
    }
    template <class T, view_like X, view_like Out>
    HYSPN_HD index_t operator()(curvature<T> const& c, X&& x, Out&& out) const
    {
        return (*this)(c, x, ball_projection<T>::default_margin(), out);
    }
    template <execution_policy P, class T, view_like X, view_like Out>
    requires same_space<P, X, Out> index_t operator()(P const& exec, curvature<T> const& c, X&& x,
                                                      std::type_identity_t<T> margin, Out&& out) const
    {
        auto const points = as_view(x).extents();
        projx_op<T, typename P::memory_space> const op{
            checked_projection(c, margin), checked_field<projx_arguments, false>("x", points, as_const(x)),
            checked_field<projx_arguments, false>("out", points, as_view(out))};
        return reduce(exec, op.out.places(), op);
    }
    template <execution_policy P, class T, view_like X, view_like Out>
    requires same_space<P, X, Out> index_t operator()(P const& exec, curvature<T> const& c, X&& x, Out&& out) const
    {
        return (*this)(exec, c, x, ball_projection<T>::default_margin(), out);
    }
};

struct projx_vjp_function {
    template <class T, class X, class G, class DX>
    HYSPN_HD T operator()(curvature<T> const& c, X&& x, std::type_identity_t<T> margin, G&& g, DX&& dx) const
    {
        return ball_projection<T>{c, margin}.vjp(as_const(as_view(x)), as_const(as_view(g)), as_view(dx));
    }
    template <class T, view_like X, view_like G, view_like DX>
    HYSPN_HD T operator()(curvature<T> const& c, X&& x, G&& g, DX&& dx) const
    {
        return (*this)(c, x, ball_projection<T>::default_margin(), g, dx);
    }
    template <execution_policy P, class T, view_like X, view_like G, view_like DX>
    requires same_space<P, X, G, DX> T operator()(P const& exec, curvature<T> const& c, X&& x,
                                                  std::type_identity_t<T> margin, G&& g, DX&& dx) const
    {
        auto const points = as_view(x).extents();
        projx_vjp_op<T, typename P::memory_space> const op{
            checked_projection(c, margin), checked_field<projx_arguments, false>("x", points, as_const(x)),
            checked_field<projx_arguments, false>("g", points, as_const(g)),
            checked_field<projx_arguments, false>("dx", points, as_view(dx))};
        return reduce(exec, op.dx.places(), op);
    }
    template <execution_policy P, class T, view_like X, view_like G, view_like DX>
    requires same_space<P, X, G, DX> T operator()(P const& exec, curvature<T> const& c, X&& x, G&& g, DX&& dx) const
    {
        return (*this)(exec, c, x, ball_projection<T>::default_margin(), g, dx);
    }
};

}  // namespace detail

namespace poincare {

/// Projection into the Poincaré ball, the only place where the library moves a point: projx(c, x, margin, out), with
/// exec first for arrays. Points with s‖x‖ > 1 − margin, s = √c, go to radius (1 − margin)/s on the same ray; all
/// others are copied bit for bit. Returns the number of points moved. margin is in units of the radius 1/s, 0 < margin
/// < 1; without it, projx(c, x, out), it is 4 units of round-off: s·dist0 up to 16 in float, 36 in double. Projecting
/// twice moves nothing the second time. A point with a NaN is copied; an infinite coordinate gives NaN. out may be x.
/// Error of moved points ≤ 16 eps. On arrays throws value_error for a margin outside its range.
HYSPN_FUNCTION detail::projx_function projx{};

/// Vector-Jacobian product: projx_vjp(c, x, margin, g, dx), with exec first for arrays and margin as in projx: writes
/// dx for the cotangent g of the output, returns the cotangent of c. For points that were not moved dx is g; for moved
/// ones the part along x is lost. dx may be x or g.
HYSPN_FUNCTION detail::projx_vjp_function projx_vjp{};

}  // namespace poincare
}  // namespace hyspn

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/mobius_scaling.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/poincare/element_functions.hpp>

namespace hyspn {

namespace detail {

/// A curvature and an element function, in the place of a curvature.
template <class T, class F>
struct curvature_with_function {
    using value_type = T;
    static constexpr bool is_curvature = true;
    curvature<T> k;
    F f;

    HYSPN_HD curvature_with_function(curvature<T> const& k_, F const& f_ = {}) : k(k_), f(f_) {}
};

/// f(ax), element by element, never stored.
template <class T, class F, class X>
struct mapped {
    F f;
    T a;
    X x;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const { return f.value(a * x(i)); }
};

/// z = expmap0(y), y = f(v), v = Mx = logmap0(x), M = artanhc t, t = s‖x‖, A = 1 − t². With T = tanhc θ, S = sech²θ,
/// θ = s‖y‖:
///     ȳ = T(g − ⟨g,ŷ⟩ŷ) + S⟨g,ŷ⟩ŷ,     v̄ = f′(v)∘ȳ,     x̄ = Mv̄ + (1/A − M)⟨v̄,x̂⟩x̂,
/// where ⟨v̄,v⟩ = S⟨g,y⟩ + ⟨ȳ,e⟩ with the defect e = f′(v)∘v − y, since the sum over v̄ would cancel near the boundary,
/// and
///     c̄ = (M′/M)‖x‖²⟨v̄,v⟩ − tanhc_decay(θ)‖z‖²⟨g,z⟩.
/// Where ‖y‖ is close to ‖v‖ the two terms of c̄ cancel. With ρ = ‖y‖/‖v‖
///     c̄ = {c̄ of mobius_scaling for y/M and ρ} + (M′/M)‖x‖²⟨ȳ,e⟩;
/// ρ − 1 comes from the excess f(v) − v. Used for ρ ≤ 2.
template <class F>
struct poincare_mobius_fn_apply {
    static constexpr char const* name = "poincare::mobius_fn_apply";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = false;

    template <class T>
    using curvature_type = curvature_with_function<T, F>;

    template <class T, class X>
    struct terms {
        T x_norm, a, quotient;  ///< ‖x‖, A, M
        mapped<T, F, X> y;
        T y_norm, theta;

        HYSPN_HD terms(curvature_type<T> const& k, X x)
            : x_norm(norm(x)),
              a(complement(k.k.c(), x)),
              quotient(artanhc(k.k.sqrt_c() * x_norm, a)),
              y{k.f, quotient, x},
              y_norm(norm(y)),
              theta(k.k.sqrt_c() * y_norm)
        {
        }
    };

    template <class K, class X, class T, class M>
    HYSPN_HD static void forward(K const& curvature_and_function, X x, view<T, 1, M> out)
    {
        terms<T, X> const t(curvature_and_function, x);
        T const factor = tanhc(t.theta);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = factor * t.y(i);
    }

    template <class K, class X, class G, class T, class M>
    HYSPN_HD static T vjp(K const& curvature_and_function, X x, G g, view<T, 1, M> dx)
    {
        curvature_type<T> const k(curvature_and_function);
        terms<T, X> const t(k, x);
        radial_cotangent<T, mapped<T, F, X>, G> const y_bar(tanhc(t.theta), sech2(t.theta), t.y, t.y_norm, g);
        direction const x_hat{x, t.x_norm};

        compensated_sum<T> on_defect(T(0)), on_excess(T(0));
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const v = t.quotient * x(i), image = y_bar(i);
            on_defect.add_product(image, defect_of(k.f, v));
            on_excess.add_product(excess_of(k.f, v), t.y(i) + v);
        }
        T const gy = cdot(g, t.y), along = (y_bar.radial * gy + on_defect.value()) / t.quotient;
        T const c_bar = curvature_cotangent(k.k, t, gy, along, on_defect.value(), on_excess.value());
        T const pull = t.x_norm > T(0) ? (T(1) / t.a - t.quotient) * along / t.x_norm : T(0);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const v_bar = k.f.slope(t.quotient * x(i)) * y_bar(i);
            dx(i) = t.quotient * v_bar + pull * x_hat(i);
        }
        return c_bar;
    }

private:
    /// From ⟨g,y⟩, ⟨v̄,x⟩, ⟨ȳ,e⟩ and ‖y‖² − ‖v‖².
    template <class T, class X>
    HYSPN_HD static T curvature_cotangent(curvature<T> const& k, terms<T, X> const& t, T gy, T along, T on_defect,
                                          T longer)
    {
        T const m = t.quotient, v_norm = m * t.x_norm;
        T const stretch = artanhc_slope(k.sqrt_c() * t.x_norm, t.a) * t.x_norm * t.x_norm;
        if (!(t.y_norm <= T(2) * v_norm)) {
            T const factor = tanhc(t.theta), z_norm = factor * t.y_norm;
            return stretch * along - tanhc_decay(t.theta) * z_norm * z_norm * factor * gy;
        }
        if (!(v_norm > T(0))) return T(0);
        T const excess = longer / (t.y_norm + v_norm) / v_norm;
        mobius_scaling<T> const scaling(k, t.x_norm, t.a, t.y_norm / v_norm, excess);
        return scaling.to_c(gy / m) + stretch / m * on_defect;
    }
};

struct mobius_fn_apply_function {
    /// One point: f(c, f, x, out).
    template <class T, element_function<T> F, class X, class Out>
    HYSPN_HD void operator()(curvature<T> const& c, F const& f, X&& x, Out&& out) const
    {
        pointwise_function<poincare_mobius_fn_apply<F>>{}(curvature_with_function<T, F>(c, f), x, out);
    }
    /// Every point of an array: f(exec, c, f, x, out).
    template <execution_policy P, class T, element_function<T> F, view_like X, view_like Out>
        requires same_space<P, X, Out>
    void operator()(P const& exec, curvature<T> const& c, F const& f, X&& x, Out&& out) const
    {
        pointwise_function<poincare_mobius_fn_apply<F>>{}(exec, curvature_with_function<T, F>(c, f), x, out);
    }
};

struct mobius_fn_apply_vjp_function {
    template <class T, element_function<T> F, class X, class G, class DX>
    HYSPN_HD T operator()(curvature<T> const& c, F const& f, X&& x, G&& g, DX&& dx) const
    {
        return pointwise_vjp<poincare_mobius_fn_apply<F>>{}(curvature_with_function<T, F>(c, f), x, g, dx);
    }
    template <execution_policy P, class T, element_function<T> F, view_like X, view_like G, view_like DX>
    requires same_space<P, X, G, DX> T operator()(P const& exec, curvature<T> const& c, F const& f, X&& x, G&& g,
                                                  DX&& dx) const
    {
        return pointwise_vjp<poincare_mobius_fn_apply<F>>{}(exec, curvature_with_function<T, F>(c, f), x, g, dx);
    }
};

}  // namespace detail

namespace poincare {

/// Möbius version of the element function f: out = expmap0(f(logmap0(x))), f applied to every coordinate, for a point x
/// of the Poincaré ball (any stride), mobius_fn_apply(c, f, x, out) or mobius_fn_apply(exec, c, f, x, out). f is relu,
/// leaky_relu, hyperbolic_tangent or a functor like them (element_functions.hpp). out may be x. Error ≤ 16 eps,
/// norm-wise, inside the ball, for functions as well conditioned as these. Ganea et al. 2018, Definition 3.
HYSPN_FUNCTION detail::mobius_fn_apply_function mobius_fn_apply{};

/// Vector-Jacobian product: mobius_fn_apply_vjp(c, f, x, g, dx), with exec first for arrays, writes dx for the
/// cotangent g of the output, returns the cotangent of c. At x = 0, where y = f(0) = 0, dx is f′(0)g. dx may be x or g.
HYSPN_FUNCTION detail::mobius_fn_apply_vjp_function mobius_fn_apply_vjp{};

}  // namespace poincare
}  // namespace hyspn

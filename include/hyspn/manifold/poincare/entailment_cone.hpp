// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/detail/rejection.hpp>

namespace hyspn {

/// The ball with its family of entailment cones: a curvature and the aperture constant K, 0.1 as in Ganea et al. 2018
/// ("Hyperbolic entailment cones", §5). A curvature stands for the cones with that K.
template <class T>
class entailment_cones {
public:
    using value_type = T;
    static constexpr bool is_curvature = true;

    HYSPN_HD entailment_cones(curvature<T> const& k) : k_(k), aperture_(T(0.1)) {}

    /// Throws value_error unless aperture, K, is finite and greater than 0.
    entailment_cones(curvature<T> const& k, T aperture) : k_(k), aperture_(aperture)
    {
        using std::isfinite;
        detail::require_value(aperture > T(0) && isfinite(aperture), "entailment_cones", "aperture",
                              "finite and greater than 0", static_cast<double>(aperture));
    }

    HYSPN_HD T c() const { return k_.c(); }
    HYSPN_HD T sqrt_c() const { return k_.sqrt_c(); }
    HYSPN_HD T aperture() const { return aperture_; }

    /// Points at least this far from the origin (a Euclidean length) have a cone: there the half-aperture is π/2.
    HYSPN_HD T smallest_radius() const
    {
        using std::sqrt;
        return T(2) * aperture_ / (k_.sqrt_c() * (T(1) + sqrt(T(1) + T(4) * aperture_ * aperture_)));
    }

private:
    curvature<T> k_;
    T aperture_;
};

namespace detail {

/// ψ = arcsin(KA/t) = atan2(KA, √f), f = t² − K²A² = (t−KA)(t+KA), t = s‖x‖, A = 1 − t². With x̂ = x/‖x‖:
///     x̄ = −gsK(2−A)/(t√f) x̂,     c̄ = −gK(2−A)/(2c√f).
struct poincare_cone_half_aperture {
    static constexpr char const* name = "poincare::cone_half_aperture";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = true;
    template <class T>
    using curvature_type = entailment_cones<T>;

    template <class T>
    struct terms {
        T a, r, t, ka, root;  ///< A, ‖x‖, t, KA, √f

        template <class X>
        HYSPN_HD terms(entailment_cones<T> const& k, X x)
        {
            using std::sqrt;
            a = complement(k.c(), x);
            r = norm(x);
            t = k.sqrt_c() * r;
            ka = k.aperture() * a;
            root = sqrt((t - ka) * (t + ka));
        }
    };

    template <class K, class X>
    HYSPN_HD static auto value(K const& cones, X x)
    {
        using std::atan2;
        using T = typename K::value_type;
        terms<T> const w(cones, x);
        return atan2(w.ka, w.root);
    }

    template <class K, class X, class T, class M>
    HYSPN_HD static T vjp(K const& cones, X x, T g, view<T, 1, M> dx)
    {
        entailment_cones<T> const k(cones);
        terms<T> const w(k, x);
        T const slope = -g * k.aperture() * (T(2) - w.a) / w.root;
        direction const x_hat{x, w.r};
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = slope / w.r * x_hat(i);
        return slope / (T(2) * k.c());
    }
};

/// The angle between the chord u = Aδ − Qx, which is −x ⊕ y but for a positive factor, and x; A = 1 − c‖x‖²,
/// B = 1 − c‖y‖², P = AB, δ = y − x, Q = c‖δ‖². With r = ‖x‖, x̂ = x/r, δ = a x̂ + h ê, ê a unit vector at right angles
/// to x: Ξ = atan2(Ah, Aa − Qr). With M = ‖δ‖²(P+Q), E = a(A − cra) + crh², F = h(A − 2cra) and p = ⟨y,x̂⟩:
///     x̄ = (g/M) [h(P+2Q) x̂ − (A/r)(Fh + Ep) ê],     ȳ = (gA/M) [E ê − F x̂],     c̄ = ghr/(P+Q).
struct poincare_cone_angle {
    static constexpr char const* name = "poincare::cone_angle";
    static constexpr argument inputs[] = {point("x"), point("y")};
    static constexpr bool scalar_output = true;

    template <class T, class X, class Y>
    struct terms {
        rejection<difference<Y, X>, X> across;  ///< h ê
        T a, b, r, along, h, delta2, q;         ///< A, B, r, a, h, ‖δ‖², Q

        HYSPN_HD terms(curvature<T> const& k, X x, Y y) : across({y, x}, x)
        {
            a = complement(k.c(), x);
            b = complement(k.c(), y);
            r = norm(x);
            along = across.along;
            h = r > T(0) ? across.length : T(0);
            delta2 = squared_norm(difference{y, x});
            q = k.c() * delta2;
        }
    };

    template <class T, class X, class Y>
    HYSPN_HD static T value(curvature<T> const& k, X x, Y y)
    {
        using std::atan2;
        terms<T, X, Y> const w(k, x, y);
        return atan2(w.a * w.h, w.a * w.along - w.q * w.r);
    }

    template <class T, class X, class Y, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, T g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        terms<T, X, Y> const w(k, x, y);
        T const c = k.c(), h = w.h, cr = c * w.r, p = w.a * w.b, pq = p + w.q;
        bool const smooth = h > T(0);  // neither a zero vector nor a point of the ray or its continuation
        T const factor = smooth ? g / w.delta2 / pq : T(0);
        T const e = w.along * (w.a - cr * w.along) + cr * h * h, f = h * (w.a - T(2) * cr * w.along);
        T const y_along = smooth ? cdot(y, x) / w.r : T(0);
        T const x_radial = h * (pq + w.q), x_across = smooth ? -w.a / w.r * (f * h + e * y_along) : T(0);
        direction const x_hat{x, w.r};
        direction const e_hat{w.across, h};
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const across = e_hat(i), radial = x_hat(i);
            T const to_x = factor * (x_radial * radial + x_across * across);
            T const to_y = factor * w.a * (e * across - f * radial);
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return smooth ? g * h * w.r / pq : T(0);
    }
};

}  // namespace detail

namespace poincare {

/// Half-aperture ψ(x) = arcsin(K(1 − c‖x‖²)/(s‖x‖)), s = √c, in radians, of the entailment cone at the point x of the
/// Poincaré ball: y is entailed by x where cone_angle(x, y) ≤ ψ(x). The first argument is an entailment_cones, or a
/// curvature for K = 0.1. Defined for ‖x‖ ≥ entailment_cones::smallest_radius(), where it is π/2; NaN nearer to the
/// origin. Any stride. Error ≤ 16 eps away from that radius; next to it ≤ 4·cond eps (the arcsine is vertical there).
/// Ganea et al. 2018, "Hyperbolic entailment cones", eq. 26, at any curvature.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_cone_half_aperture> cone_half_aperture{};

/// Vector-Jacobian product: writes dx for the cotangent g of the angle, returns the cotangent of c at fixed K; infinite
/// at the smallest radius, NaN inside. dx may be x.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_cone_half_aperture> cone_half_aperture_vjp{};

/// The angle Ξ(x, y), in [0, π] radians, at the point x of the Poincaré ball between the geodesic to y and the
/// continuation of the ray from the origin through x: 0 for y behind x on that ray, π for y towards the origin; 0 for
/// x = 0 or y = x. Any strides. Error ≤ 16 eps inside the ball, for angles near 0, too: they come from the part of
/// y − x at right angles to x, not from an arccosine. Ganea et al. 2018, "Hyperbolic entailment cones", eq. 28, at any
/// curvature.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_cone_angle> cone_angle{};

/// Vector-Jacobian product: writes dx and dy (0 where the angle is 0 or π, or not defined: no derivative there) for the
/// cotangent g of the angle, returns the cotangent of c. dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_cone_angle> cone_angle_vjp{};

}  // namespace poincare
}  // namespace hyspn

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/ideal_offset.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// q = (2‖z‖/s) asinh(2s⟨x,ẑ⟩/A · cosh 2sr − (2−A)/A · sinh 2sr), A = 1 − c‖x‖². With σ the sign of r, F = 2s|r|,
/// β = e^{−2F}, X = σ⟨x,ẑ⟩, N± = ‖ẑ ± σsx‖² and 1 − sX from ideal_offset:
///     q = σ(2‖z‖/s) y,   y = asinh(e^F Ŷ/2),   AŶ = 2s(1+β) {X − (2−A)|r| tanhc F} = βN₊ − N₋,
/// the second form near the end of the ray, where N₋ is small. For large F y is ±(F + Λ), Λ = log((|Ŷ|+R)/2),
/// R² = Ŷ² + 4β. With x⊥ = x − ⟨x,ẑ⟩ẑ, V = N₋ + βN₊ and f = 4g‖z‖/(AR):
///     x̄ = f { [(1−β)(1−sX) + 2β + sXŶ] ẑ − σs((1−β) − Ŷ) x⊥ },     r̄ = −fV,
///     z̄ = (2gσy/s) ẑ + (4g(1+β)/(AR)) x⊥,
///     2c c̄ = σ(2g‖z‖/s) {[2(sX−t²)(1+β) + 4βt² + 2t²Ŷ − FV]/(AR) − y}, t = s‖x‖, see curvature_term.
/// No power of e is formed that could overflow, for offsets of any size.
struct poincare_hyperplane_dist {
    static constexpr char const* name = "poincare::hyperplane_dist";
    static constexpr argument inputs[] = {point("x"), axis("z"), length("r")};
    static constexpr bool scalar_output = true;

    template <class T, class X, class Z>
    struct terms {
        ideal_offset<T, X, scaled<T, Z>> end;  ///< of the ray along σẑ
        T sigma, f, beta, one_minus_beta;      ///< σ, F, β, 1−β
        T sx, near, far, y_hat, root;          ///< sX, N₋, N₊, Ŷ, R
        T across2;                             ///< c‖x⊥‖²

        HYSPN_HD terms(curvature<T> const& k, X x, Z z, T r) : end(k, x, {r < T(0) ? T(-1) : T(1), z})
        {
            using std::exp;
            using std::expm1;
            using std::fabs;
            using std::sqrt;
            sigma = r < T(0) ? T(-1) : T(1);
            f = T(2) * k.sqrt_c() * T(fabs(r));
            beta = exp(T(-2) * f);
            one_minus_beta = -expm1(T(-2) * f);
            sx = end.sx;
            across2 = k.sqrt_c() * end.h * (k.sqrt_c() * end.h);
            near = end.length > T(0) ? end.n : T(2) - end.a;
            far = T(2) - end.a + T(2) * sx;
            T const ahead = end.along - (T(2) - end.a) * (tanhc(f) * T(fabs(r)));
            y_hat = (near < T(0.5) ? beta * far - near : T(2) * k.sqrt_c() * (T(1) + beta) * ahead) / end.a;
            root = sqrt(y_hat * y_hat + T(4) * beta);
        }
        /// log((|Ŷ|+R)/2).
        HYSPN_HD T log_part() const
        {
            using std::fabs;
            using std::log;
            return log((T(fabs(y_hat)) + root) / T(2));
        }
        HYSPN_HD T y() const
        {
            using std::asinh;
            using std::exp;
            if (f < math_traits<T>::greatest_exponent / 2) return asinh(exp(f) * y_hat / T(2));
            return y_hat < T(0) ? -(f + log_part()) : f + log_part();
        }
    };

    template <class T, class X, class Z>
    HYSPN_HD static T value(curvature<T> const& k, X x, Z z, T r)
    {
        terms<T, X, Z> const w(k, x, z, r);
        return w.sigma * (T(2) * w.end.length / k.sqrt_c()) * w.y();
    }

    /// {…} of c̄. For F < 2 its parts are all of third order in lengths: with L(u) = u coth u − 1 and
    /// F tanh F − L(F) = 2 tanh²F tanhc_decay(F),
    ///     {Ŷ (2t²/A + F tanh F − L(y)) + (1−β) [(2−A) 2 tanh²F tanhc_decay(F) − 2t²]/A}/R;
    /// for larger F the large terms of −y and FV/(AR) are taken off each other first.
    template <class T, class X, class Z>
    HYSPN_HD static T curvature_term(terms<T, X, Z> const& w, T y)
    {
        using std::tanh;
        T const a = w.end.a, t2 = w.end.t * w.end.t, total = w.near + w.beta * w.far;
        if (w.f < math_traits<T>::series_limit) {
            T const h = tanh(w.f), bend = (T(2) - a) * (h * h * tanhc_decay(w.f)) - t2;
            return (w.y_hat * (T(2) * t2 / a + w.f * h - tcoth_minus_1(y)) + T(2) * w.one_minus_beta * bend / a) /
                   w.root;
        }
        T const ar = a * w.root, t = w.end.t;
        T const ahead = t * w.end.gap - w.end.turn;  // sX − t²
        T const shared = (T(2) * ahead * (T(1) + w.beta) + T(4) * w.beta * t2 + T(2) * t2 * w.y_hat) / ar;
        if (w.y_hat >= T(0)) return shared - y - w.f * (total / ar);
        // V² = (AR)² + 16β(sh)², h = ‖x⊥‖; and −y = F + Λ.
        T const excess = T(16) * w.beta * (w.across2 / ar) / (ar + total);
        return shared + w.log_part() - w.f * excess;
    }

    template <class T, class X, class Z, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Z z, T r, T g, view<T, 1, M> dx, view<T, 1, M> dz, T& dr)
    {
        terms<T, X, Z> const w(k, x, z, r);
        T const s = k.sqrt_c(), y = w.y(), zeta = w.end.length, factor = T(4) * g / (w.end.a * w.root);
        T const c_bar = w.sigma * (g * zeta / (s * k.c())) * curvature_term(w, y);
        T const on_axis = zeta * (w.one_minus_beta * (w.end.gap + w.end.turn) + T(2) * w.beta + w.sx * w.y_hat);
        T const on_across = -w.sigma * s * zeta * (w.one_minus_beta - w.y_hat);
        T const z_axis = T(2) * g * w.sigma * y / s, z_across = factor * (T(1) + w.beta);
        direction const z_hat{z, zeta};
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const across = w.end.across(i);
            T const to_x = factor * (on_axis * z_hat(i) + on_across * across);
            T const to_z = z_axis * z_hat(i) + z_across * across;
            dx(i) = to_x;
            dz(i) = to_z;
        }
        dr = -factor * zeta * (w.near + w.beta * w.far);
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Signed distance of the point x of the Poincaré ball from the hyperplane of HNN++, times 2‖z‖: the plane goes through
/// p = expmap0(r z/‖z‖) at right angles to z, so that
///     hyperplane_dist(x, z, r) = 2‖z‖ · dist2plane(x, expmap0(r z/‖z‖), z)
///                              = (2‖z‖/s) asinh(λ_x⟨sx,ẑ⟩ cosh 2sr − (λ_x−1) sinh 2sr),   s = √c;
/// with ‖z‖ = 1/2 it is the distance. r is a length, a number a point, of any size: p need not be representable. Note
/// that p is 2|r| away from the origin. z has no unit. Any strides. Error ≤ 16 eps, unless the plane passes close to x
/// and away from the origin, where it is a few eps of 2‖z‖·(s|r|+1)/s. Shimizu et al. 2021, eq. 6.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_hyperplane_dist> hyperplane_dist{};

/// Vector-Jacobian product: writes dx, dz and dr for the cotangent g of the value, returns the cotangent of c. For z =
/// 0 dx, dr and that of c are 0 but dz is 4g cosh(2sr) x/√((1−c‖x‖²)² + (1+c‖x‖²)² sinh²2sr), so that such a row can
/// train. dx may be x, dz may be z, dr may be r.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_hyperplane_dist> hyperplane_dist_vjp{};

}  // namespace poincare
}  // namespace hyspn

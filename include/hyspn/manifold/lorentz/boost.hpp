// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/lorentz_tangent.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/detail/split_along.hpp>

namespace hyspn {

namespace detail {

/// The boost along Ẑ by ε times the distance of Z from the origin. With R = ‖Z‖, X∥ = ⟨X,Ẑ⟩, X⊥ = X − X∥Ẑ and
/// ω = √(1 + c‖·‖²):
///     out = X⊥ + κẐ,   κ = ω_Z X∥ + εRω_X,
/// where εX∥ < 0 as (X∥² − R² − cR²‖X⊥‖²)/(ω_Z X∥ − εRω_X) with X∥² − R² = ⟨X−Z,Ẑ⟩⟨X+Z,Ẑ⟩. The same as X + εfZ with
/// f = (ω_X + ω_out)/(1 + ω_Z), so that, g∥ and g⊥ being the parts of g along and across Z,
///     X̄ = g⊥ + g∥ ((ω_out/ω_X) Ẑ + ε(cR/ω_X) X⊥),
///     Z̄ = εf g⊥ + g∥ (ε(ω_out/ω_Z) Ẑ + (cR/(1+ω_Z)) X⊥),
///     c̄ = ½εg∥R (‖X⊥‖²/ω_X + X∥κ/(ω_Xω_Z)).
template <int Sign>
struct lorentz_boost_along {
    static constexpr argument inputs[] = {point("Z"), point("X")};
    static constexpr bool scalar_output = false;

    template <class T, class Z, class X>
    struct moved {
        T r, along, omega_z, omega_x, kappa, across2;
        direction<T, Z> z_hat;
        split_along<T, X, Z> across;

        HYSPN_HD moved(curvature<T> const& k, Z z, X x) : r(norm(z)), z_hat{z, r}, across(x, z, r)
        {
            using std::sqrt;
            T const c = k.c(), eps = T(Sign), x_norm = norm(x);
            along = across.along;
            across2 = squared_norm(across);
            omega_z = sqrt(T(1) + c * r * r);
            omega_x = sqrt(T(1) + c * x_norm * x_norm);
            if (eps * along >= T(0)) {
                kappa = omega_z * along + eps * r * omega_x;
            } else {
                T const apart = cdot(difference{x, z}, z) / r, together = cdot(sum{x, z}, z) / r;
                kappa = (apart * together - c * r * r * across2) / (omega_z * along - eps * r * omega_x);
            }
        }
    };

    template <class T, class Z, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, Z z, X x, view<T, 1, M> out)
    {
        moved<T, Z, X> const m(k, z, x);
        bool const moves = m.r > T(0);
        for (index_t i = 0; i < x.extent(0); ++i)
            out(i) = moves ? m.across(i) + m.kappa * m.z_hat(i) : x(i) + T(Sign) * m.omega_x * z(i);
    }

    template <class T, class Z, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, Z z, X x, G g, view<T, 1, M> dz, view<T, 1, M> dx)
    {
        using std::sqrt;
        moved<T, Z, X> const m(k, z, x);
        T const c = k.c(), eps = T(Sign), omega_out = sqrt(T(1) + c * (m.across2 + m.kappa * m.kappa));
        T const f = (m.omega_x + omega_out) / (T(1) + m.omega_z);
        split_along const g_across{g, z, m.r};
        T const g_along = g_across.along;
        T const c_bar =
            eps * g_along * m.r * (m.across2 / m.omega_x + m.along * m.kappa / (m.omega_x * m.omega_z)) / T(2);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const u = m.z_hat(i), x_i = m.across(i), g_i = g_across(i);
            dx(i) = g_i + g_along * (omega_out / m.omega_x * u + eps * c * m.r / m.omega_x * x_i);
            dz(i) = eps * f * g_i + g_along * (eps * omega_out / m.omega_z * u + c * m.r / (T(1) + m.omega_z) * x_i);
        }
        return c_bar;
    }
};

struct lorentz_boost : lorentz_boost_along<1> {
    static constexpr char const* name = "lorentz::boost";
};

struct lorentz_boost_back : lorentz_boost_along<-1> {
    static constexpr char const* name = "lorentz::boost_back";
};

}  // namespace detail

namespace lorentz {

/// The boost that takes the origin of the hyperboloid to the point Z, applied to the point X: an isometry without
/// rotation, out = X + (ω_X + c⟨Z,X⟩/(1+ω_Z)) Z with ω = √(1+c‖·‖²), by space parts. It is the left translation Z ⊕ X
/// of the Poincaré ball in this model. Any dimension, any strides; out may be Z or X. Error ≤ 16 eps of the larger
/// part, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_boost> boost{};

/// Vector-Jacobian product: writes dZ and dX for the cotangent g of the output, which may be Z and X, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_boost> boost_vjp{};

/// The inverse of lorentz::boost: takes the point Z to the origin, and X along; 0 for X = Z. Otherwise as boost.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_boost_back> boost_back{};

/// Vector-Jacobian product: writes dZ and dX for the cotangent g of the output, which may be Z and X, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_boost_back> boost_back_vjp{};

}  // namespace lorentz
}  // namespace hyspn

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/config.hpp>
#include <hyspn/core/error.hpp>

namespace hyspn {

// clang-format off

/// What operations take as their curvature: curvature<T> here, other types where a space has other curvatures.
template <class K>
concept curvature_like = requires { typename K::value_type; } && K::is_curvature;

// clang-format on

/// The curvature of a hyperbolic space, always negative: κ = −c with c > 0. Papers and libraries pass c, κ or the
/// radius R = 1/√c under the same name; here the constructor says which. The Poincaré ball has radius R.
template <class T>
class curvature {
public:
    using value_type = T;
    static constexpr bool is_curvature = true;

    /// κ = −c. Throws value_error unless c is finite and greater than 0.
    static curvature from_c(T c)
    {
        require(c > T(0) && is_finite(c), "curvature::from_c", "c", "finite and greater than 0", c);
        return curvature(c);
    }

    /// Throws value_error unless kappa is finite and less than 0.
    static curvature from_kappa(T kappa)
    {
        require(kappa < T(0) && is_finite(kappa), "curvature::from_kappa", "kappa", "finite and less than 0", kappa);
        return curvature(-kappa);
    }

    /// c = 1/R². Throws value_error unless radius and c are finite and greater than 0.
    static curvature from_radius(T radius)
    {
        T const c = T(1) / (radius * radius);
        require(radius > T(0) && c > T(0) && is_finite(c), "curvature::from_radius", "radius",
                "finite and greater than 0, as 1/radius^2", radius);
        return curvature(c);
    }

    /// The same curvature in another number type.
    template <class S>
    HYSPN_HD explicit curvature(curvature<S> const& other) : c_(T(other.c())), sqrt_c_(T(other.sqrt_c()))
    {
    }

    HYSPN_HD T c() const { return c_; }
    HYSPN_HD T kappa() const { return -c_; }
    HYSPN_HD T sqrt_c() const { return sqrt_c_; }
    HYSPN_HD T radius() const { return T(1) / sqrt_c_; }

private:
    explicit curvature(T c) : c_(c)
    {
        using std::sqrt;
        sqrt_c_ = sqrt(c);
    }

    static bool is_finite(T x)
    {
        using std::isfinite;
        return isfinite(x);
    }
    static void require(bool ok, char const* function, char const* argument, char const* wanted, T got)
    {
        detail::require_value(ok, function, argument, wanted, static_cast<double>(got));
    }

    T c_;
    T sqrt_c_;
};

}  // namespace hyspn

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/config.hpp>
#include <hyspn/core/error.hpp>
#include <hyspn/manifold/curvature.hpp>

namespace hyspn {

/// A constant sectional curvature κ of any sign: hyperbolic (κ < 0), Euclidean (0), spherical (κ > 0). Operations that
/// take it return the cotangent of κ; where curvature<T> serves, that of c = −κ.
template <class T>
class sectional_curvature {
public:
    using value_type = T;
    static constexpr bool is_curvature = true;

    /// Throws value_error unless kappa is finite.
    static sectional_curvature from_kappa(T kappa)
    {
        using std::isfinite;
        detail::require_value(isfinite(kappa), "sectional_curvature::from_kappa", "kappa", "finite",
                              static_cast<double>(kappa));
        return sectional_curvature(kappa);
    }

    HYSPN_HD T kappa() const { return kappa_; }
    HYSPN_HD T c() const { return -kappa_; }
    /// √|κ|
    HYSPN_HD T root() const { return root_; }
    HYSPN_HD bool is_hyperbolic() const { return kappa_ < T(0); }
    /// The same curvature as hyperbolic spaces take it; only for κ < 0.
    HYSPN_HD curvature<T> const& hyperbolic() const { return hyperbolic_; }

private:
    explicit sectional_curvature(T kappa)
        : kappa_(kappa), hyperbolic_(curvature<T>::from_c(kappa < T(0) ? -kappa : T(1)))
    {
        using std::sqrt;
        root_ = kappa < T(0) ? hyperbolic_.sqrt_c() : sqrt(kappa);
    }

    T kappa_;
    T root_;
    curvature<T> hyperbolic_;
};

}  // namespace hyspn

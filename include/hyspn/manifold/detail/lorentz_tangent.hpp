// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/curvature.hpp>
#include <hyspn/manifold/detail/split_along.hpp>

namespace hyspn::detail {

/// X₀ = √(1/c + ‖X‖²).
template <class T>
HYSPN_HD T lorentz_time(curvature<T> const& k, T norm)
{
    using std::sqrt;
    return sqrt(T(1) + k.c() * norm * norm) / k.sqrt_c();
}

/// A tangent vector V at X, by space parts: V₀ = ⟨X,V⟩/X₀ and the gradient V♭ of ½⟨V,V⟩_L in V, where the metric is
/// ‖V‖² − V₀² = ⟨V♭,V⟩:
///     V♭ = V − (V₀/X₀) X = V⊥ + (V∥/(cX₀²)) X̂.
/// The second form does not cancel for radial V far out. ⟨U,V⟩_L = ⟨U⊥,V⊥⟩ + U∥V∥/(cX₀²) likewise.
template <class T, class X, class V>
struct lorentz_tangent {
    T norm, x0;  ///< ‖X‖, X₀
    split_along<T, V, X> across;
    T v0;      ///< V₀
    T shrink;  ///< 1/(cX₀²)

    HYSPN_HD lorentz_tangent(curvature<T> const& k, X x, V v)
        : norm(hyspn::norm(x)),
          x0(lorentz_time(k, norm)),
          across(v, x, norm),
          v0(along() * (norm / x0)),
          shrink(T(1) / (T(1) + k.c() * norm * norm))
    {
    }
    HYSPN_HD T along() const { return across.along; }
    HYSPN_HD T flat(index_t i) const { return across(i) + shrink * across.parallel(i); }
    HYSPN_HD T squared_length() const { return squared_norm(across) + shrink * along() * along(); }
    /// ‖V♭‖².
    HYSPN_HD T squared_flat() const { return squared_norm(across) + shrink * along() * (shrink * along()); }
};

template <class T, class X, class V>
lorentz_tangent(curvature<T> const&, X, V) -> lorentz_tangent<T, X, V>;

}  // namespace hyspn::detail

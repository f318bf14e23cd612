// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/compensated.hpp>
#include <hyspn/core/view.hpp>

namespace hyspn::detail {

/// ζ_o = ‖z_o‖ of [O, K, C], the weights of a layer.
template <class T, class M>
struct row_norm_op {
    view<T const, 3, M> z;
    view<T, 1, M> zeta;

    /// Row o as one vector of K·C elements.
    struct row {
        view<T const, 3, M> z;
        index_t o;
        HYSPN_HD index_t extent(std::size_t) const { return z.extent(1) * z.extent(2); }
        HYSPN_HD T operator()(index_t i) const
        {
            return z(o, small_quotient(i, z.extent(2)), small_remainder(i, z.extent(2)));
        }
    };

    dims<1> shape() const { return zeta.extents(); }
    HYSPN_HD void operator()(index_t o) const { zeta(o) = norm(row{z, o}); }
};

}  // namespace hyspn::detail

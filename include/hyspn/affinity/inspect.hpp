// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/affinity/hyperbolic.hpp>

/// \file
/// What the hyperbolic affinity module sees: distances, order and weights, for pictures and for tests.

namespace hyspn::affinity {

/// Per pixel and neighbour in raster order.
template <class T, class M = memory::host>
struct inspection {
    tensor<T, 4, M> distance;          ///< [N, K, H, W] d_ij, −1 where absent
    tensor<std::int32_t, 4, M> order;  ///< [N, K, H, W] neighbour at each place of the concatenation
    tensor<T, 4, M> weight;            ///< [N, K, H, W] g_ij, 0 where absent
};

}  // namespace hyspn::affinity

namespace hyspn::detail {

template <class T, class M>
struct spread_distances_op {
    affinity::neighbourhood around;
    view<T const, 4, M> distance;
    view<T, 4, M> out;

    dims<4> shape() const { return out.extents(); }
    HYSPN_HD void operator()(index_t n, index_t k, index_t i, index_t j) const
    {
        pixel_distances<T, M> const d{around, distance, n, i, j};
        out(n, k, i, j) = d.present(k) ? d(k) : T(-1);
    }
};

}  // namespace hyspn::detail

namespace hyspn::affinity {

/// Distances, order and weights that `a` would use for x [N, C, H, W]. Throws shape_error, value_error.
template <execution_policy P, class T, class M, view_of_rank<4> X>
    requires same_space<P, X> inspection<T, M> inspect(P const& exec, hyperbolic const& a,
                                                       hyperbolic::params<T, M> const& p, X const& x)
    {
        using std::sqrt;
        detail::ham_options const options{{a.kernel, a.dilation}, a.beta_priority, a.weight};
        require_valid("inspect", options.around);
        detail::require_positive("inspect", "c", p.c);
        detail::require_positive("inspect", "tau", p.tau);
        view<T const, 4, M> const v = as_const(x);
        dims<4> const e{v.extent(0), options.around.count(), v.extent(2), v.extent(3)};
        inspection<T, M> out{tensor<T, 4, M>(e), tensor<std::int32_t, 4, M>(e), tensor<T, 4, M>(e)};
        if (v.size() == 0) return out;
        tensor<T, 3, M> radius(e[0], e[2], e[3]);
        tensor<T, 4, M> distance(e[0], options.around.half(), e[2], e[3]);
        tensor<std::int32_t, 4, M> rank(e);
        detail::ham_saved_views<T, M> memory{};
        memory.radius = as_view(radius);
        memory.distance = as_view(distance);
        detail::run_distances<P, T, M>(exec, options.around, v, sqrt(p.c), false, memory);
        dispatch(exec, detail::neighbour_weights_op<T, M>{
                           options,
                           p.tau,
                           as_const(distance),
                           {options.around, false, as_view(out.weight), as_view(rank), as_view(out.order)}});
        dispatch(exec, detail::spread_distances_op<T, M>{options.around, as_const(distance), as_view(out.distance)});
        return out;
    }

}  // namespace hyspn::affinity

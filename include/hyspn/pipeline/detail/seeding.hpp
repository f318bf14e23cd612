// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/pipeline/stage.hpp>

/// \file
/// Measurements blended into the maps a network starts from, for networks that know nothing of measurements.

namespace hyspn::detail {

/// to = (1 - β) h + β s for every map, h where β is 0 whatever s holds.
template <class T, class M>
struct blend_measured_op {
    view<T const, 4, M> h;     ///< [N, L, H, W]
    view<T const, 4, M> s;     ///< [N, L or 1, H, W]
    view<T const, 4, M> beta;  ///< [N, 1, H, W]
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t l, index_t i, index_t j) const
    {
        T const b = beta(n, 0, i, j), value = h(n, l, i, j);
        to(n, l, i, j) = b == T(0) ? value : (1 - b) * value + b * s(n, s.extent(1) == 1 ? 0 : l, i, j);
    }
};

/// Its adjoint: dh = (1 - β) dto, dβ = Σ_l (s - h) dto, 0 where nothing was measured.
template <class T, class M>
struct blend_measured_adjoint_op {
    view<T const, 4, M> h, s, beta, dto;
    view<T, 4, M> dh;
    view<T, 4, M> dbeta;  ///< may be absent

    dims<4> shape() const { return {dh.extent(0), 1, dh.extent(2), dh.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t, index_t i, index_t j) const
    {
        using std::isfinite;
        T const b = beta(n, 0, i, j);
        T sum = 0;
        bool measured = true;
        for (index_t l = 0; l < dh.extent(1); ++l) {
            T const g = dto(n, l, i, j), value = s(n, s.extent(1) == 1 ? 0 : l, i, j);
            measured = measured && isfinite(value);
            sum += (value - h(n, l, i, j)) * g;
            dh(n, l, i, j) = (1 - b) * g;
        }
        if (dbeta.data_handle()) dbeta(n, 0, i, j) = measured ? sum : T(0);
    }
};

/// What such a network starts from: (1 - β) initial + β measured with β = mask·confidence; without measurements the
/// initial maps themselves. Its arrays are what forward leaves for backward.
template <class T, class M>
struct seeding {
    tensor<T, 4, M> beta{}, seed{};

    template <execution_policy P>
    view<T const, 4, M> forward(P const& exec, stage_inputs<T, M> const& in)
    {
        if (!propagation::present(in.mask)) return in.initial;
        auto const b = blending<T, M>::forward(exec, in, beta);
        fit(seed, in.initial.extents());
        dispatch(exec, blend_measured_op<T, M>{in.initial, in.measured, b, as_view(seed)});
        return as_const(seed);
    }

    /// What forward returned.
    view<T const, 4, M> of(stage_inputs<T, M> const& in) const
    {
        return propagation::present(in.mask) ? as_const(seed) : in.initial;
    }

    /// Writes the gradients of the initial maps and of the confidence.
    template <execution_policy P>
    void backward(P const& exec, stage_inputs<T, M> const& in, view<T const, 4, M> const& dseed,
                  stage_gradients<T, M> const& d) const
    {
        auto const b = blending<T, M>::of(in, beta);
        if (propagation::present(in.mask))
            dispatch(exec, blend_measured_adjoint_op<T, M>{in.initial, in.measured, b, dseed, d.initial, d.confidence});
        else
            dispatch(exec, copy_op<T, 4, M>{dseed, d.initial});
        blending<T, M>::backward(exec, in, d.confidence);
    }
};

}  // namespace hyspn::detail

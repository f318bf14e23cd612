// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/keep_active.hpp>
#include <hyspn/propagation/prepare.hpp>

/// \file
/// Pixels that take no part: to the others they are as if outside the image, and they keep their initial value. Gates
/// and confidence of such pixels are read as 0, so that what depends on a pixel's own gates needs no special case; what
/// depends on the neighbour is cut from the folded step.

namespace hyspn::detail {

/// Taps to neighbours that take no part become 0; a pixel that takes none gets x_{t+1} = h0.
template <class T, class M>
struct cut_inactive_op {
    stencil_neighbours neighbours;
    view<T const, 4, M> active, initial;
    view<T, 4, M> taps, bias;

    dims<3> shape() const { return {taps.extent(0), taps.extent(2), taps.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        bool const here = active(n, 0, y, x) != T(0);
        for (index_t j = 0; j < taps.extent(1); ++j)
            if (!here || !both(n, j, y, x)) taps(n, j, y, x) = T(0);
        if (here) return;
        for (index_t l = 0; l < bias.extent(1); ++l) bias(n, l, y, x) = initial(n, l, y, x);
    }

    /// Neighbour j is outside the image or takes part.
    HYSPN_HD bool both(index_t n, index_t j, index_t y, index_t x) const
    {
        auto const [dy, dx] = neighbours[j];
        return !inside(y + dy, x + dx, active.extent(2), active.extent(3)) || active(n, 0, y + dy, x + dx) != T(0);
    }
};

/// Its adjoint: the gradients of what was cut are 0; h0 of a pixel that takes no part receives that of its bias.
template <class T, class M>
struct cut_inactive_adjoint_op {
    cut_inactive_op<T, M> forward;  ///< with dtaps and dbias in place of taps and bias
    view<T, 4, M> dinitial;

    dims<3> shape() const { return forward.shape(); }
    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        bool const here = forward.active(n, 0, y, x) != T(0);
        for (index_t j = 0; j < forward.taps.extent(1); ++j)
            if (!here || !forward.both(n, j, y, x)) forward.taps(n, j, y, x) = T(0);
        if (here) return;
        for (index_t l = 0; l < forward.bias.extent(1); ++l) {
            dinitial(n, l, y, x) += forward.bias(n, l, y, x);
            forward.bias(n, l, y, x) = T(0);
        }
    }
};

/// Inputs with the gates and the confidence of the pixels that take part; the inputs themselves where all do.
template <class T, class M>
class active_inputs {
public:
    template <execution_policy P>
    active_inputs(P const& exec, propagation::inputs<T, M> const& in) : kept(in)
    {
        if (!propagation::present(in.active)) return;
        hide_inactive(exec, kept.active, kept.gates, gates_);
        hide_inactive(exec, kept.active, kept.confidence, confidence_);
    }

    propagation::inputs<T, M> kept;

private:
    tensor<T, 4, M> gates_{}, confidence_{};
};

/// Taps and bias of the affine step of the inputs, pixels that take no part included.
template <execution_policy P, class T, class M>
void prepare(P const& exec, propagation::stencil const& axes, propagation::inputs<T, M> const& in, view<T, 4, M> taps,
             view<T, 4, M> bias)
{
    active_inputs<T, M> const of(exec, in);
    dispatch(exec, stencil_prepare_op<T, M>{axes, of.kept, taps, bias});
    if (propagation::present(in.active))
        dispatch(exec, cut_inactive_op<T, M>{axes.taps(), in.active, in.initial, taps, bias});
}

/// Its adjoint, as stencil_prepare_adjoint_op; consumes dtaps and dbias.
template <execution_policy P, class T, class M>
void prepare_adjoint(P const& exec, propagation::stencil const& axes, propagation::inputs<T, M> const& in,
                     view<T, 4, M> dtaps, view<T, 4, M> dbias, propagation::gradients<T, M> const& d)
{
    active_inputs<T, M> const of(exec, in);
    bool const masked = propagation::present(in.active);
    if (masked)
        dispatch(exec, cut_inactive_adjoint_op<T, M>{{axes.taps(), in.active, in.initial, dtaps, dbias}, d.initial});
    dispatch(exec, stencil_prepare_adjoint_op<T, M>{axes, of.kept, dtaps, dbias, d});
    if (!masked) return;
    dispatch(exec, keep_active_op<T, M>{in.active, d.gates, d.gates});
    if (propagation::present(in.confidence))
        dispatch(exec, keep_active_op<T, M>{in.active, d.confidence, d.confidence});
}

}  // namespace hyspn::detail

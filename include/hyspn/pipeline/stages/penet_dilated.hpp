// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <hyspn/nn/maps.hpp>
#include <hyspn/pipeline/detail/windows.hpp>
#include <hyspn/pipeline/stage.hpp>
#include <hyspn/propagation/presets/penet_dilated.hpp>

namespace hyspn::detail {

/// to = the mean of each 2 × 2 cell.
template <class T, class M>
struct cell_mean_op {
    view<T const, 4, M> from;  ///< [N, C, 2h, 2w]
    view<T, 4, M> to;          ///< [N, C, h, w]

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        index_t const y = 2 * i, x = 2 * j;
        T const above = from(n, c, y, x) + from(n, c, y, x + 1);
        to(n, c, i, j) = (above + (from(n, c, y + 1, x) + from(n, c, y + 1, x + 1))) / 4;
    }
};

/// Its adjoint, added to dfrom.
template <class T, class M>
struct cell_mean_adjoint_op {
    view<T const, 4, M> dto;
    view<T, 4, M> dfrom;

    dims<4> shape() const { return dfrom.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t y, index_t x) const
    {
        dfrom(n, c, y, x) += dto(n, c, y / 2, x / 2) / 4;
    }
};

}  // namespace hyspn::detail

namespace hyspn {

/// PENet's two dilations (presets::penet_dilated): 8 + 24 + 48 gates from the affinity; from the guidance σ (3
/// channels) and the confidence before its sigmoid (1) of dilation 1, then those of dilation 2. What dilation 2 reads,
/// at half the size, are means over cells of 2 × 2 pixels: of the same gates, of its σ and its confidence; its
/// measurements are the closest of each cell, and count in full where the mask is positive. The pipeline's own
/// confidence is not read, so switch it off. Measurements [N, 1, H, W] serve all maps; without them nothing is
/// injected. Throws shape_error for maps of odd height or width.
struct penet_dilated_stage {
    propagation::presets::penet_dilated net{};

    template <class T, class M = memory::host>
    using params = no_params;

    template <class T, class M = memory::host>
    struct saved {
        tensor<T, 4, M> none{};              ///< [N, 1, H, W], zeros; without measurements
        tensor<T, 4, M> closest{}, found{};  ///< of cells
        tensor<T, 4, M> gates{}, side{};     ///< means of cells
        propagation::dilated_saved<T, M> steps{};
    };

    index_t gates(index_t) const { return detail::mixture_gates_count; }
    index_t side(index_t) const { return 2 * channels; }

    template <class T, class M = memory::host>
    no_params make_params() const
    {
        return {};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        saved<T, M> s;
        prepare(exec, in, s);
        net.forward(exec, arrays_of(in, s), out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        prepare(exec, in, s);
        net.forward(exec, arrays_of(in, s), out, s.steps);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, no_params const&, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, no_params&) const
    {
        tensor<T, 4, M> dgates(s.gates.extents()), dside(s.side.extents());
        net.backward(exec, arrays_of(in, s), s.steps, dout,
                     propagation::dilated_gradients<T, M>{.initial = d.initial,
                                                          .half = gradients_of(as_view(dgates), as_view(dside)),
                                                          .full = gradients_of(d.gates, full_side(d.side))});
        detail::unread(exec, half_side(d.side));
        dispatch(exec, detail::cell_mean_adjoint_op<T, M>{as_const(dgates), d.gates});
        dispatch(exec, detail::cell_mean_adjoint_op<T, M>{as_const(dside), half_side(d.side)});
        detail::unread(exec, d.confidence);
    }

private:
    static constexpr index_t channels = 4;  ///< σ and the confidence of one dilation

    template <class T, class M>
    static view<T, 4, M> full_side(view<T, 4, M> const& side)
    {
        return nn::channel_range(side, 0, channels);
    }
    template <class T, class M>
    static view<T, 4, M> half_side(view<T, 4, M> const& side)
    {
        return nn::channel_range(side, channels, channels);
    }

    template <execution_policy P, class T, class M>
    static void prepare(P const& exec, stage_inputs<T, M> const& in, saved<T, M>& s)
    {
        dims<4> const e = in.initial.extents();
        if (e[2] % 2 != 0 || e[3] % 2 != 0)
            detail::raise<shape_error>("penet_dilated_stage::forward", "the maps", "of even height and width",
                                       std::to_string(e[2]) + " x " + std::to_string(e[3]));
        index_t const h = e[2] / 2, w = e[3] / 2;
        if (!propagation::present(in.mask)) detail::fit_zero(exec, s.none, {e[0], 1, e[2], e[3]});
        detail::fit(s.closest, {e[0], 1, h, w});
        detail::fit(s.found, s.closest.extents());
        propagation::closest_of_cells(exec, measured_of(in, s), mask_of(in, s), s.closest, s.found);
        detail::fit(s.gates, {e[0], detail::mixture_gates_count, h, w});
        detail::fit(s.side, {e[0], channels, h, w});
        dispatch(exec, detail::cell_mean_op<T, M>{in.gates, as_view(s.gates)});
        dispatch(exec, detail::cell_mean_op<T, M>{half_side(in.side), as_view(s.side)});
    }

    template <class T, class M>
    static view<T const, 4, M> measured_of(stage_inputs<T, M> const& in, saved<T, M> const& s)
    {
        return propagation::present(in.mask) ? in.measured : as_const(s.none);
    }
    template <class T, class M>
    static view<T const, 4, M> mask_of(stage_inputs<T, M> const& in, saved<T, M> const& s)
    {
        return propagation::present(in.mask) ? in.mask : as_const(s.none);
    }

    template <class T, class M>
    static propagation::dilated_inputs<T, M> arrays_of(stage_inputs<T, M> const& in, saved<T, M> const& s)
    {
        return {.initial = in.initial,
                .half = inputs_of(as_const(s.gates), as_const(s.side), as_const(s.closest), as_const(s.found)),
                .full = inputs_of(in.gates, full_side(in.side), measured_of(in, s), mask_of(in, s))};
    }

    template <class T, class M>
    static propagation::mixture_inputs<T, M> inputs_of(view<T const, 4, M> const& gates,
                                                       view<T const, 4, M> const& side,
                                                       view<T const, 4, M> const& measured,
                                                       view<T const, 4, M> const& mask)
    {
        return {.gates = detail::window_gates(gates),
                .sigma = nn::channel_range(side, 0, 3),
                .confidence = nn::channel_range(side, 3, 1),
                .measured = measured,
                .mask = mask};
    }
    template <class T, class M>
    static propagation::mixture_gradients<T, M> gradients_of(view<T, 4, M> const& gates, view<T, 4, M> const& side)
    {
        return {.gates = detail::window_gates(gates),
                .sigma = nn::channel_range(side, 0, 3),
                .confidence = nn::channel_range(side, 3, 1)};
    }
};

}  // namespace hyspn

namespace hyspn::propagation::presets {

inline penet_dilated_stage as_stage(penet_dilated const& net)
{
    return {net};
}

}  // namespace hyspn::propagation::presets

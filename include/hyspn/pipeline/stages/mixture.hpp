// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>

#include <hyspn/nn/maps.hpp>
#include <hyspn/pipeline/detail/windows.hpp>
#include <hyspn/pipeline/stage.hpp>
#include <hyspn/propagation/presets/bpnet_post.hpp>
#include <hyspn/propagation/presets/cspn_pp.hpp>

namespace hyspn {

/// A mixture of windows of 3, 5 and 7 pixels (presets::cspn_pp, presets::bpnet_post): 8 + 24 + 48 gates from the
/// affinity; from the guidance σ (3 channels), λ (12, or 3 of bpnet_post) and the confidences of the windows before
/// their sigmoid (3). Those are all the confidence these networks know: the pipeline's own is not read, so switch it
/// off. bpnet_post has no mask of its own: its measurements are those where the mask is positive and whose value
/// exceeds its threshold, [N, 1, H, W] for all maps. Without measurements nothing is injected.
template <class Net>
struct mixture_stage {
    Net net{};

    template <class T, class M = memory::host>
    using params = no_params;

    template <class T, class M = memory::host>
    struct saved {
        tensor<T, 4, M> measured{};  ///< where not the stage's inputs have them
        propagation::mixture_saved<T, M> steps{};
    };

    index_t gates(index_t) const { return detail::mixture_gates_count; }
    index_t side(index_t) const { return 6 + lambdas(); }

    template <class T, class M = memory::host>
    no_params make_params() const
    {
        return {};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        tensor<T, 4, M> measured;
        net.forward(exec, prepare(exec, in, measured), out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        net.forward(exec, prepare(exec, in, s.measured), out, s.steps);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, no_params const&, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, no_params&) const
    {
        net.backward(exec, arrays_of(in, as_const(s.measured)), s.steps, dout,
                     propagation::mixture_gradients<T, M>{.initial = d.initial,
                                                          .gates = detail::window_gates(d.gates),
                                                          .sigma = nn::channel_range(d.side, 0, 3),
                                                          .lambda = nn::channel_range(d.side, 3, lambdas()),
                                                          .confidence = nn::channel_range(d.side, 3 + lambdas(), 3)});
        detail::unread(exec, d.confidence);
    }

private:
    static constexpr bool finds_mask = std::same_as<Net, propagation::presets::bpnet_post>;
    static constexpr index_t lambdas() { return finds_mask ? 3 : 12; }

    template <execution_policy P, class T, class M>
    static propagation::mixture_inputs<T, M> prepare(P const& exec, stage_inputs<T, M> const& in,
                                                     tensor<T, 4, M>& measured)
    {
        if (!propagation::present(in.mask))
            detail::fit_zero(exec, measured, {in.initial.extent(0), 1, in.initial.extent(2), in.initial.extent(3)});
        else if (finds_mask) {
            detail::fit(measured, in.measured.extents());
            dispatch(exec, detail::where_measured_op<T, M>{in.measured, in.mask, as_view(measured)});
        }
        return arrays_of(in, as_const(measured));
    }

    template <class T, class M>
    static propagation::mixture_inputs<T, M> arrays_of(stage_inputs<T, M> const& in,
                                                       view<T const, 4, M> const& measured)
    {
        bool const given = propagation::present(in.mask);
        propagation::mixture_inputs<T, M> arrays{.initial = in.initial,
                                                 .gates = detail::window_gates(in.gates),
                                                 .sigma = nn::channel_range(in.side, 0, 3),
                                                 .lambda = nn::channel_range(in.side, 3, lambdas()),
                                                 .confidence = nn::channel_range(in.side, 3 + lambdas(), 3),
                                                 .measured = given && !finds_mask ? in.measured : measured};
        if (!finds_mask) arrays.mask = given ? in.mask : measured;
        return arrays;
    }
};

}  // namespace hyspn

namespace hyspn::propagation::presets {

inline mixture_stage<cspn_pp> as_stage(cspn_pp const& net)
{
    return {net};
}
inline mixture_stage<bpnet_post> as_stage(bpnet_post const& net)
{
    return {net};
}

}  // namespace hyspn::propagation::presets

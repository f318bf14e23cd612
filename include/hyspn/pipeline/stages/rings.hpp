// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/pipeline/stage.hpp>
#include <hyspn/propagation/presets/dyspn_rings.hpp>

namespace hyspn {

/// DySPN's rings: 48 gates from the affinity, the attention of each step to them from the guidance, β =
/// mask·confidence.
struct rings_stage {
    propagation::presets::dyspn_rings net{};

    template <class T, class M = memory::host>
    using params = no_params;

    template <class T, class M = memory::host>
    struct saved {
        tensor<T, 4, M> beta{};
        propagation::ring_saved<T, M> steps{};
    };

    index_t gates(index_t) const { return detail::ring_neighbours::count(); }
    index_t side(index_t) const { return 4 * net.steps; }

    template <class T, class M = memory::host>
    no_params make_params() const
    {
        return {};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        tensor<T, 4, M> beta;
        net.forward(exec, arrays_of(in, detail::blending<T, M>::forward(exec, in, beta)), out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        net.forward(exec, arrays_of(in, detail::blending<T, M>::forward(exec, in, s.beta)), out, s.steps);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, no_params const&, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, no_params&) const
    {
        bool const blends = propagation::present(in.mask);
        auto const arrays = arrays_of(in, detail::blending<T, M>::of(in, s.beta));
        propagation::ring_gradients<T, M> wanted{.initial = d.initial, .gates = d.gates, .attention = d.side};
        if (blends) wanted.confidence = d.confidence;
        net.backward(exec, arrays, s.steps, dout, wanted);
        detail::blending<T, M>::backward(exec, in, d.confidence);
    }

private:
    template <class T, class M>
    static propagation::ring_inputs<T, M> arrays_of(stage_inputs<T, M> const& in, view<T const, 4, M> const& beta)
    {
        propagation::ring_inputs<T, M> arrays{.initial = in.initial, .gates = in.gates, .attention = in.side};
        if (!propagation::present(in.mask)) return arrays;
        arrays.measured = in.measured;
        arrays.confidence = beta;
        return arrays;
    }
};

}  // namespace hyspn

namespace hyspn::propagation::presets {

inline rings_stage as_stage(dyspn_rings const& net)
{
    return {net};
}

}  // namespace hyspn::propagation::presets

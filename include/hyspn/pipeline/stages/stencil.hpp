// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/pipeline/stage.hpp>
#include <hyspn/propagation/presets.hpp>
#include <hyspn/propagation/stencil.hpp>

namespace hyspn {

/// A propagation over a window (CSPN, PENet, BP-Net, Depth Prompting, …): gates from the affinity, β = mask·confidence.
/// Without measurements it runs without injection.
struct stencil_stage {
    propagation::stencil net{};

    template <class T, class M = memory::host>
    using params = no_params;

    template <class T, class M = memory::host>
    struct saved {
        tensor<T, 4, M> beta{};
        propagation::saved<T, M> steps{};
    };

    index_t gates(index_t) const { return net.gates(); }
    index_t side(index_t) const { return 0; }

    template <class T, class M = memory::host>
    no_params make_params() const
    {
        return {};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        tensor<T, 4, M> beta;
        call<P, T, M> const c(exec, net, in, beta);
        c.axes.forward(exec, c.arrays, out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        call<P, T, M> const c(exec, net, in, s.beta);
        c.axes.forward(exec, c.arrays, out, s.steps);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, no_params const&, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, no_params&) const
    {
        call<P, T, M> const c(net, in, detail::blending<T, M>::of(in, s.beta));
        bool const blends = propagation::present(c.arrays.confidence);
        c.axes.backward(
            exec, c.arrays, s.steps, dout,
            propagation::gradients<T, M>{
                .initial = d.initial, .gates = d.gates, .confidence = blends ? d.confidence : view<T, 4, M>{}});
        detail::blending<T, M>::backward(exec, blends ? in : stage_inputs<T, M>{}, d.confidence);
    }

private:
    /// The network and its arrays for these inputs.
    template <class P, class T, class M>
    struct call {
        propagation::stencil axes;
        propagation::inputs<T, M> arrays;

        call(P const& exec, propagation::stencil const& net, stage_inputs<T, M> const& in, tensor<T, 4, M>& beta)
            : call(net, in, detail::blending<T, M>::forward(exec, in, beta))
        {
        }
        call(propagation::stencil const& net, stage_inputs<T, M> const& in, view<T const, 4, M> const& beta)
            : axes(net), arrays{.initial = in.initial, .gates = in.gates}
        {
            using namespace propagation;
            if (!present(in.mask)) axes.injection = injection_time::none;
            if (axes.injection == injection_time::none) return;
            arrays.confidence = beta;
            if (axes.injected == injected_value::measured) arrays.measured = in.measured;
        }
    };
};

}  // namespace hyspn

namespace hyspn::propagation {

inline stencil_stage as_stage(stencil const& net)
{
    return {net};
}

}  // namespace hyspn::propagation

namespace hyspn::propagation::presets {

inline stencil_stage as_stage(cspn const& net)
{
    return {net};
}

}  // namespace hyspn::propagation::presets

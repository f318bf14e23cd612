// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/leaf.hpp>
#include <hyspn/pipeline/stage.hpp>
#include <hyspn/propagation/presets/dyspn_softmax.hpp>
#include <hyspn/propagation/presets/lrru.hpp>
#include <hyspn/propagation/presets/nlspn.hpp>
#include <hyspn/propagation/sampled.hpp>

namespace hyspn {

/// A propagation with learned offsets (NLSPN, CompletionFormer, DySPN with softmax, LRRU): gates from the affinity,
/// offsets from the guidance. The confidence has the part its network gives it; where it gives none, β =
/// mask·confidence. Without measurements, or without a confidence, the network runs without; one that injects none
/// (completionformer, nlspn without preserve_input) knows them from the start alone.
struct sampled_stage {
    propagation::sampled net{};

    /// γ of TGASS, the scale of the gates; no leaf for networks without.
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 1, M> gamma{};  ///< [1] or empty

        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            if (p.gamma.size() > 0) f("gamma", positive_leaf(p.gamma));
        }
    };

    template <class T, class M = memory::host>
    struct saved {
        tensor<T, 4, M> beta{};
        propagation::sampled_saved<T, M> steps{};
    };

    index_t gates(index_t) const { return detail::gate_sets(net) * net.count(); }
    index_t side(index_t) const { return 2 * detail::offset_sets(net) * net.count(); }

    /// γ = K/2, as the authors of NLSPN start.
    template <class T, class M = memory::host>
    params<T, M> make_params() const
    {
        params<T, M> p;
        if (!net.learned_divisor) return p;
        tensor<T, 1> start(1);
        start(0) = static_cast<T>(net.count()) / 2;
        static_assert(std::same_as<M, memory::host>, "parameters are made on the host");
        p.gamma = std::move(start);
        return p;
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        saved<T, M> s;
        auto const c = prepare(exec, p, in, s.beta);
        c.axes.forward(exec, c.arrays, out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        auto const c = prepare(exec, p, in, s.beta);
        c.axes.forward(exec, c.arrays, out, s.steps);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, params<T, M>& dp) const
    {
        auto const c = arrays_of(p, in, detail::blending<T, M>::of(in, s.beta));
        tensor<T, 1, M> dgamma(p.gamma.extents());
        propagation::sampled_gradients<T, M> wanted{
            .initial = d.initial, .gates = d.gates, .offsets = d.side, .gamma = as_view(dgamma)};
        if (c.axes.confidence != propagation::confidence_role::none)
            wanted.confidence = d.confidence;
        else if (propagation::present(c.arrays.mask))
            wanted.mask = d.confidence;
        c.axes.backward(exec, c.arrays, s.steps, dout, wanted);
        if (c.axes.confidence == propagation::confidence_role::none)
            detail::blending<T, M>::backward(exec, propagation::present(c.arrays.mask) ? in : stage_inputs<T, M>{},
                                             d.confidence);
        if (dgamma.size() > 0)
            dispatch(exec, detail::add_scaled_op<T, 1, M>{T(1), as_const(dgamma), as_view(dp.gamma)});
    }

private:
    template <class T, class M>
    struct call {
        propagation::sampled axes;
        propagation::sampled_inputs<T, M> arrays;
    };

    propagation::sampled axes_for(bool has_measurements, bool has_confidence) const
    {
        using namespace propagation;
        auto axes = net;
        if (!has_measurements) axes.injection = injection_time::none;
        bool const idle = axes.confidence == confidence_role::injection && !has_measurements;
        if (!has_confidence || idle) axes.confidence = confidence_role::none;
        return axes;
    }

    /// β is formed where the network itself gives the confidence no part.
    template <execution_policy P, class T, class M>
    call<T, M> prepare(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, tensor<T, 4, M>& beta) const
    {
        bool const formed = net.confidence == propagation::confidence_role::none;
        return arrays_of(p, in, formed ? detail::blending<T, M>::forward(exec, in, beta) : in.mask);
    }

    template <class T, class M>
    call<T, M> arrays_of(params<T, M> const& p, stage_inputs<T, M> const& in, view<T const, 4, M> const& beta) const
    {
        using namespace propagation;
        auto const axes = axes_for(present(in.mask), present(in.confidence));
        sampled_inputs<T, M> arrays{.initial = in.initial, .gates = in.gates, .offsets = in.side};
        if (axes.learned_divisor) arrays.gamma = as_const(p.gamma);
        if (axes.confidence != confidence_role::none) arrays.confidence = in.confidence;
        if (axes.injection != injection_time::none) {
            arrays.measured = in.measured;
            arrays.mask = axes.confidence == confidence_role::none ? beta : in.mask;
        }
        return {axes, arrays};
    }
};

}  // namespace hyspn

namespace hyspn::propagation {

inline sampled_stage as_stage(sampled const& net)
{
    return {net};
}

}  // namespace hyspn::propagation

namespace hyspn::propagation::presets {

inline sampled_stage as_stage(nlspn const& net)
{
    return {net};
}
inline sampled_stage as_stage(completionformer const& net)
{
    return {net};
}
inline sampled_stage as_stage(dyspn_softmax const& net)
{
    return {net};
}
inline sampled_stage as_stage(lrru const& net)
{
    return {net};
}

}  // namespace hyspn::propagation::presets

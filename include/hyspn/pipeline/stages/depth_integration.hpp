// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/core/leaf.hpp>
#include <hyspn/pipeline/detail/heads.hpp>
#include <hyspn/pipeline/stage.hpp>
#include <hyspn/propagation/presets/depth_integration.hpp>

namespace hyspn {

/// The depth integration layer (presets::depth_integration) of one map: the confidences of the two edges of a pixel are
/// the sigmoids of the affinity's two outputs, the differences of depth along them two channels of the guidance, the
/// weight α of the measurements is learned. With measurements β = mask·confidence, and the solver starts from the
/// initial map, which therefore has no gradient; every image needs a measurement. Without them the initial map takes
/// their place, with β = 1. Throws shape_error for more than one map, and convergence_error.
struct depth_integration_stage {
    propagation::presets::depth_integration net{};

    template <class T, class M = memory::host>
    struct params {
        T alpha = 1;

        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f) { f("alpha", positive_leaf(p.alpha)); }
    };

    template <class T, class M = memory::host>
    struct saved {
        tensor<T, 4, M> beta{};             ///< where it is not the mask
        tensor<T, 4, M> edge_confidence{};  ///< [N, 2, H, W]
        propagation::depth_integration_saved<T, M> solution{};
    };

    index_t gates(index_t) const { return 2; }
    index_t side(index_t) const { return 2; }

    /// α starts as the network's.
    template <class T, class M = memory::host>
    params<T, M> make_params() const
    {
        return {static_cast<T>(net.alpha)};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        saved<T, M> s;
        prepare(exec, in, s);
        layer(p).forward(exec, arrays_of(in, s), out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        prepare(exec, in, s);
        layer(p).forward(exec, arrays_of(in, s), out, s.solution);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, params<T, M>& dp) const
    {
        bool const given = propagation::present(in.mask);
        T dalpha = 0;
        propagation::depth_integration_gradients<T, M> wanted{
            .differences = d.side, .edge_confidence = d.gates, .alpha = &dalpha};
        if (given)
            wanted.confidence = d.confidence;
        else
            wanted.measured = d.initial;
        layer(p).backward(exec, arrays_of(in, s), s.solution, dout, wanted);
        if (given) dispatch(exec, detail::fill_op<T, 4, M>{T(0), d.initial});
        dispatch(exec, detail::sigmoid_adjoint_op<T, M>{as_const(s.edge_confidence), d.gates});
        detail::blending<T, M>::backward(exec, in, d.confidence);
        dp.alpha += dalpha;
    }

private:
    template <class T, class M>
    propagation::presets::depth_integration layer(params<T, M> const& p) const
    {
        auto layer = net;
        layer.alpha = static_cast<double>(p.alpha);
        return layer;
    }

    template <execution_policy P, class T, class M>
    static void prepare(P const& exec, stage_inputs<T, M> const& in, saved<T, M>& s)
    {
        dims<4> const e = in.initial.extents();
        detail::require_shape("depth_integration_stage::forward", "initial", "[N, 1, H, W]", e,
                              dims<4>{e[0], 1, e[2], e[3]});
        detail::fit(s.edge_confidence, in.gates.extents());
        dispatch(exec, detail::biased_sigmoid_op<T, M>{T(0), in.gates, as_view(s.edge_confidence)});
        if (propagation::present(in.mask)) {
            detail::blending<T, M>::forward(exec, in, s.beta);
        } else {
            detail::fit(s.beta, e);
            dispatch(exec, detail::fill_op<T, 4, M>{T(1), as_view(s.beta)});
        }
    }

    template <class T, class M>
    static propagation::depth_integration_inputs<T, M> arrays_of(stage_inputs<T, M> const& in, saved<T, M> const& s)
    {
        bool const given = propagation::present(in.mask);
        bool const beta_is_mask = given && !propagation::present(in.confidence);
        return {.differences = in.side,
                .edge_confidence = as_const(s.edge_confidence),
                .measured = given ? in.measured : in.initial,
                .confidence = beta_is_mask ? in.mask : as_const(s.beta),
                .initial = in.initial};
    }
};

}  // namespace hyspn

namespace hyspn::propagation::presets {

inline depth_integration_stage as_stage(depth_integration const& net)
{
    return {net};
}

}  // namespace hyspn::propagation::presets

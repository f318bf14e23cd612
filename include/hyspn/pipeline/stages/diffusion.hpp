// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/pipeline/detail/heads.hpp>
#include <hyspn/pipeline/detail/seeding.hpp>
#include <hyspn/propagation/diffusion.hpp>

namespace hyspn {

/// A random walk with restart (presets::diffusion, or its fixed point) from the initial map with the measurements
/// blended in, β = mask·confidence. The probability of a restart is learned: α = 1/(1 + exp(−alpha_logit)).
template <class Net>
struct diffusion_stage {
    Net net{};

    template <class T, class M = memory::host>
    struct params {
        T alpha_logit = 0;

        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f) { f("alpha_logit", detail::scalar_leaf(p.alpha_logit)); }
    };

    template <class T, class M = memory::host>
    struct saved {
        detail::seeding<T, M> seed{};
        propagation::saved<T, M> steps{};
    };

    index_t gates(index_t) const { return net.kernel * net.kernel; }
    index_t side(index_t) const { return 0; }

    /// α starts as the network's, which must lie between 0 and 1. Throws value_error.
    template <class T, class M = memory::host>
    params<T, M> make_params() const
    {
        return {static_cast<T>(detail::logit_of_share("diffusion_stage::make_params", "alpha", net.alpha))};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        saved<T, M> s;
        walk(p).forward(exec, arrays_of(in, s.seed.forward(exec, in)), out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        walk(p).forward(exec, arrays_of(in, s.seed.forward(exec, in)), out, s.steps);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, params<T, M>& dp) const
    {
        auto const net_now = walk(p);
        // Without a first map given, the walk starts from the seed, which so has two gradients.
        tensor<T, 4, M> dstart(in.initial.extents()), dseed(in.initial.extents());
        T dalpha = 0;
        net_now.backward(exec, arrays_of(in, s.seed.of(in)), s.steps, dout,
                         propagation::diffusion_gradients<T, M>{
                             .initial = as_view(dstart), .gates = d.gates, .seed = as_view(dseed), .alpha = &dalpha});
        dispatch(exec, detail::add_scaled_op<T, 4, M>{T(1), as_const(dstart), as_view(dseed)});
        s.seed.backward(exec, in, as_const(dseed), d);
        auto const alpha = static_cast<T>(net_now.alpha);
        dp.alpha_logit += dalpha * alpha * (1 - alpha);
    }

private:
    template <class T, class M>
    Net walk(params<T, M> const& p) const
    {
        auto walk = net;
        walk.alpha = detail::share_of_logit(static_cast<double>(p.alpha_logit));
        return walk;
    }

    template <class T, class M>
    static propagation::diffusion_inputs<T, M> arrays_of(stage_inputs<T, M> const& in, view<T const, 4, M> const& seed)
    {
        return {.gates = in.gates, .seed = seed};
    }
};

}  // namespace hyspn

namespace hyspn::propagation::presets {

inline diffusion_stage<diffusion> as_stage(diffusion const& net)
{
    return {net};
}
inline diffusion_stage<diffusion_fixed_point> as_stage(diffusion_fixed_point const& net)
{
    return {net};
}

}  // namespace hyspn::propagation::presets

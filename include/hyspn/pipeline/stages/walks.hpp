// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <utility>

#include <hyspn/pipeline/detail/heads.hpp>
#include <hyspn/pipeline/detail/seeding.hpp>
#include <hyspn/propagation/presets/irn_walk.hpp>
#include <hyspn/propagation/presets/random_walk.hpp>

namespace hyspn {

/// A random walk over differences of features (presets::random_walk, random_walk_closed, psa_walk) from the initial
/// maps with the measurements blended in, β = mask·confidence. The features are what the affinity gives, so that any
/// affinity drives the walk: its outputs count as coordinates of a pixel and not as gates.
///
///     pipeline{…, .propagation = feature_walk_stage<presets::random_walk>{.net = {.steps = 3}, .features = 16}}
template <class Net>
struct feature_walk_stage {
    Net net{};
    index_t features = 8;  ///< C, at least 1

    static constexpr bool has_theta = !std::same_as<Net, propagation::presets::psa_walk>;
    static constexpr bool has_alpha = std::same_as<Net, propagation::presets::random_walk_closed>;

    /// θ, and the chance to walk on: α = 1/(1 + exp(−alpha_logit)); those the network has.
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 1, M> theta{};  ///< [C] or empty
        T alpha_logit = 0;

        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            if constexpr (has_theta) f("theta", as_view(p.theta));
            if constexpr (has_alpha) f("alpha_logit", detail::scalar_leaf(p.alpha_logit));
        }
    };

    template <class T, class M = memory::host>
    struct saved {
        detail::seeding<T, M> seed{};
        propagation::random_walk_saved<T, M> walk{};
    };

    index_t gates(index_t) const { return features; }
    index_t side(index_t) const { return 0; }

    /// θ = −1/C, so that affinities start as exp of minus the mean difference; α as the
    /// network's, which must lie between 0 and 1. Throws value_error.
    template <class T, class M = memory::host>
    params<T, M> make_params() const
    {
        static_assert(std::same_as<M, memory::host>, "parameters are made on the host");
        params<T, M> p;
        if constexpr (has_theta) {
            p.theta = tensor<T, 1>(features);
            for (T& t : p.theta) t = static_cast<T>(-1 / static_cast<double>(features));
        }
        if constexpr (has_alpha)
            p.alpha_logit =
                static_cast<T>(detail::logit_of_share("feature_walk_stage::make_params", "alpha", net.alpha));
        return p;
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        detail::seeding<T, M> seed;
        walk(p).forward(exec, arrays_of(p, in, seed.forward(exec, in)), out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        walk(p).forward(exec, arrays_of(p, in, s.seed.forward(exec, in)), out, s.walk);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, params<T, M>& dp) const
    {
        auto const net_now = walk(p);
        tensor<T, 4, M> dseed(in.initial.extents());
        tensor<T, 1, M> dtheta(p.theta.extents());
        T dalpha = 0;
        propagation::random_walk_gradients<T, M> wanted{.x = as_view(dseed), .features = d.gates};
        if constexpr (has_theta) wanted.theta = as_view(dtheta);
        if constexpr (has_alpha) wanted.alpha = &dalpha;
        net_now.backward(exec, arrays_of(p, in, s.seed.of(in)), s.walk, dout, wanted);
        s.seed.backward(exec, in, as_const(dseed), d);
        if constexpr (has_theta)
            dispatch(exec, detail::add_scaled_op<T, 1, M>{T(1), as_const(dtheta), as_view(dp.theta)});
        if constexpr (has_alpha) {
            auto const alpha = static_cast<T>(net_now.alpha);
            dp.alpha_logit += dalpha * alpha * (1 - alpha);
        }
    }

private:
    template <class T, class M>
    Net walk([[maybe_unused]] params<T, M> const& p) const
    {
        auto walk = net;
        if constexpr (has_alpha) walk.alpha = detail::share_of_logit(static_cast<double>(p.alpha_logit));
        return walk;
    }

    template <class T, class M>
    static propagation::random_walk_inputs<T, M> arrays_of(params<T, M> const& p, stage_inputs<T, M> const& in,
                                                           view<T const, 4, M> const& seed)
    {
        propagation::random_walk_inputs<T, M> arrays{.x = seed, .features = in.gates};
        if constexpr (has_theta) arrays.theta = as_const(p.theta);
        return arrays;
    }
};

template <class Net>
feature_walk_stage<Net> as_stage(feature_walk_stage<Net> const& stage)
{
    return stage;
}

/// IRN's walk (presets::irn_walk) from the initial maps with the measurements blended in, β = mask·confidence. The
/// affinity's one output g says where edges are, 1/(1 + exp(2 − g)), so few until training finds some.
struct irn_walk_stage {
    propagation::presets::irn_walk net{};

    template <class T, class M = memory::host>
    using params = no_params;

    template <class T, class M = memory::host>
    struct saved {
        detail::seeding<T, M> seed{};
        tensor<T, 4, M> edge{};
        propagation::irn_walk_saved<T, M> walk{};
    };

    index_t gates(index_t) const { return 1; }
    index_t side(index_t) const { return 0; }

    template <class T, class M = memory::host>
    no_params make_params() const
    {
        return {};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        saved<T, M> s;
        net.forward(exec, prepare(exec, in, s), out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        net.forward(exec, prepare(exec, in, s), out, s.walk);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, no_params const&, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, no_params&) const
    {
        tensor<T, 4, M> dseed(in.initial.extents());
        propagation::irn_walk_inputs<T, M> const arrays{.x = s.seed.of(in), .edge = as_const(s.edge)};
        net.backward(exec, arrays, s.walk, dout,
                     propagation::irn_walk_gradients<T, M>{.x = as_view(dseed), .edge = d.gates});
        dispatch(exec, detail::sigmoid_adjoint_op<T, M>{as_const(s.edge), d.gates});
        s.seed.backward(exec, in, as_const(dseed), d);
    }

private:
    template <execution_policy P, class T, class M>
    static propagation::irn_walk_inputs<T, M> prepare(P const& exec, stage_inputs<T, M> const& in, saved<T, M>& s)
    {
        detail::fit(s.edge, in.gates.extents());
        dispatch(exec, detail::biased_sigmoid_op<T, M>{T(-2), in.gates, as_view(s.edge)});
        return {.x = s.seed.forward(exec, in), .edge = as_const(s.edge)};
    }
};

}  // namespace hyspn

namespace hyspn::propagation::presets {

inline feature_walk_stage<random_walk> as_stage(random_walk const& net)
{
    return {net};
}
inline feature_walk_stage<random_walk_closed> as_stage(random_walk_closed const& net)
{
    return {net};
}
inline feature_walk_stage<psa_walk> as_stage(psa_walk const& net)
{
    return {net};
}
inline irn_walk_stage as_stage(irn_walk const& net)
{
    return {net};
}

}  // namespace hyspn::propagation::presets

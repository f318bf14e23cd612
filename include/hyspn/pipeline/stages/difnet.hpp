// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>

#include <hyspn/nn/maps.hpp>
#include <hyspn/pipeline/detail/seeding.hpp>
#include <hyspn/propagation/presets/difnet.hpp>

namespace hyspn {

/// DifNet's walks between all pixels (presets::difnet), the seed being the initial maps with the measurements blended
/// in, β = mask·confidence. The features of all levels are what the affinity gives, level by level, so that any
/// affinity drives the walks: its outputs count as coordinates of a pixel and not as gates.
struct difnet_stage {
    propagation::presets::difnet net{};
    index_t levels = 3;    ///< K, steps
    index_t features = 8;  ///< C of each level

    /// The network's a and b of each level, 0 at first.
    template <class T, class M = memory::host>
    struct params {
        tensor<T, 1> a{}, b{};  ///< [K]

        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            f("a", as_view(p.a));
            f("b", as_view(p.b));
        }
    };

    template <class T, class M = memory::host>
    struct saved {
        detail::seeding<T, M> seed{};
        propagation::difnet_saved<T, M> walks{};
    };

    index_t gates(index_t) const { return levels * features; }
    index_t side(index_t) const { return 0; }

    template <class T, class M = memory::host>
    params<T, M> make_params() const
    {
        return {tensor<T, 1>(levels), tensor<T, 1>(levels)};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        detail::seeding<T, M> seed;
        net.forward(exec, arrays_of(p, in, seed.forward(exec, in)), out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        net.forward(exec, arrays_of(p, in, s.seed.forward(exec, in)), out, s.walks);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, params<T, M>& dp) const
    {
        tensor<T, 4, M> dseed(in.initial.extents());
        auto own = make_params<T, M>();
        propagation::difnet_gradients<T, M> wanted{.seed = as_view(dseed)};
        for (index_t k = 0; k < levels; ++k) wanted.levels.push_back({level_of(d.gates, k), &own.a(k), &own.b(k)});
        net.backward(exec, arrays_of(p, in, s.seed.of(in)), s.walks, dout, wanted);
        s.seed.backward(exec, in, as_const(dseed), d);
        for (index_t k = 0; k < levels; ++k) {
            dp.a(k) += own.a(k);
            dp.b(k) += own.b(k);
        }
    }

private:
    template <class U, class M>
    view<U, 4, M> level_of(view<U, 4, M> const& all, index_t k) const
    {
        return nn::channel_range(all, k * features, features);
    }

    template <class T, class M>
    propagation::difnet_inputs<T, M> arrays_of(params<T, M> const& p, stage_inputs<T, M> const& in,
                                               view<T const, 4, M> const& seed) const
    {
        propagation::difnet_inputs<T, M> arrays{.seed = seed};
        for (index_t k = 0; k < levels; ++k) arrays.levels.push_back({level_of(in.gates, k), p.a(k), p.b(k)});
        return arrays;
    }
};

inline difnet_stage as_stage(difnet_stage const& stage)
{
    return stage;
}

}  // namespace hyspn

namespace hyspn::propagation::presets {

inline difnet_stage as_stage(difnet const& net)
{
    return {net};
}

}  // namespace hyspn::propagation::presets

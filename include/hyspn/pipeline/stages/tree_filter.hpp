// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/pipeline/detail/seeding.hpp>
#include <hyspn/propagation/presets/tree_filter.hpp>
#include <hyspn/propagation/spanning_tree.hpp>

namespace hyspn {

/// The learnable tree filter (presets::tree_filter) of the initial maps with the measurements blended in, β =
/// mask·confidence. The embedding is what the affinity gives, so that any affinity drives the filter: its outputs count
/// as coordinates of a pixel and not as gates. The tree is the embedding's own minimum spanning tree, made anew by each
/// forward, on the host whatever the policy; its choice has no gradient.
struct tree_filter_stage {
    propagation::presets::tree_filter net{};
    index_t features = 8;  ///< channels of the embedding, at least 1

    template <class T, class M = memory::host>
    using params = no_params;

    template <class T, class M = memory::host>
    struct saved {
        detail::seeding<T, M> seed{};
        propagation::spanning_tree<M> tree{};
        propagation::tree_filter_saved<T, M> sums{};
    };

    index_t gates(index_t) const { return features; }
    index_t side(index_t) const { return 0; }

    template <class T, class M = memory::host>
    no_params make_params() const
    {
        return {};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        detail::seeding<T, M> seed;
        auto const tree = tree_of(exec, in.gates);
        net.forward(exec, arrays_of(in, seed.forward(exec, in), tree), out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        s.tree = tree_of(exec, in.gates);
        net.forward(exec, arrays_of(in, s.seed.forward(exec, in), s.tree), out, s.sums);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, no_params const&, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, no_params&) const
    {
        tensor<T, 4, M> dseed(in.initial.extents());
        net.backward(exec, arrays_of(in, s.seed.of(in), s.tree), s.sums, dout,
                     propagation::tree_filter_gradients<T, M>{.x = as_view(dseed), .embedding = d.gates});
        s.seed.backward(exec, in, as_const(dseed), d);
    }

private:
    template <execution_policy P, class T, class M>
    static propagation::spanning_tree<M> tree_of([[maybe_unused]] P const& exec, view<T const, 4, M> const& embedding)
    {
        if constexpr (std::same_as<M, memory::host>) {
            return propagation::minimum_spanning_tree(embedding);
        } else {
            tensor<T, 4, M> dense(embedding.extents());
            dispatch(exec, detail::copy_op<T, 4, M>{embedding, as_view(dense)});
            return to_device(exec, propagation::minimum_spanning_tree(to_host(exec, dense)));
        }
    }

    template <class T, class M>
    static propagation::tree_filter_inputs<T, M> arrays_of(stage_inputs<T, M> const& in,
                                                           view<T const, 4, M> const& seed,
                                                           propagation::spanning_tree<M> const& tree)
    {
        return {.x = seed, .embedding = in.gates, .tree = &tree};
    }
};

inline tree_filter_stage as_stage(tree_filter_stage const& stage)
{
    return stage;
}

}  // namespace hyspn

namespace hyspn::propagation::presets {

inline tree_filter_stage as_stage(tree_filter const& net)
{
    return {net};
}

}  // namespace hyspn::propagation::presets

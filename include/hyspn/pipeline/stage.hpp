// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/propagation/arrays.hpp>

/// \file
/// One call for every spatial propagation network, as the last stage of a pipeline. A stage is a value that wraps a
/// network and says how the maps of the guidance become its inputs:
///
///     index_t gates(index_t maps) const;   channels it wants of the affinity
///     index_t side(index_t maps) const;    channels it reads from the guidance itself: offsets, attention, …
///     params<T, M>, make_params<T, M>()    its own learned values, often none
///     saved<T, M>                          what forward leaves for backward
///     forward(exec, p, in, out), forward(exec, p, in, out, saved), backward(exec, p, in, saved, dout, d, dp)
///
/// as_stage(network) makes it: an overload in the network's own namespace, where argument-dependent lookup finds it in
/// whatever order headers are included, so other networks can have theirs. stages.hpp has all of this library's. Of its
/// networks propagation::volume has none: it propagates through volumes [N, D, H, W], which no stage here makes.

namespace hyspn {

/// What a stage reads. L maps; views left empty are not given.
template <class T, class M = memory::host>
struct stage_inputs {
    view<T const, 4, M> initial{};     ///< [N, L, H, W]
    view<T const, 4, M> gates{};       ///< [N, gates(L), H, W]
    view<T const, 4, M> side{};        ///< [N, side(L), H, W]
    view<T const, 4, M> measured{};    ///< [N, 1 or L, H, W]; given together with the mask
    view<T const, 4, M> mask{};        ///< [N, 1, H, W] in [0, 1]; without it nothing is injected
    view<T const, 4, M> confidence{};  ///< [N, 1, H, W] in (0, 1)
};

/// Written by backward, each in the shape of its input and given if its input is.
template <class T, class M = memory::host>
struct stage_gradients {
    view<T, 4, M> initial{};
    view<T, 4, M> gates{};
    view<T, 4, M> side{};
    view<T, 4, M> confidence{};
};

/// Parameters of what has nothing to learn.
struct no_params {
    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, no_params>
    friend void for_each_leaf(Self&, F&&) {}
};

}  // namespace hyspn

namespace hyspn::detail {

/// to = a·b.
template <class T, class M>
struct product_op {
    view<T const, 4, M> a, b;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        to(n, c, i, j) = a(n, c, i, j) * b(n, c, i, j);
    }
};

/// β = mask · confidence, or the mask alone: how sure the measurement is that is blended in.
template <class T, class M>
class blending {
public:
    template <execution_policy P>
    static view<T const, 4, M> forward(P const& exec, stage_inputs<T, M> const& in, tensor<T, 4, M>& product)
    {
        if (!propagation::present(in.mask) || !propagation::present(in.confidence)) return in.mask;
        fit(product, in.mask.extents());
        dispatch(exec, product_op<T, M>{in.mask, in.confidence, as_view(product)});
        return as_const(product);
    }

    /// What forward returned.
    static view<T const, 4, M> of(stage_inputs<T, M> const& in, tensor<T, 4, M> const& product)
    {
        return propagation::present(in.mask) && propagation::present(in.confidence) ? as_const(product) : in.mask;
    }

    /// dconfidence = mask · dβ, in place of dβ, which was written where dconfidence lies.
    template <execution_policy P>
    static void backward(P const& exec, stage_inputs<T, M> const& in, view<T, 4, M> const& dconfidence)
    {
        if (!propagation::present(dconfidence)) return;
        if (propagation::present(in.mask))
            dispatch(exec, product_op<T, M>{in.mask, as_const(dconfidence), dconfidence});
        else
            dispatch(exec, fill_op<T, 4, M>{T(0), dconfidence});
    }
};

}  // namespace hyspn::detail

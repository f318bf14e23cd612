// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/keep_active.hpp>
#include <hyspn/propagation/sampled/gates.hpp>

/// \file
/// Pixels that take no part, of networks with learned offsets. Outside the image maps and confidence are 0, so it is
/// enough that they are 0 where a pixel takes no part and stay so: with an initial value, weights and β of 0, no step
/// changes a 0. The initial value comes back at the end.

namespace hyspn::detail {

/// Inputs without what pixels hold that take no part; the inputs themselves where all do.
template <class T, class M>
class active_samples {
public:
    template <execution_policy P>
    active_samples(P const& exec, propagation::sampled_inputs<T, M> const& in) : kept(in), initial_(in.initial)
    {
        if (!masked()) return;
        hide_inactive(exec, kept.active, kept.initial, own_initial_);
        hide_inactive(exec, kept.active, kept.gates, gates_);
        hide_inactive(exec, kept.active, kept.confidence, confidence_);
        hide_inactive(exec, kept.active, kept.mask, mask_);
    }
    active_samples(active_samples const&) = delete;

    propagation::sampled_inputs<T, M> kept;

    bool masked() const { return propagation::present(kept.active); }

    /// The weights of all gates.
    template <execution_policy P>
    void weigh(P const& exec, propagation::sampled const& axes, view<T, 4, M> const& weights) const
    {
        dispatch(exec, sampled_weights_op<T, M>{axes, kept, weights});
        clear(exec, weights);
    }

    /// 0 where pixels take no part; an array without data is left out.
    template <execution_policy P>
    void clear(P const& exec, view<T, 4, M> const& array) const
    {
        if (masked() && array.data_handle()) dispatch(exec, keep_active_op<T, M>{kept.active, as_const(array), array});
    }

    /// What pixels that take no part had at first.
    template <execution_policy P>
    void restore_initial(P const& exec, view<T, 4, M> const& out) const
    {
        restore(exec, out, initial_);
    }
    /// Those of `others` where pixels take no part.
    template <execution_policy P>
    void restore(P const& exec, view<T, 4, M> const& array, view<T const, 4, M> const& others) const
    {
        if (masked()) dispatch(exec, keep_active_op<T, M>{kept.active, as_const(array), array, others});
    }

private:
    view<T const, 4, M> initial_;
    tensor<T, 4, M> own_initial_{}, gates_{}, confidence_{}, mask_{};
};

}  // namespace hyspn::detail

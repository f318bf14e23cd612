// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <type_traits>

#include <hyspn/core/simd.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/optim/adam.hpp>

/// \file
/// Adam on lines of numbers, a register of them at a time: the text of the rule itself runs with T = simd::pack<T>, so
/// that the bits are those of exec::seq. A plain loop over it does not vectorise, for its square root and its choice.

namespace hyspn::optim::detail {

/// The same rule for every lane.
template <class T>
adam_rule<simd::pack<T>> on_lanes(adam_rule<T> const& r)
{
    return {r.rate,  r.weight_decay, r.decoupled, r.keep1,      r.take1,
            r.keep2, r.take2,        r.step_size, r.correction, r.epsilon};
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, number_step_op<adam_rule<T>, T, 1, memory::host> const& op)
{
    using V = simd::pack<T>;
    constexpr index_t run = 64 * V::size;
    index_t const count = op.x.extent(0);
    if (!op.x.contiguous() || !op.g.contiguous() || !op.first.contiguous() || !op.second.contiguous())
        return parallel_for(exec, op.shape(), op);
    auto const rule = on_lanes(op.rule);
    auto const step = [&](index_t i, auto lanes) {
        T *const x = &op.x(i), *const first = &op.first(i), *const second = &op.second(i);
        V m = V::load(first, lanes), v = V::load(second, lanes);
        V const at = V::load(x, lanes), to = at - rule(at, V::load(&op.g(i), lanes), m, v);
        m.store(first, lanes);
        v.store(second, lanes);
        to.store(x, lanes);
    };
    exec::detail::for_each_index_omp(exec, (count + run - 1) / run, [&](index_t r) {
        index_t const end = std::min((r + 1) * run, count);
        index_t i = r * run;
        for (; i + V::size <= end; i += V::size) step(i, std::integral_constant<index_t, V::size>{});
        if (i < end) step(i, end - i);
    });
}

}  // namespace hyspn::optim::detail

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include <hyspn/core/tensor.hpp>

/// \file
/// Training with few iterates in memory: those between segments of steps are kept, and backward takes the steps of each
/// segment again, from the last to the first.

namespace hyspn::detail {

/// Steps 0 ... steps - 1 in segments of `stride`, but that the first has `first` of them, and the last what remains.
struct step_segments {
    index_t steps, stride, first;

    /// The number of iterates between segments; there is one segment more.
    index_t kept() const { return steps > first ? (steps - first + stride - 1) / stride : 0; }
    /// The first step of segment s.
    index_t begin(index_t s) const { return s == 0 ? 0 : first + (s - 1) * stride; }
    index_t count(index_t s) const { return std::min(first + s * stride, steps) - begin(s); }
    index_t longest() const { return std::max(count(0), kept() > 0 ? count(1) : 0); }
};

/// ⌈√steps⌉, at least 1.
inline index_t root_of_steps(index_t steps)
{
    return std::max<index_t>(1, static_cast<index_t>(std::ceil(std::sqrt(static_cast<double>(steps)))));
}

/// [count, N, L, H, W]: as many maps.
template <class T, class M>
dims<5> with_steps(view<T, 4, M> const& map, index_t count)
{
    dims<4> const e = map.extents();
    return {count, e[0], e[1], e[2], e[3]};
}

/// Elements first, first + 1, ... of the first index.
template <class T, class M>
view<T, 5, M> ascending(view<T, 5, M> const& v, index_t first, index_t count)
{
    dims<5> extents = v.extents();
    extents[0] = count;
    return {v[first].data_handle(), extents, v.strides()};
}

/// The training forward, from kept iterate to kept iterate: forward(begin, count, from, to, iterates), the iterates
/// without data, takes `count` steps.
template <class T, class M, class Forward>
void run_segments(step_segments const& segments, view<T const, 4, M> initial, view<T, 5, M> const& kept,
                  view<T, 4, M> const& out, Forward const& forward)
{
    view<T const, 4, M> from = initial;
    for (index_t s = 0; s <= segments.kept(); ++s) {
        view<T, 4, M> const to = s < segments.kept() ? kept[s] : out;
        forward(segments.begin(s), segments.count(s), from, to, view<T, 5, M>{});
        from = to;
    }
}

/// What the adjoint of a segment of steps reads and writes.
template <class T, class M>
struct segment_adjoint {
    index_t begin, count;
    view<T const, 4, M> initial;   ///< x_begin
    view<T const, 5, M> iterates;  ///< those between its steps
    view<T const, 4, M> dout;      ///< may be dinitial
    view<T, 4, M> dinitial;
};

/// The adjoint, segment by segment from the last: backward(segment_adjoint), once `forward`, as above, took its steps
/// again.
template <class T, class M, class Forward, class Backward>
void retrace_segments(step_segments const& segments, view<T const, 4, M> initial, view<T const, 5, M> const& kept,
                      view<T const, 4, M> dout, view<T, 4, M> const& dinitial, Forward const& forward,
                      Backward const& backward)
{
    tensor<T, 5, M> between(with_steps(initial, std::max<index_t>(segments.longest() - 1, 0)));
    tensor<T, 4, M> lambda(initial.extents());
    for (index_t s = segments.kept(); s >= 0; --s) {
        index_t const begin = segments.begin(s), count = segments.count(s);
        view<T const, 4, M> const from = s == 0 ? initial : kept[s - 1];
        view<T, 5, M> again{};
        if (count > 1) {
            again = ascending(as_view(between), 0, count - 1);
            forward(begin, count - 1, from, again[count - 2], ascending(again, 0, count - 2));
        }
        backward(segment_adjoint<T, M>{begin, count, from, as_const(again), dout, s == 0 ? dinitial : as_view(lambda)});
        dout = as_const(lambda);
    }
}

}  // namespace hyspn::detail

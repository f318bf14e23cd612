// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <hyspn/core/tensor.hpp>

/// \file
/// What propagation reads, writes and keeps. N images of H x W pixels, L maps that share one set of K gates.

namespace hyspn::propagation {

/// What the training forward keeps of its T steps for backward; the gradient is the same, bit for bit.
enum class history {
    every_step,  ///< T - 1 maps
    checkpoints  ///< every ⌈√T⌉-th map or so, some √T in all; backward takes the steps between them once more
};

/// How forward_until ended.
struct settling {
    index_t steps = 0;  ///< taken
    double change = 0;  ///< max |x_t - x_{t-1}| of the last one
};

/// A view left empty is an argument not given.
template <class T, std::size_t Rank, class M>
bool present(view<T, Rank, M> const& v)
{
    return !(v.extents() == dims<Rank>{});
}

/// Read by forward and backward.
template <class T, class M = memory::host>
struct inputs {
    view<T const, 4, M> initial{};     ///< h0 [N, L, H, W]
    view<T const, 4, M> gates{};       ///< raw gates [N, K, H, W]
    view<T const, 4, M> measured{};    ///< s [N, L, H, W], or [N, 1, H, W] for all maps; NaN too where β is 0
    view<T const, 4, M> confidence{};  ///< β [N, 1, H, W] in [0, 1]: mask, or mask times confidence
    /// [N, 1, H, W], by default all. Where it is 0 the pixel takes no part: it keeps its initial value and is, to the
    /// others, as if outside the image; its gates and measurement are not read, and have no gradient.
    view<T const, 4, M> active{};
};

/// Written by backward, in the shapes of inputs; a gradient left empty is not wanted.
template <class T, class M = memory::host>
struct gradients {
    view<T, 4, M> initial{};
    view<T, 4, M> gates{};
    view<T, 4, M> measured{};
    view<T, 4, M> confidence{};
};

/// What forward leaves for backward: the folded weights [N, J, H, W] and the iterates x_1 ... x_{T-1}
/// [T - 1, N, L, H, W] (of a fixed point: the solution alone); with checkpoints every ⌈√T⌉-th of them, and the bias
/// [N, L, H, W] to take the steps between them again.
template <class T, class M = memory::host>
struct saved {
    tensor<T, 4, M> taps{};
    tensor<T, 5, M> iterates{};
    tensor<T, 4, M> bias{};
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

/// The shape of kept iterates, for messages.
inline char const* kept_pattern(propagation::history keep)
{
    return keep == propagation::history::every_step ? "[T - 1, N, L, H, W]" : "[checkpoints, N, L, H, W]";
}

/// A gradient that is wanted has the shape of its input, whose name is `argument`.
template <class T, std::size_t Rank, class M>
void require_gradient_shape(char const* function, std::string const& argument, view<T, Rank, M> const& gradient,
                            view<T const, Rank, M> const& input)
{
    if (propagation::present(gradient))
        require_shape(function, ("the gradient of " + argument).c_str(), "the shape of its input", gradient.extents(),
                      input.extents());
}

}  // namespace hyspn::detail

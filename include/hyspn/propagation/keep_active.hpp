// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/exec/dispatch.hpp>
#include <hyspn/propagation/arrays.hpp>

/// \file
/// Arrays without what the pixels hold that take no part.

namespace hyspn::detail {

/// to = from where the pixel takes part, elsewhere 0, or that of `others` where it has data. `to` may be `from`.
template <class T, class M>
struct keep_active_op {
    view<T const, 4, M> active, from;
    view<T, 4, M> to;
    view<T const, 4, M> others{};

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t y, index_t x) const
    {
        if (active(n, 0, y, x) != T(0))
            to(n, c, y, x) = from(n, c, y, x);
        else
            to(n, c, y, x) = others.data_handle() ? others(n, c, y, x) : T(0);
    }
};

/// Has `array` see a copy of itself in `storage`, 0 where pixels take no part; an absent one stays absent.
template <execution_policy P, class T, class M>
void hide_inactive(P const& exec, view<T const, 4, M> const& active, view<T const, 4, M>& array,
                   tensor<T, 4, M>& storage)
{
    if (!propagation::present(array)) return;
    storage = tensor<T, 4, M>(array.extents());
    dispatch(exec, keep_active_op<T, M>{active, array, as_view(storage)});
    array = as_const(storage);
}

}  // namespace hyspn::detail

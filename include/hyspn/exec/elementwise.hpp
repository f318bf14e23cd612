// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/math.hpp>
#include <hyspn/core/view.hpp>

/// \file
/// Operations on arrays of one shape, element by element, for any rank.

namespace hyspn::detail {

/// to = value.
template <class T, std::size_t Rank, class M>
struct fill_op {
    T value;
    view<T, Rank, M> to;

    dims<Rank> shape() const { return to.extents(); }
    template <class... I>
    HYSPN_HD void operator()(I... i) const
    {
        to(i...) = value;
    }
};

/// to = from.
template <class T, std::size_t Rank, class M>
struct copy_op {
    view<T const, Rank, M> from;
    view<T, Rank, M> to;

    dims<Rank> shape() const { return to.extents(); }
    template <class... I>
    HYSPN_HD void operator()(I... i) const
    {
        to(i...) = from(i...);
    }
};

/// to = factor·from.
template <class T, std::size_t Rank, class M>
struct scaled_copy_op {
    T factor;
    view<T const, Rank, M> from;
    view<T, Rank, M> to;

    dims<Rank> shape() const { return to.extents(); }
    template <class... I>
    HYSPN_HD void operator()(I... i) const
    {
        to(i...) = factor * from(i...);
    }
};

/// to += factor·from.
template <class T, std::size_t Rank, class M>
struct add_scaled_op {
    T factor;
    view<T const, Rank, M> from;
    view<T, Rank, M> to;

    dims<Rank> shape() const { return to.extents(); }
    template <class... I>
    HYSPN_HD void operator()(I... i) const
    {
        to(i...) = multiply_add(factor, from(i...), to(i...));
    }
};

}  // namespace hyspn::detail

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <hyspn/core/view.hpp>

/// \file
/// Learned values. A parameter aggregate has a friend for_each_leaf(params, f) that calls f(name, leaf) for each of its
/// arrays. A leaf is a view, and one of a more special kind where its values do not range over all real numbers: the
/// kind says where they live, so that an optimiser can keep them there. Whoever does not care takes it as the view it
/// is. Arrays that belong to the parameters but are not learned, such as running statistics, are its buffers: a friend
/// for_each_buffer(params, f) calls f(name, view) for them.

namespace hyspn {

/// A view whose values live in `Space`.
template <class Space, class T, std::size_t Rank, class Memory = memory::host>
struct leaf_view : view<T, Rank, Memory> {
    Space space{};

    leaf_view() = default;
    HYSPN_HD constexpr leaf_view(view<T, Rank, Memory> values, Space where)
        : view<T, Rank, Memory>(values), space(where)
    {
    }
};

/// Numbers greater than 0: curvatures c, temperatures, scales.
struct positive_numbers {};

/// The leaf of an array of positive numbers.
template <view_like X>
auto positive_leaf(X& x)
{
    return leaf_view<positive_numbers, typename view_of<X>::element_type, rank_of<X>, memory_of<X>>(as_view(x), {});
}

/// The leaf of one positive number: a host array of extent 1.
template <class T>
    requires(!view_like<T>)
auto positive_leaf(T& x)
{
    return leaf_view<positive_numbers, T, 1>(view<T, 1>(&x, dims<1>{1}), {});
}

namespace detail {

/// Takes any leaf. (A type with a name: nvcc 12 finds no concept satisfied that has a lambda in it.)
struct any_leaf {
    template <class Name, class Leaf>
    void operator()(Name const&, Leaf const&) const
    {
    }
};

template <class P>
concept has_leaves = requires(P& p, any_leaf f)
{
    for_each_leaf(p, f);
};

template <class P>
concept has_buffers = requires(P& p, any_leaf f)
{
    for_each_buffer(p, f);
};

/// Calls f(name, leaf) for the leaves of an aggregate, or for an array that stands alone.
template <class P, class F>
void visit_leaves(P& p, F&& f)
{
    if constexpr (has_leaves<P>) {
        for_each_leaf(p, f);
    } else {
        static_assert(view_like<P>, "parameters are an array, or an aggregate with a friend for_each_leaf");
        f("the array", as_view(p));
    }
}

/// An aggregate, or an array, whose buffers count as leaves, after the others.
template <class P>
struct leaves_and_buffers {
    P& p;

    template <class F>
    friend void for_each_leaf(leaves_and_buffers const& all, F&& f)
    {
        visit_leaves(all.p, f);
        if constexpr (has_buffers<P>) for_each_buffer(all.p, f);
    }
};

template <class F>
struct prefixed_visitor {
    std::string prefix;
    F& f;

    template <class Leaf>
    void operator()(std::string const& name, Leaf const& leaf) const
    {
        f(prefix + "." + name, leaf);
    }
};

}  // namespace detail

/// What an aggregate of aggregates hands to for_each_leaf of one of its parts, so that f sees "prefix.name":
///     for_each_leaf(p.head, with_prefix("head", f));
template <class F>
detail::prefixed_visitor<F> with_prefix(std::string prefix, F& f)
{
    return {std::move(prefix), f};
}

}  // namespace hyspn

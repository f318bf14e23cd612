// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>

#include <hyspn/core/math.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/optim/detail/leaves.hpp>
#include <hyspn/optim/state.hpp>

/// \file
/// A step of every number of an array. A rule is a trivially copyable value
///
///     struct some_rule {
///         bool keeps_first() const, keeps_second() const;                   // which arrays of the state it needs
///         HYSPN_HD T operator()(T x, T g, T& first, T& second) const;       // what is to be subtracted from x
///     };

namespace hyspn::optim::detail {

/// Real numbers: x ← x − rule(x, g, …).
template <class Rule, class T, std::size_t Rank, class M>
struct number_step_op {
    Rule rule;
    view<T, Rank, M> x;
    view<T const, Rank, M> g;
    view<T, Rank, M> first, second;  ///< without data where the rule keeps none

    dims<Rank> shape() const { return x.extents(); }

    template <class... I>
    HYSPN_HD void operator()(I... i) const
    {
        T nothing(0), nothing_either(0);
        T& m = first.data_handle() ? first(i...) : nothing;
        T& v = second.data_handle() ? second(i...) : nothing_either;
        x(i...) -= rule(x(i...), g(i...), m, v);
    }
};

/// Positive numbers: the same step of u = log x, whose gradient is g x. A step that would leave the range of the type
/// ends at its smallest normal number, or the reciprocal of that.
template <class Rule, class T, std::size_t Rank, class M>
struct positive_step_op {
    Rule rule;
    view<T, Rank, M> x;
    view<T const, Rank, M> g;
    view<T, Rank, M> first, second;

    dims<Rank> shape() const { return x.extents(); }

    template <class... I>
    HYSPN_HD void operator()(I... i) const
    {
        using std::exp;
        using std::log;
        T nothing(0), nothing_either(0);
        T& m = first.data_handle() ? first(i...) : nothing;
        T& v = second.data_handle() ? second(i...) : nothing_either;
        T const value = x(i...), least = math_traits<T>::smallest, greatest = T(1) / least;
        T const moved = value * exp(-rule(log(value), g(i...) * value, m, v));
        x(i...) = moved < least ? least : moved > greatest ? greatest : moved;
    }
};

/// The arrays of the state that a rule needs for a leaf.
template <class T, std::size_t Rank, class M, class SM>
view<T, Rank, M> kept(bool needed, char const* function, leaf_arrays<T, SM>& arrays, std::size_t k, dims<Rank> const& e)
{
    return needed ? arrays.template array<M>(function, k, e) : view<T, Rank, M>();
}

template <class Rule, class T, std::size_t Rank, class M, class SM>
void prepare(char const* function, Rule const& rule, state<T, SM>& run, std::size_t k, view<T, Rank, M> x)
{
    static_assert(Rank <= 4, "an array of parameters has at most four indices");
    (void)kept<T, Rank, M>(rule.keeps_first(), function, run.first, k, x.extents());
    (void)kept<T, Rank, M>(rule.keeps_second(), function, run.second, k, x.extents());
}

/// Dispatches Op over an array, as one line of numbers where it is dense.
template <template <class, class, std::size_t, class> class Op, execution_policy P, class Rule, class T,
          std::size_t Rank, class M, class SM>
void step_numbers(P const& exec, char const* function, Rule const& rule, state<T, SM>& run, std::size_t k,
                  view<T, Rank, M> x, view<T const, Rank, M> g)
{
    if constexpr (Rank > 1) {
        if (x.contiguous() && g.contiguous()) {
            dims<1> const line{{x.size()}};
            step_numbers<Op>(exec, function, rule, run, k, view<T, 1, M>(x.data_handle(), line),
                             view<T const, 1, M>(g.data_handle(), line));
            return;
        }
    }
    using hyspn::detail::dispatch;
    dispatch(policy_for<M>(exec),
             Op<Rule, T, Rank, M>{rule, x, g, kept<T, Rank, M>(rule.keeps_first(), function, run.first, k, x.extents()),
                                  kept<T, Rank, M>(rule.keeps_second(), function, run.second, k, x.extents())});
}

template <execution_policy P, class Rule, class T, std::size_t Rank, class M, class SM>
void update(P const& exec, char const* function, Rule const& rule, state<T, SM>& run, std::size_t k, view<T, Rank, M> x,
            view<T const, Rank, M> g)
{
    step_numbers<number_step_op>(exec, function, rule, run, k, x, g);
}

template <execution_policy P, class Rule, class T, std::size_t Rank, class M, class SM>
void update(P const& exec, char const* function, Rule const& rule, state<T, SM>& run, std::size_t k,
            leaf_view<positive_numbers, T, Rank, M> x, view<T const, Rank, M> g)
{
    step_numbers<positive_step_op>(exec, function, rule, run, k, as_view(x), g);
}

template <class>
inline constexpr bool is_flat = false;

template <execution_policy P, class Rule, class Space, class T, std::size_t Rank, class M, class SM>
void update(P const&, char const*, Rule const&, state<T, SM>&, std::size_t, leaf_view<Space, T, Rank, M>,
            view<T const, Rank, M>)
{
    static_assert(is_flat<Space>, "points of a manifold need riemannian_sgd or riemannian_adam");
}

/// One step of an optimiser that knows numbers only.
template <execution_policy P, class Params, class Gradient, class Rule, class T, class M>
void take_step(P const& exec, char const* function, Params& params, Gradient const& gradient, state<T, M>& run,
               Rule const& rule)
{
    for_each_leaf_and_gradient(
        function, params, gradient, [&](std::size_t k, auto leaf) { prepare(function, rule, run, k, leaf); },
        [&](std::size_t k, auto leaf, auto g) { update(exec, function, rule, run, k, leaf, g); });
}

}  // namespace hyspn::optim::detail

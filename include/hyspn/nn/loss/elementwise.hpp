// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/core/math.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/flat.hpp>

/// \file
/// Losses of maps against a target map, element by element. A loss is a value with three functions of numbers,
///
///     HYSPN_HD sums<S> terms(S prediction, S target) const;            // what one element adds
///     HYSPN_HD S mean(sums<S> const& total) const;                     // the loss, total.count > 0
///     HYSPN_HD S slope(sums<S> const& total, S prediction, S target) const;   // ∂loss/∂prediction
///
/// and value() and value_and_gradient() below are the same for all. A loss of your own needs no more than these. One
/// with options may have a function `void require_valid(char const* function) const` that throws value_error.

namespace hyspn::nn::loss {

/// Sums over the elements that count. (Without initialisers: device code keeps them in shared memory.)
template <class S>
struct sums {
    S first, second, count;

    HYSPN_HD sums& operator+=(sums const& o)
    {
        first += o.first;
        second += o.second;
        count += o.count;
        return *this;
    }
};

// clang-format off
template <class L>
concept elementwise = requires(L const& loss, double x, sums<double> const& total) {
    { loss.terms(x, x) } -> std::same_as<sums<double>>;
    { loss.mean(total) } -> std::same_as<double>;
    { loss.slope(total, x, x) } -> std::same_as<double>;
};
// clang-format on

}  // namespace hyspn::nn::loss

namespace hyspn::detail {

/// The elements of prediction, target and mask, as reduce takes them.
template <class L, class T, class U, class K, class M>
struct loss_elements {
    using number = sum_number_t<T>;

    L loss;
    flat_elements<T const, 4, M> prediction;
    flat_elements<U const, 4, M> target;
    flat_elements<K const, 4, M> mask;
    bool masked;

    HYSPN_HD bool counts(index_t i) const
    {
        if (masked) return mask(i) > K(0);
        return target(i) > U(0) && target(i) <= U(math_traits<U>::largest);
    }
    HYSPN_HD number predicted(index_t i) const { return static_cast<number>(prediction(i)); }
    HYSPN_HD number wanted(index_t i) const { return static_cast<number>(target(i)); }

    HYSPN_HD nn::loss::sums<number> operator()(index_t i) const
    {
        if (!counts(i)) return {};
        auto const terms = loss.terms(predicted(i), wanted(i));
        return {unfused(terms.first), unfused(terms.second), terms.count};
    }
};

template <class L, class T, class U, class K, class M>
struct loss_slope_op {
    loss_elements<L, T, U, K, M> elements;
    nn::loss::sums<sum_number_t<T>> total;
    flat_elements<T, 4, M> gradient;

    dims<1> shape() const { return gradient.shape(); }
    HYSPN_HD void operator()(index_t i) const
    {
        gradient(i) = elements.counts(i)
                          ? static_cast<T>(elements.loss.slope(total, elements.predicted(i), elements.wanted(i)))
                          : T(0);
    }
};

/// Checks the extents; an empty mask is none.
template <class L, class T, class U, class K, class M>
loss_elements<L, T, U, K, M> make_loss_elements(char const* function, L const& loss,
                                                view<T const, 4, M> const& prediction,
                                                view<U const, 4, M> const& target, view<K const, 4, M> const& mask,
                                                bool masked)
{
    if constexpr (requires { loss.require_valid(function); }) loss.require_valid(function);
    require_shape(function, "target", "[N, C, H, W] of prediction", target.extents(), prediction.extents());
    if (masked) require_shape(function, "mask", "[N, C, H, W] of prediction", mask.extents(), prediction.extents());
    return {loss, flat_elements(prediction), flat_elements(target), flat_elements(mask), masked};
}

template <execution_policy P, class L, class T, class U, class K, class M>
nn::loss::sums<sum_number_t<T>> loss_total(P const& exec, loss_elements<L, T, U, K, M> const& elements)
{
    return reduce(exec, elements.prediction.size(), elements);
}

template <class L, class S>
S loss_of(L const& loss, nn::loss::sums<S> const& total)
{
    return total.count > S(0) ? loss.mean(total) : S(0);
}

template <execution_policy P, class L, class T, class U, class K, class M>
sum_number_t<T> loss_and_slopes(P const& exec, loss_elements<L, T, U, K, M> const& elements,
                                view<T, 4, M> const& gradient, dims<4> const& wanted)
{
    require_shape("loss::value_and_gradient", "dprediction", "[N, C, H, W] of prediction", gradient.extents(), wanted);
    auto const total = loss_total(exec, elements);
    dispatch(exec, loss_slope_op<L, T, U, K, M>{elements, total, flat_elements(gradient)});
    return loss_of(elements.loss, total);
}

}  // namespace hyspn::detail

namespace hyspn::nn::loss {

/// The loss of `prediction` [N, C, H, W] against `target` of the same extents over the elements where `mask`, of these
/// extents too, is greater than 0: there, whatever the target holds counts. Elsewhere prediction and target may be
/// anything, NaN too. The mean runs over all elements of the batch at once; with none it is 0, and so is its gradient.
///
/// Sums run in double in a fixed order: the same bits on every host policy and any number of threads. Throws
/// shape_error, value_error.
template <execution_policy P, elementwise L, view_of_rank<4> X, view_of_rank<4> Y, view_of_rank<4> Z>
    requires same_space<P, X, Y, Z>
auto value(P const& exec, L const& loss, X const& prediction, Y const& target, Z const& mask)
{
    auto const elements = hyspn::detail::make_loss_elements("loss::value", loss, as_const(prediction), as_const(target),
                                                            as_const(mask), true);
    return hyspn::detail::loss_of(loss, hyspn::detail::loss_total(exec, elements));
}

/// The same where the target is positive and finite: depth maps, in which 0 stands for no measurement.
template <execution_policy P, elementwise L, view_of_rank<4> X, view_of_rank<4> Y>
    requires same_space<P, X, Y>
auto value(P const& exec, L const& loss, X const& prediction, Y const& target)
{
    auto const t = as_const(target);
    auto const elements = hyspn::detail::make_loss_elements("loss::value", loss, as_const(prediction), t, t, false);
    return hyspn::detail::loss_of(loss, hyspn::detail::loss_total(exec, elements));
}

/// value, and its gradient into `dprediction` [N, C, H, W], which is written everywhere: 0 where the mask is not
/// positive. It may be `prediction`. Throws shape_error, value_error.
template <execution_policy P, elementwise L, view_of_rank<4> X, view_of_rank<4> Y, view_of_rank<4> Z, view_of_rank<4> D>
    requires same_space<P, X, Y, Z, D>
auto value_and_gradient(P const& exec, L const& loss, X const& prediction, Y const& target, Z const& mask,
                        D&& dprediction)
{
    auto const p = as_const(prediction);
    auto const elements =
        hyspn::detail::make_loss_elements("loss::value_and_gradient", loss, p, as_const(target), as_const(mask), true);
    return hyspn::detail::loss_and_slopes(exec, elements, as_view(dprediction), p.extents());
}

/// The same where the target is positive and finite.
template <execution_policy P, elementwise L, view_of_rank<4> X, view_of_rank<4> Y, view_of_rank<4> D>
    requires same_space<P, X, Y, D>
auto value_and_gradient(P const& exec, L const& loss, X const& prediction, Y const& target, D&& dprediction)
{
    auto const p = as_const(prediction);
    auto const t = as_const(target);
    auto const elements = hyspn::detail::make_loss_elements("loss::value_and_gradient", loss, p, t, t, false);
    return hyspn::detail::loss_and_slopes(exec, elements, as_view(dprediction), p.extents());
}

}  // namespace hyspn::nn::loss

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string>

#include <hyspn/core/math.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/flat.hpp>

/// \file
/// Losses of class scores [N, L, H, W] against labels [N, H, W], pixel by pixel. A loss is a value with
///
///     static constexpr bool takes_labels = true;
///     index_t ignore_index;
///     void require_valid(char const* function) const;                 // throws value_error
///     HYSPN_HD S term(scores, weights, index_t label) const;          // its loss, times the weight of its class
///     HYSPN_HD void slopes(scores, weights, index_t label, S factor, gradient) const;
///
/// where scores(l), weights(l), l < scores.classes, are numbers, and gradient(l, s) takes factor·∂term/∂score l.

namespace hyspn::nn::loss {

template <class L>
concept of_labels = L::takes_labels;

}  // namespace hyspn::nn::loss

namespace hyspn::detail {

/// The scores of one pixel.
template <class T>
struct label_scores {
    T const* first;
    index_t stride, classes;
    HYSPN_HD sum_number_t<T> operator()(index_t l) const { return static_cast<sum_number_t<T>>(first[l * stride]); }
};

/// Their gradient.
template <class T>
struct label_slopes {
    T* first;
    index_t stride;
    HYSPN_HD void operator()(index_t l, sum_number_t<T> slope) const { first[l * stride] = static_cast<T>(slope); }
};

/// One weight a class, or 1 for all.
template <class U, class M>
struct label_weights {
    view<U const, 1, M> given;
    HYSPN_HD double operator()(index_t l) const { return given.data_handle() ? static_cast<double>(given(l)) : 1; }
};

/// Σ terms, Σ weights of their classes, and labels that are none.
template <class S>
struct label_sums {
    S loss, weight, strange;

    HYSPN_HD label_sums& operator+=(label_sums const& o)
    {
        loss += o.loss;
        weight += o.weight;
        strange += o.strange;
        return *this;
    }
};

template <class L, class T, class I, class U, class M>
struct label_pixels {
    using number = sum_number_t<T>;

    L loss;
    view<T const, 4, M> scores;
    view<I const, 3, M> labels;
    label_weights<U, M> weights;

    HYSPN_HD label_scores<T> at(index_t n, index_t i, index_t j) const
    {
        index_t const plane = scores.stride(0) * n + scores.stride(2) * i + scores.stride(3) * j;
        return {scores.data_handle() + plane, scores.stride(1), scores.extent(1)};
    }
    HYSPN_HD bool is_class(index_t label) const { return label >= 0 && label < scores.extent(1); }

    HYSPN_HD label_sums<number> operator()(index_t pixel) const
    {
        index_t const width = labels.extent(2), height = labels.extent(1), row = pixel / width;
        index_t const n = row / height, i = row % height, j = pixel % width;
        auto const label = static_cast<index_t>(labels(n, i, j));
        if (label == loss.ignore_index) return {};
        if (!is_class(label)) return {number(0), number(0), number(1)};
        return {unfused(loss.term(at(n, i, j), weights, label)), number(weights(label)), number(0)};
    }
};

template <class L, class T, class I, class U, class M>
struct label_slope_op {
    label_pixels<L, T, I, U, M> pixels;
    sum_number_t<T> factor;
    view<T, 4, M> gradient;

    dims<3> shape() const { return pixels.labels.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        auto const label = static_cast<index_t>(pixels.labels(n, i, j));
        auto const scores = pixels.at(n, i, j);
        label_slopes<T> const out{
            gradient.data_handle() + gradient.stride(0) * n + gradient.stride(2) * i + gradient.stride(3) * j,
            gradient.stride(1)};
        if (label == pixels.loss.ignore_index) {
            for (index_t l = 0; l < scores.classes; ++l) out(l, sum_number_t<T>(0));
        } else {
            pixels.loss.slopes(scores, pixels.weights, label, factor, out);
        }
    }
};

template <class L, class T, class I, class U, class M>
label_pixels<L, T, I, U, M> make_label_pixels(char const* function, L const& loss, view<T const, 4, M> const& scores,
                                              view<I const, 3, M> const& labels, view<U const, 1, M> const& weights)
{
    static_assert(std::integral<I>, "labels are whole numbers");
    loss.require_valid(function);
    require_shape(function, "labels", "[N, H, W] of the scores", labels.extents(),
                  {{scores.extent(0), scores.extent(2), scores.extent(3)}});
    if (weights.data_handle())
        require_shape(function, "weights", "[L] of the scores", weights.extents(), {{scores.extent(1)}});
    return {loss, scores, labels, {weights}};
}

/// Throws value_error when a label is neither a class nor the one to ignore.
template <execution_policy P, class L, class T, class I, class U, class M>
label_sums<sum_number_t<T>> label_total(P const& exec, char const* function, label_pixels<L, T, I, U, M> const& pixels)
{
    auto const total = reduce(exec, pixels.labels.size(), pixels);
    if (total.strange > 0)
        raise<value_error>(function, "labels",
                           "from 0 to " + std::to_string(pixels.scores.extent(1) - 1) + ", or " +
                               std::to_string(pixels.loss.ignore_index) + " to be ignored",
                           to_text(static_cast<double>(total.strange)) + " others");
    return total;
}

template <class S>
S label_mean(label_sums<S> const& total)
{
    return total.weight > S(0) ? total.loss / total.weight : S(0);
}

template <execution_policy P, class L, class T, class I, class U, class M>
sum_number_t<T> label_loss_and_slopes(P const& exec, label_pixels<L, T, I, U, M> const& pixels,
                                      view<T, 4, M> const& gradient)
{
    using S = sum_number_t<T>;
    constexpr auto function = "loss::value_and_gradient";
    require_shape(function, "dscores", "[N, L, H, W] of the scores", gradient.extents(), pixels.scores.extents());
    auto const total = label_total(exec, function, pixels);
    S const factor = total.weight > S(0) ? S(1) / total.weight : S(0);
    dispatch(exec, label_slope_op<L, T, I, U, M>{pixels, factor, gradient});
    return label_mean(total);
}

}  // namespace hyspn::detail

namespace hyspn::nn::loss {

/// The loss of `scores` [N, L, H, W] against `labels` [N, H, W] of any integer type: the mean over pixels, each with
/// the weight `weights` [L] of its class, as PyTorch does it: Σ w·term/Σ w. Pixels labelled ignore_index do not count,
/// whatever their scores; where nothing counts the loss is 0, and so is its gradient. Weights must be at least 0.
///
/// Sums run in double in a fixed order: the same bits on every host policy and any number of threads. Throws
/// shape_error; value_error for a label that is neither a class nor ignore_index.
template <execution_policy P, of_labels L, view_of_rank<4> X, view_of_rank<3> Y, view_of_rank<1> W>
    requires same_space<P, X, Y, W>
auto value(P const& exec, L const& loss, X const& scores, Y const& labels, W const& weights)
{
    constexpr auto function = "loss::value";
    auto const pixels =
        hyspn::detail::make_label_pixels(function, loss, as_const(scores), as_const(labels), as_const(weights));
    return hyspn::detail::label_mean(hyspn::detail::label_total(exec, function, pixels));
}

/// The same with the weight 1 for every class.
template <execution_policy P, of_labels L, view_of_rank<4> X, view_of_rank<3> Y>
    requires same_space<P, X, Y>
auto value(P const& exec, L const& loss, X const& scores, Y const& labels)
{
    return value(exec, loss, scores, labels, view<double const, 1, typename P::memory_space>{});
}

/// value, and its gradient into `dscores` [N, L, H, W], which is written everywhere: 0 where the label is ignored. It
/// may be `scores`.
template <execution_policy P, of_labels L, view_of_rank<4> X, view_of_rank<3> Y, view_of_rank<1> W, view_of_rank<4> D>
    requires same_space<P, X, Y, W, D>
auto value_and_gradient(P const& exec, L const& loss, X const& scores, Y const& labels, W const& weights, D&& dscores)
{
    return hyspn::detail::label_loss_and_slopes(
        exec,
        hyspn::detail::make_label_pixels("loss::value_and_gradient", loss, as_const(scores), as_const(labels),
                                         as_const(weights)),
        as_view(dscores));
}

/// The same with the weight 1 for every class.
template <execution_policy P, of_labels L, view_of_rank<4> X, view_of_rank<3> Y, view_of_rank<4> D>
    requires same_space<P, X, Y, D>
auto value_and_gradient(P const& exec, L const& loss, X const& scores, Y const& labels, D&& dscores)
{
    return value_and_gradient(exec, loss, scores, labels, view<double const, 1, typename P::memory_space>{}, dscores);
}

}  // namespace hyspn::nn::loss

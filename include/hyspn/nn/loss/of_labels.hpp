// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <limits>
#include <string>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/flat.hpp>

/// \file
/// Losses of class scores [N, L, H, W] against labels [N, H, W], pixel by pixel. A loss is a value with
///
///     static constexpr bool takes_labels = true;
///     index_t ignore_index;
///     void require_valid(char const* function) const;           // throws value_error
///     HYSPN_HD S term(scores, weights, index_t label) const;    // of one pixel, times the weight of its class
///     HYSPN_HD S slopes(scores, weights, index_t label, S factor, gradient) const;
///
/// where scores(l), weights(l), l < scores.classes, are numbers. slopes returns the term too and sets gradient(l) to
/// factor·∂term/∂score l; it may keep numbers there before, and reads no score l after it has set gradient(l).

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
    HYSPN_HD sum_number_t<T> operator()(index_t l) const { return static_cast<sum_number_t<T>>(first[l * stride]); }
    HYSPN_HD void set(index_t l, sum_number_t<T> slope) const { first[l * stride] = static_cast<T>(slope); }
};

/// One weight a class, or 1 for all.
template <class U, class M>
struct label_weights {
    view<U const, 1, M> given;
    HYSPN_HD double operator()(index_t l) const { return given.data_handle() ? static_cast<double>(given(l)) : 1; }
};

/// Σ weights of the labels, and labels that are none.
struct label_counts {
    double weight, strange;

    HYSPN_HD label_counts& operator+=(label_counts const& o)
    {
        weight += o.weight;
        strange += o.strange;
        return *this;
    }
};

/// Which weights are no weights.
template <class U, class M>
struct count_strange_weights {
    static constexpr double infinity = std::numeric_limits<double>::infinity();  // device code may not call it

    label_weights<U, M> weights;

    HYSPN_HD double operator()(index_t l) const
    {
        double const w = weights(l);
        return w >= 0 && w < infinity ? 0 : 1;
    }
};

template <class I, class U, class M>
struct count_labels {
    flat_elements<I const, 3, M> labels;
    label_weights<U, M> weights;
    index_t classes, ignore_index;

    HYSPN_HD label_counts operator()(index_t pixel) const
    {
        auto const label = static_cast<index_t>(labels(pixel));
        if (label == ignore_index) return {0, 0};
        if (label < 0 || label >= classes) return {0, 1};
        return {weights(label), 0};
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
        index_t const first = scores.stride(0) * n + scores.stride(2) * i + scores.stride(3) * j;
        return {scores.data_handle() + first, scores.stride(1), scores.extent(1)};
    }
    HYSPN_HD index_t label(index_t n, index_t i, index_t j) const { return static_cast<index_t>(labels(n, i, j)); }
};

/// The term of each pixel, for a sum in the order of reduce.
template <class L, class T, class I, class U, class M>
struct label_terms_op {
    label_pixels<L, T, I, U, M> pixels;
    view<sum_number_t<T>, 3, M> terms;

    dims<3> shape() const { return terms.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        index_t const label = pixels.label(n, i, j);
        if (label == pixels.loss.ignore_index)
            terms(n, i, j) = sum_number_t<T>(0);
        else
            terms(n, i, j) = pixels.loss.term(pixels.at(n, i, j), pixels.weights, label);
    }
};

/// The same with the gradient.
template <class L, class T, class I, class U, class M>
struct label_slopes_op {
    label_pixels<L, T, I, U, M> pixels;
    sum_number_t<T> factor;
    view<T, 4, M> gradient;
    view<sum_number_t<T>, 3, M> terms;

    dims<3> shape() const { return terms.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        using S = sum_number_t<T>;
        index_t const label = pixels.label(n, i, j);
        auto const scores = pixels.at(n, i, j);
        index_t const first = gradient.stride(0) * n + gradient.stride(2) * i + gradient.stride(3) * j;
        label_slopes<T> const out{gradient.data_handle() + first, gradient.stride(1)};
        if (label == pixels.loss.ignore_index) {
            terms(n, i, j) = S(0);
            for (index_t l = 0; l < scores.classes; ++l) out.set(l, S(0));
        } else {
            terms(n, i, j) = pixels.loss.slopes(scores, pixels.weights, label, factor, out);
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

/// Throws value_error for weights that are negative, infinite or NaN, also of classes without a pixel.
template <execution_policy P, class U, class M>
void require_label_weights(P const& exec, char const* function, label_weights<U, M> const& weights)
{
    if (!weights.given.data_handle()) return;
    double const strange = reduce(exec, weights.given.size(), count_strange_weights<U, M>{weights});
    if (strange > 0) raise<value_error>(function, "weights", "finite and at least 0", to_text(strange) + " others");
}

/// Σ weights of the labels. Throws value_error when one is neither a class nor the one to ignore.
template <execution_policy P, class L, class T, class I, class U, class M>
double label_weight(P const& exec, char const* function, label_pixels<L, T, I, U, M> const& pixels)
{
    require_label_weights(exec, function, pixels.weights);
    index_t const classes = pixels.scores.extent(1), ignored = pixels.loss.ignore_index;
    count_labels<I, U, M> const count{flat_elements(pixels.labels), pixels.weights, classes, ignored};
    auto const total = reduce(exec, pixels.labels.size(), count);
    if (total.strange > 0)
        raise<value_error>(
            function, "labels",
            "from 0 to " + std::to_string(classes - 1) + ", or " + std::to_string(ignored) + " to be ignored",
            to_text(total.strange) + " others");
    return total.weight;
}

template <execution_policy P, class S, class M>
S label_mean(P const& exec, tensor<S, 3, M> const& terms, double weight)
{
    if (!(weight > 0)) return S(0);
    return reduce(exec, terms.size(), flat_elements(as_const(terms))) / S(weight);
}

template <execution_policy P, class L, class T, class I, class U, class M>
sum_number_t<T> label_loss(P const& exec, label_pixels<L, T, I, U, M> const& pixels)
{
    double const weight = label_weight(exec, "loss::value", pixels);
    tensor<sum_number_t<T>, 3, M> terms(pixels.labels.extents());
    dispatch(exec, label_terms_op<L, T, I, U, M>{pixels, as_view(terms)});
    return label_mean(exec, terms, weight);
}

template <execution_policy P, class L, class T, class I, class U, class M>
sum_number_t<T> label_loss_and_slopes(P const& exec, label_pixels<L, T, I, U, M> const& pixels,
                                      view<T, 4, M> const& gradient)
{
    using S = sum_number_t<T>;
    constexpr auto function = "loss::value_and_gradient";
    require_shape(function, "dscores", "[N, L, H, W] of the scores", gradient.extents(), pixels.scores.extents());
    double const weight = label_weight(exec, function, pixels);
    S const factor = weight > 0 ? S(1 / weight) : S(0);
    tensor<S, 3, M> terms(pixels.labels.extents());
    dispatch(exec, label_slopes_op<L, T, I, U, M>{pixels, factor, gradient, as_view(terms)});
    return label_mean(exec, terms, weight);
}

}  // namespace hyspn::detail

namespace hyspn::nn::loss {

/// The loss of `scores` [N, L, H, W] against `labels` [N, H, W] of any integer type: the mean over pixels, each with
/// the weight `weights` [L] of its class, as PyTorch does it: Σ w·term/Σ w. Pixels labelled ignore_index do not count,
/// whatever their scores; where nothing counts the loss is 0, and so is its gradient.
///
/// Sums run in double in a fixed order: the same bits on every host policy and any number of threads. Throws
/// shape_error; value_error for a label that is neither a class nor ignore_index, and for weights that are not finite
/// and at least 0.
template <execution_policy P, of_labels L, view_of_rank<4> X, view_of_rank<3> Y, view_of_rank<1> W>
    requires same_space<P, X, Y, W>
auto value(P const& exec, L const& loss, X const& scores, Y const& labels, W const& weights)
{
    return hyspn::detail::label_loss(exec, hyspn::detail::make_label_pixels("loss::value", loss, as_const(scores),
                                                                            as_const(labels), as_const(weights)));
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

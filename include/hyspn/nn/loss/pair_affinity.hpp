// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <string>

#include <hyspn/affinity/neighbourhood.hpp>
#include <hyspn/core/math.hpp>
#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/flat.hpp>

namespace hyspn::nn::loss {

/// How pair_affinity weighs its three kinds of pairs.
enum class pair_balance {
    pairs,        ///< every pair alike
    classes,      ///< ½ for the mean over pairs that belong together, ½ for the mean over those that do not
    affinity_net  ///< ¼ for pairs together in the foreground, ¼ in the background, ½ for pairs apart
};

/// Supervision of affinities themselves: binary cross-entropy of predicted affinities a_pq, from 0 to 1, against
/// whether pixel and neighbour belong together,
///
///     −log(a + epsilon) where they do,     −log(1 − a + epsilon) where they do not.
///
/// They belong together when their labels are equal; of a depth map, when |d_p − d_q| ≤ near·min(d_p, d_q). Pairs with
/// a neighbour outside the image, a label ignore_index, or a depth that is not positive and finite do not count. With
/// the balance affinity_net this is a quarter of AffinityNet's loss (Ahn and Kwak 2018, equations 6 to 9, whose code
/// adds the same epsilon); a kind of which there is no pair adds 0.
struct pair_affinity {
    affinity::neighbourhood neighbours{};
    pair_balance balance = pair_balance::classes;
    index_t ignore_index = -1;  ///< label of pixels without one; 255 in many data sets
    index_t background = 0;     ///< label of the background, for affinity_net
    double near = 0.05;         ///< greatest relative difference of depths that belong together, > 0
    double epsilon = 1e-5;      ///< > 0
};

}  // namespace hyspn::nn::loss

namespace hyspn::detail {

/// What a pair is: together (in the foreground, or at all), together in the background, apart, or none.
enum class pair_kind { together, in_background, apart, none };

template <class I, class M>
struct labelled_pairs {
    view<I const, 3, M> labels;
    index_t ignored, background;

    HYSPN_HD pair_kind kind(index_t n, index_t i, index_t j, index_t y, index_t x) const
    {
        auto const p = static_cast<index_t>(labels(n, i, j)), q = static_cast<index_t>(labels(n, y, x));
        if (p == ignored || q == ignored) return pair_kind::none;
        if (p != q) return pair_kind::apart;
        return p == background ? pair_kind::in_background : pair_kind::together;
    }
};

template <class U, class M>
struct depth_pairs {
    static constexpr double infinity = std::numeric_limits<double>::infinity();  // device code may not call it

    view<U const, 4, M> depth;
    double near;

    HYSPN_HD pair_kind kind(index_t n, index_t i, index_t j, index_t y, index_t x) const
    {
        auto const p = static_cast<double>(depth(n, 0, i, j)), q = static_cast<double>(depth(n, 0, y, x));
        if (!(p > 0 && q > 0 && p < infinity && q < infinity)) return pair_kind::none;
        return std::fabs(p - q) <= near * (p < q ? p : q) ? pair_kind::together : pair_kind::apart;
    }
};

/// Of each kind the sum of −log and the number of pairs.
template <class S>
struct pair_sums {
    S loss[3], count[3];

    HYSPN_HD pair_sums& operator+=(pair_sums const& o)
    {
        for (int k = 0; k < 3; ++k) {
            loss[k] += o.loss[k];
            count[k] += o.count[k];
        }
        return *this;
    }
};

/// What a pair of each kind counts.
template <class S>
struct pair_weights {
    S of[3];
};

template <class Truth, class T, class M>
struct pair_terms {
    using number = sum_number_t<T>;

    Truth truth;
    affinity::neighbourhood around;
    double epsilon;
    view<T const, 4, M> affinities;

    /// Plane k is that of the k-th forward neighbour where there are as many planes, else of the k-th neighbour.
    HYSPN_HD index_t neighbour(index_t k) const
    {
        if (affinities.extent(1) == around.half()) return around.forward(k);
        return k < around.centre() ? k : k + 1;
    }
    HYSPN_HD pair_kind kind(index_t n, index_t k, index_t i, index_t j) const
    {
        index_t const m = neighbour(k);
        if (!around.present(m, i, j, affinities.extent(2), affinities.extent(3))) return pair_kind::none;
        return truth.kind(n, i, j, i + around.row_offset(m), j + around.column_offset(m));
    }
    /// The argument of the logarithm.
    HYSPN_HD number likelihood(pair_kind kind, index_t n, index_t k, index_t i, index_t j) const
    {
        auto const a = static_cast<number>(affinities(n, k, i, j));
        return (kind == pair_kind::apart ? number(1) - a : a) + number(epsilon);
    }

    HYSPN_HD pair_sums<number> operator()(index_t flat) const
    {
        using std::log;
        index_t const width = affinities.extent(3), height = affinities.extent(2), planes = affinities.extent(1);
        index_t const j = flat % width, row = flat / width, i = row % height, plane = row / height;
        index_t const k = plane % planes, n = plane / planes;
        pair_sums<number> s{};
        auto const pair = kind(n, k, i, j);
        if (pair == pair_kind::none) return s;
        s.loss[static_cast<int>(pair)] = -log(likelihood(pair, n, k, i, j));
        s.count[static_cast<int>(pair)] = number(1);
        return s;
    }
};

template <class Truth, class T, class M>
struct pair_slope_op {
    pair_terms<Truth, T, M> pairs;
    pair_weights<sum_number_t<T>> weights;
    view<T, 4, M> gradient;

    dims<4> shape() const { return gradient.extents(); }
    HYSPN_HD void operator()(index_t n, index_t k, index_t i, index_t j) const
    {
        auto const pair = pairs.kind(n, k, i, j);
        if (pair == pair_kind::none) {
            gradient(n, k, i, j) = T(0);
            return;
        }
        auto const slope = weights.of[static_cast<int>(pair)] / pairs.likelihood(pair, n, k, i, j);
        gradient(n, k, i, j) = static_cast<T>(pair == pair_kind::apart ? slope : -slope);
    }
};

template <class S>
pair_weights<S> balanced_pairs(nn::loss::pair_balance balance, pair_sums<S> const& s)
{
    auto const share = [](double part, S count) { return count > S(0) ? S(part) / count : S(0); };
    S const &front = s.count[0], &back = s.count[1], &apart = s.count[2];
    switch (balance) {
        case nn::loss::pair_balance::pairs: {
            S const each = share(1, front + back + apart);
            return {{each, each, each}};
        }
        case nn::loss::pair_balance::classes: {
            S const together = share(0.5, front + back);
            return {{together, together, share(0.5, apart)}};
        }
        default:
            return {{share(0.25, front), share(0.25, back), share(0.5, apart)}};
    }
}

template <class S>
S pair_loss_of(pair_weights<S> const& weights, pair_sums<S> const& s)
{
    S sum(0);
    for (int k = 0; k < 3; ++k) sum = multiply_add(weights.of[k], s.loss[k], sum);
    return sum;
}

template <class I, class M>
labelled_pairs<I, M> pair_truth(char const* function, nn::loss::pair_affinity const& loss, dims<4> const& e,
                                view<I const, 3, M> const& labels)
{
    static_assert(std::integral<I>, "labels are whole numbers");
    require_shape(function, "labels", "[N, H, W] of the affinities", labels.extents(), {{e[0], e[2], e[3]}});
    return {labels, loss.ignore_index, loss.background};
}

template <class U, class M>
depth_pairs<U, M> pair_truth(char const* function, nn::loss::pair_affinity const& loss, dims<4> const& e,
                             view<U const, 4, M> const& depth)
{
    require_positive(function, "near", loss.near);
    require_shape(function, "depth", "[N, 1, H, W] of the affinities", depth.extents(), {{e[0], 1, e[2], e[3]}});
    return {depth, loss.near};
}

template <class T, class M, class Y>
auto make_pair_terms(char const* function, nn::loss::pair_affinity const& loss, view<T const, 4, M> const& affinities,
                     Y const& truth)
{
    require_valid(function, loss.neighbours);
    require_positive(function, "epsilon", loss.epsilon);
    index_t const planes = affinities.extent(1), half = loss.neighbours.half();
    if (planes != half && planes != 2 * half)
        raise<shape_error>(function, "affinities",
                           "[N, K, H, W] with K = " + std::to_string(half) + " or " + std::to_string(2 * half),
                           to_string(affinities.extents()));
    auto const pairs = pair_truth(function, loss, affinities.extents(), truth);
    return pair_terms<std::remove_const_t<decltype(pairs)>, T, M>{pairs, loss.neighbours, loss.epsilon, affinities};
}

}  // namespace hyspn::detail

namespace hyspn::nn::loss {

/// The loss of `affinities` [N, K, H, W], K the number of forward neighbours (each pair once) or of all neighbours
/// without the centre, in raster order, against `truth`: labels [N, H, W] of any integer type, or a depth map
/// [N, 1, H, W]. Sums run in double in a fixed order: the same bits on every host policy and any number of threads.
/// Throws shape_error, value_error.
template <execution_policy P, view_of_rank<4> X, view_like Y>
    requires same_space<P, X, Y>
auto value(P const& exec, pair_affinity const& loss, X const& affinities, Y const& truth)
{
    auto const pairs = hyspn::detail::make_pair_terms("loss::value", loss, as_const(affinities), as_const(truth));
    auto const s = reduce(exec, pairs.affinities.size(), pairs);
    return hyspn::detail::pair_loss_of(hyspn::detail::balanced_pairs(loss.balance, s), s);
}

/// value, and its gradient into `daffinities` [N, K, H, W], which is written everywhere: 0 for pairs that do not count.
/// It may be `affinities`.
template <execution_policy P, view_of_rank<4> X, view_like Y, view_of_rank<4> D>
    requires same_space<P, X, Y, D>
auto value_and_gradient(P const& exec, pair_affinity const& loss, X const& affinities, Y const& truth, D&& daffinities)
{
    constexpr auto function = "loss::value_and_gradient";
    auto const pairs = hyspn::detail::make_pair_terms(function, loss, as_const(affinities), as_const(truth));
    auto const gradient = as_view(daffinities);
    hyspn::detail::require_shape(function, "daffinities", "[N, K, H, W] of the affinities", gradient.extents(),
                                 pairs.affinities.extents());
    auto const s = reduce(exec, pairs.affinities.size(), pairs);
    auto const weights = hyspn::detail::balanced_pairs(loss.balance, s);
    using op = hyspn::detail::pair_slope_op<std::remove_cvref_t<decltype(pairs.truth)>, value_type_of<X const>,
                                            memory_of<X const>>;
    using hyspn::detail::dispatch;
    dispatch(exec, op{pairs, weights, gradient});
    return hyspn::detail::pair_loss_of(weights, s);
}

}  // namespace hyspn::nn::loss

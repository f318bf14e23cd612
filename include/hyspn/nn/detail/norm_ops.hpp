// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>
#include <type_traits>

#include <hyspn/core/math.hpp>
#include <hyspn/core/parameters.hpp>
#include <hyspn/nn/detail/pixel_map.hpp>

/// \file
/// Normalisation of sets of planes by their mean and variance: what batch and group normalisation have in common.
///
/// With μ and V of a pixel's set of m numbers, r = 1/√(V + ε) and the channel's weight w and bias b,
///     y = r·w·(x − μ) + b,
/// and for a cotangent g of y, sums over the set,
///     dw = Σ r·g·(x − μ)   and   db = Σ g   over the channel,
///     dx = r·(w·g − Σ w·g/m − (x − μ)·r²·Σ w·g·(x − μ)/m).
/// Sums go stretch by stretch of each plane, then over the stretches, in an order that knows nothing of threads.

namespace hyspn::nn {

/// Learned values of a normalisation, and the running averages of one that has them. These are buffers: part of the
/// parameters, so that they are copied and saved with them, but no leaves, so that no optimiser touches them. Who
/// writes parameters to a file visits for_each_leaf and for_each_buffer.
template <class T, class M = memory::host>
struct norm_params {
    tensor<T, 1, M> weight;            ///< [C]
    tensor<T, 1, M> bias;              ///< [C]
    tensor<T, 1, M> running_mean;      ///< [C], of batch normalisation; else, and in gradients, [0]
    tensor<T, 1, M> running_variance;  ///< likewise; unbiased

    /// Calls f("weight", …) and f("bias", …) with a view of each.
    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, norm_params>
    friend void for_each_leaf(Self& p, F&& f)
    {
        f("weight", as_view(p.weight));
        f("bias", as_view(p.bias));
    }

    /// Calls f("running_mean", …) and f("running_var", …), PyTorch's names, with a view of each, where there are any.
    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, norm_params>
    friend void for_each_buffer(Self& p, F&& f)
    {
        if (p.running_mean.size() == 0) return;
        f("running_mean", as_view(p.running_mean));
        f("running_var", as_view(p.running_variance));
    }
};

/// What a normalisation in training leaves for backward: three numbers a set. (Batch: a set is a channel; group: a
/// group of channels of one image.)
template <class T, class M = memory::host>
struct norm_saved {
    tensor<T, 1, M> mean;      ///< [S] μ
    tensor<T, 1, M> variance;  ///< [S] V, the mean square of x − μ
    tensor<T, 1, M> inverse;   ///< [S] 1/√(V + ε)
    index_t count = 0;         ///< m, numbers of a set
};

}  // namespace hyspn::nn

namespace hyspn::detail {

/// Which planes (n, c) of [N, C, H, W] are normalised together.
struct norm_sets {
    index_t batch, channels, pixels;
    index_t groups;  ///< of channels, image by image; 0: the whole batch channel by channel

    norm_sets(dims<4> const& x, index_t of_groups) : batch(x[0]), channels(x[1]), pixels(x[2] * x[3]), groups(of_groups)
    {
    }
    HYSPN_HD index_t size() const { return groups ? batch * groups : channels; }
    HYSPN_HD index_t channels_of_a_set() const { return groups ? channels / groups : 1; }
    HYSPN_HD index_t images_of_a_set() const { return groups ? 1 : batch; }
    HYSPN_HD index_t numbers() const { return images_of_a_set() * channels_of_a_set() * pixels; }
    HYSPN_HD index_t of(index_t n, index_t c) const { return groups ? n * groups + c / channels_of_a_set() : c; }
    HYSPN_HD index_t first_image(index_t s) const { return groups ? s / groups : 0; }
    HYSPN_HD index_t first_channel(index_t s) const { return groups ? s % groups * channels_of_a_set() : s; }

    /// Calls f(n, c) for the planes of a set, in order.
    template <class F>
    HYSPN_HD void for_each_plane(index_t s, F const& f) const
    {
        for (index_t n = first_image(s); n < first_image(s) + images_of_a_set(); ++n)
            for (index_t c = first_channel(s); c < first_channel(s) + channels_of_a_set(); ++c) f(n, c);
    }
};

/// Planes in stretches of whole rows of about 4096 pixels.
struct plane_stretches {
    index_t height, width, rows;

    explicit plane_stretches(dims<4> const& x)
        : height(x[2]), width(x[3]), rows(width > 0 && width < 4096 ? 4096 / width : 1)
    {
    }
    HYSPN_HD index_t count() const { return (height + rows - 1) / rows; }
    HYSPN_HD index_t first(index_t k) const { return k * rows; }
    HYSPN_HD index_t end(index_t k) const { return (k + 1) * rows < height ? (k + 1) * rows : height; }
    HYSPN_HD index_t pixels(index_t k) const { return (end(k) - first(k)) * width; }
};

/// Sum of f(i, j) over a stretch of a plane, row by row.
template <class T, class F>
HYSPN_HD T stretch_sum(plane_stretches const& s, index_t k, F const& f)
{
    T total(0);
    for (index_t i = s.first(k); i < s.end(k); ++i) {
        T row(0);
        for (index_t j = 0; j < s.width; ++j) row += f(i, j);
        total += row;
    }
    return total;
}

/// Mean of each stretch and Σ(x − mean)² over it.
template <class T, class M>
struct stretch_moments_op {
    view<T const, 4, M> x;
    plane_stretches stretches;
    view<T, 4, M> moments;  ///< [N, C, K, 2] out

    dims<3> shape() const { return {moments.extent(0), moments.extent(1), moments.extent(2)}; }
    HYSPN_HD void operator()(index_t n, index_t c, index_t k) const
    {
        auto const value = [&](index_t i, index_t j) { return x(n, c, i, j); };
        T const mean = stretch_sum<T>(stretches, k, value) / T(static_cast<double>(stretches.pixels(k)));
        moments(n, c, k, 0) = mean;
        moments(n, c, k, 1) = stretch_sum<T>(stretches, k, [&](index_t i, index_t j) {
            T const d = x(n, c, i, j) - mean;
            return d * d;
        });
    }
};

/// Mean, variance and 1/√(V + ε) of each set from the moments of its stretches (Chan, Golub and LeVeque 1983).
template <class T, class M>
struct set_moments_op {
    norm_sets sets;
    plane_stretches stretches;
    T epsilon;
    view<T const, 4, M> moments;
    view<T, 1, M> mean, variance, inverse;  ///< [S] out

    dims<1> shape() const { return mean.extents(); }
    HYSPN_HD void operator()(index_t s) const
    {
        using std::sqrt;
        T centre(0), squares(0), count(0);
        sets.for_each_plane(s, [&](index_t n, index_t c) {
            for (index_t k = 0; k < stretches.count(); ++k) {
                T const more = T(static_cast<double>(stretches.pixels(k)));
                T const step = moments(n, c, k, 0) - centre, part = more / (count + more);
                squares += moments(n, c, k, 1) + step * step * count * part;
                centre += step * part;
                count += more;
            }
        });
        mean(s) = centre;
        variance(s) = squares / count;
        inverse(s) = T(1) / sqrt(squares / count + epsilon);
    }
};

/// 1/√(V + ε) of given variances.
template <class T, class M>
struct inverse_deviation_op {
    T epsilon;
    view<T const, 1, M> variance;
    view<T, 1, M> inverse;

    dims<1> shape() const { return inverse.extents(); }
    HYSPN_HD void operator()(index_t s) const
    {
        using std::sqrt;
        inverse(s) = T(1) / sqrt(variance(s) + epsilon);
    }
};

/// Statistics and learned values of all planes. With `relu` the output is max(y, 0).
template <class T, class M>
struct norm_values {
    norm_sets sets;
    bool relu;
    view<T const, 1, M> mean, inverse;  ///< [S]
    view<T const, 1, M> weight, bias;   ///< [C]
};

/// Those of one plane.
template <class T>
struct plane_norm {
    T mean, scale, bias;
    bool relu;

    template <class M>
    HYSPN_HD plane_norm(norm_values<T, M> const& v, index_t n, index_t c)
        : mean(v.mean(v.sets.of(n, c))), scale(v.inverse(v.sets.of(n, c)) * v.weight(c)), bias(v.bias(c)), relu(v.relu)
    {
    }
    template <class V>
    HYSPN_HD V operator()(V x) const
    {
        V const y = multiply_add(x - V(mean), V(scale), V(bias));
        return relu ? select(y <= V(0), V(0), y) : y;
    }
    /// Cotangent of y before relu.
    template <class V>
    HYSPN_HD V passed(V centred, V g) const
    {
        return relu ? select(multiply_add(centred, V(scale), V(bias)) > V(0), g, V(0)) : g;
    }
};

template <class T, class M>
struct norm_map {
    norm_values<T, M> values;
    HYSPN_HD plane_norm<T> at(index_t n, index_t c) const { return {values, n, c}; }
};

/// Σ g and Σ g·(x − μ) over each stretch.
template <class T, class M>
struct norm_vjp_sums_op {
    norm_values<T, M> values;
    plane_stretches stretches;
    view<T const, 4, M> x, dy;
    view<T, 4, M> sums;  ///< [N, C, K, 2] out

    dims<3> shape() const { return {sums.extent(0), sums.extent(1), sums.extent(2)}; }
    HYSPN_HD void operator()(index_t n, index_t c, index_t k) const
    {
        plane_norm<T> const norm(values, n, c);
        auto const g = [&](index_t i, index_t j) { return norm.passed(x(n, c, i, j) - norm.mean, dy(n, c, i, j)); };
        sums(n, c, k, 0) = stretch_sum<T>(stretches, k, g);
        sums(n, c, k, 1) =
            stretch_sum<T>(stretches, k, [&](index_t i, index_t j) { return g(i, j) * (x(n, c, i, j) - norm.mean); });
    }
};

/// db += Σ g and dw += Σ r·g·(x − μ) of each channel.
template <class T, class M>
struct norm_weight_vjp_op {
    norm_values<T, M> values;
    view<T const, 4, M> sums;
    view<T, 1, M> dweight, dbias;

    dims<1> shape() const { return dweight.extents(); }
    HYSPN_HD void operator()(index_t c) const
    {
        T dw(0), db(0);
        for (index_t n = 0; n < sums.extent(0); ++n) {
            T along(0);
            for (index_t k = 0; k < sums.extent(2); ++k) {
                db += sums(n, c, k, 0);
                along += sums(n, c, k, 1);
            }
            dw += values.inverse(values.sets.of(n, c)) * along;
        }
        dweight(c) += dw;
        dbias(c) += db;
    }
};

/// −r·Σ w·g/m and −r³·Σ w·g·(x − μ)/m of each set: dx = r·w·g + shift + slope·(x − μ).
template <class T, class M>
struct norm_set_vjp_op {
    norm_values<T, M> values;
    view<T const, 4, M> sums;
    view<T, 1, M> shift, slope;  ///< [S] out

    dims<1> shape() const { return shift.extents(); }
    HYSPN_HD void operator()(index_t s) const
    {
        T all(0), along(0);
        values.sets.for_each_plane(s, [&](index_t n, index_t c) {
            for (index_t k = 0; k < sums.extent(2); ++k) {
                all += values.weight(c) * sums(n, c, k, 0);
                along += values.weight(c) * sums(n, c, k, 1);
            }
        });
        T const r = values.inverse(s), of_one = -r / T(static_cast<double>(values.sets.numbers()));
        shift(s) = of_one * all;
        slope(s) = of_one * r * r * along;
    }
};

/// From dy to dx on one plane.
template <class T>
struct plane_norm_vjp {
    plane_norm<T> norm;
    T shift, slope;

    template <class V>
    HYSPN_HD V operator()(V x, V dy) const
    {
        V const centred = x - V(norm.mean);
        return multiply_add(norm.passed(centred, dy), V(norm.scale), multiply_add(centred, V(slope), V(shift)));
    }
};

template <class T, class M>
struct norm_vjp_map {
    norm_values<T, M> values;
    view<T const, 1, M> shift, slope;
    HYSPN_HD plane_norm_vjp<T> at(index_t n, index_t c) const
    {
        index_t const s = values.sets.of(n, c);
        return {plane_norm<T>(values, n, c), shift(s), slope(s)};
    }
};

/// Statistics of the sets of x, into `saved`.
template <execution_policy P, class T, class M>
void norm_statistics(P const& exec, norm_sets const& sets, T epsilon, view<T const, 4, M> const& x,
                     nn::norm_saved<T, M>& saved)
{
    fit(saved.mean, {sets.size()});
    fit(saved.variance, {sets.size()});
    fit(saved.inverse, {sets.size()});
    saved.count = sets.numbers();
    if (x.size() == 0) return;
    plane_stretches const stretches(x.extents());
    tensor<T, 4, M> moments(x.extent(0), x.extent(1), stretches.count(), 2);
    dispatch(exec, stretch_moments_op<T, M>{x, stretches, as_view(moments)});
    dispatch(exec, set_moments_op<T, M>{sets, stretches, epsilon, as_const(moments), as_view(saved.mean),
                                        as_view(saved.variance), as_view(saved.inverse)});
}

template <execution_policy P, class T, class M>
void norm_forward(P const& exec, norm_values<T, M> const& values, view<T const, 4, M> const& x, view<T, 4, M> const& y)
{
    dispatch(exec, pixel_map_op<norm_map<T, M>, 1, T, M>{{values}, {x}, y});
}

/// dx is written and may be dy; dweight and dbias are added to.
template <execution_policy P, class T, class M>
void norm_backward(P const& exec, norm_values<T, M> const& values, view<T const, 4, M> const& x,
                   view<T const, 4, M> const& dy, view<T, 4, M> const& dx, view<T, 1, M> const& dweight,
                   view<T, 1, M> const& dbias)
{
    if (x.size() == 0) return;
    plane_stretches const stretches(x.extents());
    tensor<T, 4, M> sums(x.extent(0), x.extent(1), stretches.count(), 2);
    tensor<T, 1, M> shift(values.sets.size()), slope(values.sets.size());
    dispatch(exec, norm_vjp_sums_op<T, M>{values, stretches, x, dy, as_view(sums)});
    dispatch(exec, norm_weight_vjp_op<T, M>{values, as_const(sums), dweight, dbias});
    dispatch(exec, norm_set_vjp_op<T, M>{values, as_const(sums), as_view(shift), as_view(slope)});
    dispatch(exec, pixel_map_op<norm_vjp_map<T, M>, 2, T, M>{{values, as_const(shift), as_const(slope)}, {x, dy}, dx});
}

template <class T, class M>
void require_norm_saved(char const* function, nn::norm_saved<T, M> const& saved, norm_sets const& sets)
{
    require_shape(function, "saved.mean", "as forward left it", saved.mean.extents(), {sets.size()});
    require_shape(function, "saved.inverse", "as forward left it", saved.inverse.extents(), {sets.size()});
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/nn/norm_ops.hpp>
#endif
#if HYSPN_HAS_CUDA
#include <hyspn/backends/cuda/nn/norm_ops.cuh>
#endif

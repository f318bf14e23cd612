// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>

#include <hyspn/backends/omp/image_rows.hpp>
#include <hyspn/nn/loss/cross_entropy.hpp>

/// \file
/// Cross-entropy on stretches of a row, class by class: planes of scores are often a multiple of 4 KiB apart, and
/// pixel by pixel their lines would push each other out of the first-level cache. The arithmetic of each pixel, and so
/// its bits, are those of nn::loss::cross_entropy.

namespace hyspn::detail {

/// Pixels worked on together.
inline constexpr index_t cross_entropy_stretch = 64;

template <class T, class I, class U>
class cross_entropy_row {
public:
    using pixels_type = label_pixels<nn::loss::cross_entropy, T, I, U, memory::host>;

    explicit cross_entropy_row(pixels_type const& pixels)
        : p_(pixels),
          classes_(pixels.scores.extent(1)),
          share_(pixels.loss.label_smoothing / static_cast<double>(classes_))
    {
    }

    /// The terms of `count` pixels from column j of a row, and the powers into `kept`, which has the planes of the
    /// scores, unless it is empty.
    void softmax(index_t n, index_t i, index_t j, index_t count, view<T, 4> const& kept, double* terms)
    {
        begin(n, i, j, count);
        for (index_t l = 0; l < classes_; ++l) {
            T const* const z = &p_.scores(n, l, i, j);
            T* const keep = kept.data_handle() ? &kept(n, l, i, j) : unkept_;
            double const part = share_ * p_.weights(l);
            for (index_t u = 0; u < count; ++u) {
                double const below = most_[u] - static_cast<double>(z[u]), power = std::exp(-below);
                if (share_ > 0) {
                    smoothed_[u] = multiply_add(part, below, smoothed_[u]);
                    weight_[u] += unfused(part);
                }
                sum_[u] += power;
                keep[u] = static_cast<T>(power);
            }
        }
        for (index_t u = 0; u < count; ++u) {
            double const gaps = multiply_add(own_[u], gap_[u], smoothed_[u]);
            terms[u] = label_[u] < 0 ? 0 : multiply_add(weight_[u], std::log(sum_[u]), gaps);
        }
    }

    /// After softmax: the gradient of the same pixels, in place of the powers.
    void slopes(index_t n, index_t i, index_t j, index_t count, double factor, view<T, 4> const& gradient) const
    {
        for (index_t l = 0; l < classes_; ++l) {
            T* const g = &gradient(n, l, i, j);
            double const weight = p_.weights(l);
            for (index_t u = 0; u < count; ++u) {
                double const wanted = multiply_add(share_, weight, label_[u] == l ? own_[u] : 0);
                double const slope = factor * multiply_add(weight_[u] / sum_[u], static_cast<double>(g[u]), -wanted);
                g[u] = label_[u] < 0 ? T(0) : static_cast<T>(slope);
            }
        }
    }

private:
    void begin(index_t n, index_t i, index_t j, index_t count)
    {
        std::fill_n(sum_, count, 0.);
        std::fill_n(smoothed_, count, 0.);
        for (index_t l = 0; l < classes_; ++l) {
            T const* const z = &p_.scores(n, l, i, j);
            for (index_t u = 0; u < count; ++u) {
                auto const score = static_cast<double>(z[u]);
                most_[u] = l == 0 || score > most_[u] ? score : most_[u];
            }
        }
        for (index_t u = 0; u < count; ++u) {
            index_t const label = p_.label(n, i, j + u);
            label_[u] = label == p_.loss.ignore_index ? -1 : label;
            own_[u] = weight_[u] = label_[u] < 0 ? 0 : (1 - p_.loss.label_smoothing) * p_.weights(label);
            gap_[u] = label_[u] < 0 ? 0 : most_[u] - static_cast<double>(p_.scores(n, label, i, j + u));
        }
    }

    pixels_type const& p_;
    index_t classes_;
    double share_;
    index_t label_[cross_entropy_stretch];  ///< -1 where ignored
    double most_[cross_entropy_stretch], gap_[cross_entropy_stretch], own_[cross_entropy_stretch];
    double sum_[cross_entropy_stretch], smoothed_[cross_entropy_stretch], weight_[cross_entropy_stretch];
    T unkept_[cross_entropy_stretch];
};

/// Calls stretch(n, i, j, count) for all pixels of [N, H, W].
template <class Stretch>
void for_each_cross_entropy_stretch(exec::omp const& exec, dims<3> const& e, Stretch const& stretch)
{
    exec::detail::for_each_index_omp(exec, e[0] * e[1], [&](index_t row) {
        for (index_t j = 0; j < e[2]; j += cross_entropy_stretch)
            stretch(row / e[1], row % e[1], j, std::min(cross_entropy_stretch, e[2] - j));
    });
}

template <std::floating_point T, class I, class U>
void dispatch(exec::omp const& exec, label_terms_op<nn::loss::cross_entropy, T, I, U, memory::host> const& op)
{
    if (!all_rows_contiguous(op.pixels.scores, op.terms)) return parallel_for(exec, op.shape(), op);
    for_each_cross_entropy_stretch(exec, op.shape(), [&](index_t n, index_t i, index_t j, index_t count) {
        cross_entropy_row<T, I, U>(op.pixels).softmax(n, i, j, count, {}, &op.terms(n, i, j));
    });
}

template <std::floating_point T, class I, class U>
void dispatch(exec::omp const& exec, label_slopes_op<nn::loss::cross_entropy, T, I, U, memory::host> const& op)
{
    if (!all_rows_contiguous(op.pixels.scores, op.gradient, op.terms)) return parallel_for(exec, op.shape(), op);
    for_each_cross_entropy_stretch(exec, op.shape(), [&](index_t n, index_t i, index_t j, index_t count) {
        cross_entropy_row<T, I, U> row(op.pixels);
        row.softmax(n, i, j, count, op.gradient, &op.terms(n, i, j));
        row.slopes(n, i, j, count, op.factor, op.gradient);
    });
}

}  // namespace hyspn::detail

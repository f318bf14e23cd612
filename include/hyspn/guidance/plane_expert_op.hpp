// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/guidance/local_planes.hpp>

/// \file
/// The kernels of guidance::plane_experts.

namespace hyspn::guidance {

inline constexpr index_t plane_expert_count = 6;

}  // namespace hyspn::guidance

namespace hyspn::detail {

using guidance::plane_expert_count;

/// All experts at one pixel. Planes through the same samples share their weights, and with equal weights their moments.
template <class T, class M>
struct plane_expert_fit {
    sample_list_views<T, M> near[2];
    sample_views<T, M, 2> samples;  ///< values and their logarithms
    plane_rule<T, 2> rule[2];       ///< of the lists

    /// False, and nothing is written, when `keep` leaves a list empty.
    template <class Keep>
    HYSPN_HD bool operator()(index_t i, index_t j, Keep const& keep, T (&out)[plane_expert_count]) const
    {
        using std::exp;
        T first[2][2], second[2][2];  // softness, space
        if (!fit_planes_at(i, j, near[0], samples, rule[0], keep, first)) return false;
        if (!fit_planes_at(i, j, near[1], samples, rule[1], keep, second)) return false;
        out[0] = first[0][0];
        out[1] = first[1][0];
        out[2] = exp(first[1][1]);
        out[3] = second[0][0];
        out[4] = exp(second[0][1]);
        out[5] = exp(second[1][1]);
        return true;
    }
};

/// Each sample as the experts predict it from the others, into predicted(s, e); 0 where no others are left.
template <class T, class M>
struct leave_one_out_op {
    plane_expert_fit<T, M> fit;
    index_t left_out_rows;
    view<T, 2, M> predicted;  ///< [n, 6]

    /// Leaves out sample `s` and its scan line.
    struct others {
        view<std::int32_t const, 1, M> y;
        index_t s, rows;
        HYSPN_HD bool operator()(index_t other) const
        {
            index_t const down = y(other) - y(s);
            return other != s && (down < 0 ? -down : down) >= rows;
        }
    };

    dims<1> shape() const { return {predicted.extent(0)}; }
    HYSPN_HD void operator()(index_t s) const
    {
        T value[plane_expert_count] = {};
        fit(fit.samples.y(s), fit.samples.x(s), others{fit.samples.y, s, left_out_rows}, value);
        for (index_t e = 0; e < plane_expert_count; ++e) predicted(s, e) = value[e];
    }
};

/// What an expert's predictions say of it over the whole image.
template <class T>
struct expert_score {
    T weight, relative_error;  ///< (e_min/e)^sharpness; mean of |error| / value
};

template <class T>
struct expert_trust {
    tensor<T, 2> relative;  ///< |error| / value of each prediction [n, 6]; -1 where there was none
    std::array<double, plane_expert_count> errors;
    std::array<expert_score<T>, plane_expert_count> scores;
};

/// Relative error below which experts are equally good: planes in exact arithmetic would have none.
inline constexpr double expert_error_floor = 1e-4;

/// Scores from predictions [n, 6] of samples with these values.
template <class T>
expert_trust<T> expert_trust_of(tensor<T, 2> const& predicted, tensor<T, 1> const& value, double sharpness)
{
    expert_trust<T> trust{tensor<T, 2>(predicted.extents()), {}, {}};
    std::array<double, plane_expert_count> relative{};
    double n = 0, values = 0;
    for (index_t s = 0; s < value.extent(0); ++s) {
        bool const absent = !(predicted(s, 0) > 0);
        double const z = static_cast<double>(value(s));
        n += absent ? 0 : 1;
        values += absent ? 0 : z;
        for (std::size_t e = 0; e < relative.size(); ++e) {
            auto const column = static_cast<index_t>(e);
            double const error = absent ? 0 : std::abs(static_cast<double>(predicted(s, column)) - z);
            trust.relative(s, column) = absent ? T(-1) : static_cast<T>(error / z);
            trust.errors[e] += error;
            relative[e] += error / z;
        }
    }
    if (n == 0) n = values = 1;
    for (double& e : trust.errors) e /= n;
    double const floor = expert_error_floor * values / n;
    double const least = *std::min_element(trust.errors.begin(), trust.errors.end()) + floor;
    for (std::size_t e = 0; e < relative.size(); ++e)
        trust.scores[e] = {static_cast<T>(std::pow(least / (trust.errors[e] + floor), sharpness)),
                           static_cast<T>(relative[e] / n)};
    return trust;
}

/// Maps, weights and their mean.
template <class T, class M>
struct plane_expert_op {
    plane_expert_fit<T, M> fit;
    view<T const, 2, M> relative;  ///< as expert_trust has it
    std::array<expert_score<T>, plane_expert_count> scores;
    index_t local_samples;
    view<T, 3, M> candidates, weights;
    view<T, 2, M> depth, distance;

    dims<2> shape() const { return depth.extents(); }

    HYSPN_HD void operator()(index_t i, index_t j) const
    {
        T value[plane_expert_count], weight[plane_expert_count];
        fit(i, j, keep_all_samples{}, value);
        weigh(i, j, weight);
        T sum = 0, mean = 0;
        for (index_t e = 0; e < plane_expert_count; ++e) sum += weight[e];
        for (index_t e = 0; e < plane_expert_count; ++e) {
            weights(e, i, j) = weight[e] / sum;
            candidates(e, i, j) = value[e];
            mean += (value[e] - value[0]) * (weight[e] / sum);  // experts that agree are not rounded
        }
        depth(i, j) = value[0] + mean;
        distance(i, j) = fit.near[0].distance(i, j, 0);
    }

private:
    /// (e_min/e)^sharpness · (relative error at the nearest samples + half the mean one)^-2.
    HYSPN_HD void weigh(index_t i, index_t j, T (&weight)[plane_expert_count]) const
    {
        T near_error[plane_expert_count] = {};
        T count = 0;
        view<std::int32_t const, 3, M> const& index = fit.near[0].index;
        for (index_t k = 0; k < index.extent(2) && k < local_samples && index(i, j, k) >= 0; ++k) {
            index_t const s = index(i, j, k);
            if (relative(s, 0) < T(0)) continue;
            count += 1;
            for (index_t e = 0; e < plane_expert_count; ++e) near_error[e] += relative(s, e);
        }
        for (index_t e = 0; e < plane_expert_count; ++e) {
            expert_score<T> const& score = scores[static_cast<std::size_t>(e)];
            T const local = count > 0 ? near_error[e] / count : score.relative_error;
            T const error = local + score.relative_error / 2 + static_cast<T>(expert_error_floor);
            weight[e] = score.weight / (error * error);
        }
    }
};

}  // namespace hyspn::detail

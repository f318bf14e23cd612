// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include <hyspn/core/tensor.hpp>

namespace complete_depth {

/// Kingma and Ba, Adam (ICLR 2015), over all leaves of a parameter aggregate. Curvature c and temperature tau must stay
/// positive: their logarithms are what is stepped.
class adam {
public:
    explicit adam(double rate) : rate_(rate) {}

    template <class Params>
    void step(Params& params, Params& gradient)
    {
        ++steps_;
        std::vector<float const*> slopes;
        for_each_leaf(gradient, [&](std::string_view, auto leaf) {
            hyspn::for_each_element(leaf, [&](float& g) { slopes.push_back(&g); });
        });
        first_.resize(slopes.size());
        second_.resize(slopes.size());
        std::size_t k = 0;
        for_each_leaf(params, [&](std::string_view name, auto leaf) {
            bool const positive = name == "c" || name == "tau";
            hyspn::for_each_element(leaf, [&](float& x) {
                double const slope = static_cast<double>(*slopes[k]) * (positive ? static_cast<double>(x) : 1.0);
                double const move = direction(k++, slope);
                x = static_cast<float>(positive ? static_cast<double>(x) * std::exp(-move)
                                                : static_cast<double>(x) - move);
            });
        });
    }

private:
    static constexpr double decay1 = 0.9, decay2 = 0.999, epsilon = 1e-8;

    double direction(std::size_t k, double slope)
    {
        first_[k] = decay1 * first_[k] + (1 - decay1) * slope;
        second_[k] = decay2 * second_[k] + (1 - decay2) * slope * slope;
        double const mean = first_[k] / (1 - std::pow(decay1, steps_));
        double const square = second_[k] / (1 - std::pow(decay2, steps_));
        return rate_ * mean / (std::sqrt(square) + epsilon);
    }

    double rate_;
    int steps_ = 0;
    std::vector<double> first_, second_;
};

}  // namespace complete_depth

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include <hyspn/core/config.hpp>

namespace hyspn {

/// Random numbers that are the same on every platform and compiler, which those of <random>'s distributions are not.
/// SplitMix64 (Steele, Lea, Flood 2014): any seed is good, and streams of different seeds are independent in practice.
class random_stream {
public:
    HYSPN_HD constexpr explicit random_stream(std::uint64_t seed) : state_(seed) {}

    HYSPN_HD constexpr std::uint64_t bits()
    {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    HYSPN_HD constexpr double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

    /// Uniform in 0 ... n-1, n > 0.
    HYSPN_HD constexpr index_t below(index_t n)
    {
        return static_cast<index_t>(bits() % static_cast<std::uint64_t>(n));  // bias below n/2^64
    }

    /// Standard normal (Box and Muller; the second number of the pair is not kept). As exact as the platform's log1p
    /// and cos, which may differ in the last digit.
    HYSPN_HD double normal()
    {
        double const radius = std::sqrt(-2 * std::log1p(-uniform()));
        return radius * std::cos(6.283185307179586476925 * uniform());
    }

private:
    std::uint64_t state_;
};

}  // namespace hyspn

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <hyspn/core/random.hpp>

/// \file
/// Many streams of random numbers from one seed: one per sample, pixel, leaf.

namespace hyspn::data {

namespace detail {

/// Well-mixed bits of two numbers.
inline std::uint64_t hashed(std::uint64_t a, std::uint64_t b)
{
    return random_stream(a ^ (b + 1) * 0xd1342543de82ef95u).bits();
}

/// hashed as a number in [0, 1).
inline double hashed_unit(std::uint64_t a, std::uint64_t b)
{
    return static_cast<double>(hashed(a, b) >> 11) * 0x1p-53;
}

}  // namespace detail

/// Stream number k of a seed. Streams of one seed are independent in practice, and so are equal numbers of two seeds.
inline random_stream stream_of(std::uint64_t seed, index_t k)
{
    return random_stream(detail::hashed(detail::hashed(seed, 0), static_cast<std::uint64_t>(k)));
}

}  // namespace hyspn::data

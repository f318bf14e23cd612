// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/config.hpp>

namespace hyspn {

namespace detail {

/// β_from/β_to for from − to even and not negative: by β_{n+2} = β_n·n/(n+1) the product of n/(n+1) over
/// n = to, to+2, …, from−2.
inline long double beta_product(index_t from, index_t to)
{
    long double product = 1;
    for (index_t n = to; n < from; n += 2) product *= static_cast<long double>(n) / static_cast<long double>(n + 1);
    return product;
}

/// β_n itself, from β_1 = π or β_2 = 2.
inline long double beta(index_t n)
{
    return n % 2 == 0 ? 2 * beta_product(n, 2) : 3.141592653589793238462643383279502884L * beta_product(n, 1);
}

}  // namespace detail

/// β_n/β_m with β_n = B(n/2, 1/2), for n, m ≥ 1: the scale of a vector of n coordinates beside that of m (HNN++,
/// Shimizu et al. 2021, section 3.3). By the recurrence of β in long double, within one unit in the last place of float
/// and double; lgamma would cost hundreds. Takes n + m steps.
template <class T>
T beta_ratio(index_t n, index_t m)
{
    if ((n - m) % 2 != 0) return static_cast<T>(detail::beta(n) / detail::beta(m));
    if (n >= m) return static_cast<T>(detail::beta_product(n, m));
    return static_cast<T>(1 / detail::beta_product(m, n));
}

}  // namespace hyspn

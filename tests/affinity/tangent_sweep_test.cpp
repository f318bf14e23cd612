// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include <support/catch.hpp>

#include <hyspn/affinity/detail/tangent_distance.hpp>
#include <hyspn/core/view.hpp>

namespace hyspn::testing {
namespace {

/// Numbers of both signs with magnitudes up to 1e4, evenly over the bit patterns.
template <class T>
std::vector<T> patterns(int steps)
{
    using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    auto const last = std::bit_cast<bits>(T(1e4));
    std::vector<T> all{T(0), std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::min(), T(1e4)};
    for (int k = 1; k < steps; ++k)
        all.push_back(std::bit_cast<T>(static_cast<bits>(last / static_cast<bits>(steps) * static_cast<bits>(k))));
    std::size_t const n = all.size();
    for (std::size_t k = 0; k < n; ++k) all.push_back(-all[k]);
    return all;
}

template <class T>
bool everything_is_finite(T c, T (&v1)[2], T (&v2)[2])
{
    view<T, 1> const x(v1, dims<1>{{2}}), y(v2, dims<1>{{2}});
    T const s = std::sqrt(c), r1 = norm(x), r2 = norm(y);
    auto const geometry = hyspn::detail::geometry_of(x, y, r1, r2);
    hyspn::detail::distance_terms<T> const terms(s, r1, r2, geometry);
    auto const slope = hyspn::detail::tangent_distance_slope(terms);
    T const by_c = hyspn::detail::tangent_distance_c(terms, hyspn::detail::chord_complement(x, y, r1, r2, geometry));
    return std::isfinite(terms.scaled_distance() / s) && std::isfinite(slope.along) && std::isfinite(slope.across) &&
           std::isfinite(by_c);
}

}  // namespace

TEMPLATE_TEST_CASE("Distances and slopes are finite for tangent vectors of every bit pattern up to 1e4", "", float,
                   double)
{
    using T = TestType;
    int failures = 0;
    auto const numbers = patterns<T>(40);
    for (T c : {T(1e-12), T(1e-3), T(0.25), T(3.7), T(1e6)})
        for (T a : numbers)
            for (T b : numbers)
                for (T e : {T(0), T(1e-3), b})
                    for (T f : {T(0), T(1), a}) {
                        T v1[2] = {a, e}, v2[2] = {b, f};
                        if (!everything_is_finite(c, v1, v2) && ++failures < 8)
                            UNSCOPED_INFO("c = " << c << ", (" << a << ", " << e << "), (" << b << ", " << f << ")");
                    }
    CHECK(failures == 0);
}

}  // namespace hyspn::testing

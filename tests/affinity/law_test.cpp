// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Laws the module obeys exactly, at radii where no reference is needed and most formulas have long failed.
#include "affinity/packed.hpp"

using namespace hyspn;
using namespace hyspn::testing;
using tolerance = affinity_tolerances;

namespace {

/// Features, r and τ are lengths, c an inverse length squared, logits lengths and gates numbers: Euler's theorem ties
/// the gradients together, Σ ⟨length, its gradient⟩ − 2c·c̄ = degree·⟨output, its cotangent⟩.
template <class T, class Affinity>
double euler_defect(Affinity const& a, double spread, double degree)
{
    auto const x = random_tensor<T>(dims<4>{1, 3, 4, 5}, spread, 21);
    auto const p = random_params<T>(a, 3, 22);
    auto y = a.forward(exec::seq{}, p, x);
    auto const dy = random_tensor<T>(y.extents(), 1, 23);
    typename Affinity::template saved<T> saved;
    a.forward(exec::seq{}, p, x, y, saved);
    auto dp = a.zero_gradients(p);
    tensor<T, 4> dx(x.extents());
    a.backward(exec::seq{}, p, x, saved, dy, dx, dp);

    double sum = 0, size = 0;
    auto const add = [&](double weight, T value, T cotangent) {
        double const term = weight * static_cast<double>(value) * static_cast<double>(cotangent);
        sum += term;
        size += std::fabs(term);
    };
    for (index_t i = 0; i < x.size(); ++i) add(1, x.data()[i], dx.data()[i]);
    for (index_t i = 0; i < y.size(); ++i) add(-degree, y.data()[i], dy.data()[i]);
    add(-2, p.c, dp.c);
    if constexpr (requires { p.tau; }) add(1, p.tau, dp.tau);
    if constexpr (requires { p.r; })
        for (index_t o = 0; o < p.r.size(); ++o) add(1, p.r(o), dp.r(o));
    return size > 0 ? std::fabs(sum) / size / unit_roundoff<T> : 0;  // 0: uniform gates depend on nothing
}

template <class T>
void check_euler(double spread)
{
    CAPTURE(spread, sizeof(T));
    for_each_affinity(3, 1, 3, [&](auto const& a) {
        using A = std::remove_cvref_t<decltype(a)>;
        if constexpr (std::is_same_v<A, affinity::geodesic>)
            CHECK(euler_defect<T>(a, spread, 0) < tolerance::law);
        else if constexpr (!std::is_same_v<A, affinity::euclidean>)
            CHECK(euler_defect<T>(a, spread, 1) < tolerance::law);
    });
}

/// Largest difference over all pixels in unit round-offs of the largest value.
double difference(tensor<double, 4> const& a, tensor<double, 4> const& b)
{
    return normwise_error(a, b);
}

}  // namespace

TEST_CASE("gradients of the affinities obey Euler's theorem from tiny to large radii")
{
    for (double spread : {1e-6, 1e-3, 0.3, 1.0, 5.0}) {
        check_euler<float>(spread);
        check_euler<double>(spread);
    }
    check_euler<double>(100);
}

TEST_CASE("scaling lengths by a power of two scales the logits exactly")
{
    affinity::hyperbolic const a{.outputs = 3};
    auto x = random_tensor<float>(dims<4>{1, 4, 5, 6}, 0.8, 1);
    auto p = random_params<float>(a, 4, 2);
    auto const y = a.forward(exec::seq{}, p, x);
    for (float& v : x) v /= 8;
    for (float& v : p.r) v /= 8;
    p.tau /= 8;
    p.c *= 64;
    auto const scaled = a.forward(exec::seq{}, p, x);
    for (index_t i = 0; i < y.size(); ++i) CHECK(y.data()[i] == 8 * scaled.data()[i]);
}

TEST_CASE("distances are symmetric, weights of a pixel sum to its number of neighbours")
{
    for (auto weight : all_weightings) {
        affinity::hyperbolic const a{.kernel = 5, .outputs = 1, .weight = weight};
        auto const p = random_params<double>(a, 3, 4);
        auto const seen = inspect(exec::seq{}, a, p, random_tensor<double>(dims<4>{1, 3, 6, 7}, 0.7, 5));
        affinity::neighbourhood const around{5, 1};
        for (index_t i = 0; i < 6; ++i)
            for (index_t j = 0; j < 7; ++j) {
                double sum = 0, present = 0;
                for (index_t k = 0; k < 25; ++k) {
                    sum += seen.weight(0, k, i, j);
                    if (!around.present(k, i, j, 6, 7)) {
                        CHECK(seen.distance(0, k, i, j) == -1);
                        CHECK(seen.weight(0, k, i, j) == 0);
                        continue;
                    }
                    present += 1;
                    index_t const y = i + around.row_offset(k), x = j + around.column_offset(k);
                    CHECK(seen.distance(0, k, i, j) == seen.distance(0, around.opposite(k), y, x));
                }
                CHECK(std::fabs(sum - present) <= 64 * unit_roundoff<double> * present);
            }
    }
}

TEST_CASE("the order starts with the centre, ascends, keeps raster order in ties and ends with absent neighbours")
{
    affinity::hyperbolic const a{.outputs = 1};
    auto const p = a.make_params<double>(1);
    tensor<double, 4> x(1, 1, 2, 3);
    double const row[] = {1, 1, 3};  // pixel 1 coincides with pixel 0 before it in raster order
    for (index_t j = 0; j < 3; ++j) x(0, 0, 0, j) = row[j], x(0, 0, 1, j) = 2;
    auto const order = inspect(exec::seq{}, a, p, x).order;
    std::int32_t const want[] = {4, 3, 6, 7, 8, 5, 0, 1, 2};
    for (index_t m = 0; m < 9; ++m) CHECK(order(0, m, 0, 1) == want[m]);
}

TEST_CASE("equal features give weight 1 everywhere and the naive result")
{
    affinity::naive const naive{.outputs = 3};
    auto const q = random_params<double>(naive, 4, 8);
    tensor<double, 4> x(1, 4, 5, 5);
    for (index_t c = 0; c < 4; ++c)
        for (index_t i = 0; i < 5; ++i)
            for (index_t j = 0; j < 5; ++j) x(0, c, i, j) = 0.1 * static_cast<double>(c + 1);
    auto const want = naive.forward(exec::seq{}, q, x);
    affinity::hyperbolic const module{.outputs = 3, .beta_priority = false};
    affinity::hyperbolic::params<double> const p{q.z, q.r, q.c, 1};
    CHECK(difference(module.forward(exec::seq{}, p, x), want) <= tolerance::golden);
    auto const seen = inspect(exec::seq{}, module, p, x);
    for (double g : seen.weight) CHECK((g == 0 || std::fabs(g - 1) <= 4 * unit_roundoff<double>));
}

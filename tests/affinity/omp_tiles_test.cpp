// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Tiles: what they may depend on, how far they reach, and what becomes of an exception in one.
#include <memory>
#include <new>

#include "affinity/support.hpp"

using namespace hyspn;

TEMPLATE_TEST_CASE("a tile's logits do not depend on what its thread did before", "", float, double)
{
    using T = TestType;
    affinity::hyperbolic const module{.outputs = 4};
    auto const p = testing::random_params<T>(module, 3, 3);
    // Four strips of 250 or 251 columns, at radii where plain and careful formulas take turns: registers that end a
    // strip have idle lanes.
    for (double const spread : {0.6, 1., 1.5, 2.}) {
        auto const x = testing::random_tensor<T>(dims<4>{1, 3, 100, 1003}, spread, 5);
        auto other = x;
        for (index_t c = 0; c < 3; ++c)
            for (index_t i = 0; i < 100; ++i)
                for (index_t j = 760; j < 1003; ++j) other(0, c, i, j) *= T(10);
        exec::omp const one{.threads = 1};
        auto const y = module.forward(one, p, x), z = module.forward(one, p, other);
        index_t different = 0;
        for (index_t o = 0; o < 4; ++o)
            for (index_t i = 0; i < 100; ++i)
                for (index_t j = 0; j < 250; ++j) different += y(0, o, i, j) == z(0, o, i, j) ? 0 : 1;
        CAPTURE(spread);
        CHECK(different == 0);
    }
}

TEST_CASE("dilations far beyond the image cost no memory")
{
    affinity::hyperbolic const module{.dilation = 10'000'000, .outputs = 2};
    auto const p = testing::random_params<double>(module, 3, 3);
    auto const x = testing::random_tensor<double>(dims<4>{1, 3, 6, 5}, 0.3, 5);
    affinity::hyperbolic::saved<double> saved;
    tensor<double, 4> y(1, 2, 6, 5), dx(x.extents()), want_dx(x.extents());
    module.forward(exec::seq{}, p, x, y, saved);
    auto want = module.zero_gradients(p), got = want;
    module.backward(exec::seq{}, p, x, saved, y, want_dx, want);
    exec::omp const two{.threads = 2};
    CHECK(testing::normwise_error(module.forward(two, p, x), y) <= testing::affinity_tolerances::law);
    module.backward(two, p, x, saved, y, dx, got);
    CHECK(testing::normwise_error(dx, want_dx) <= testing::affinity_tolerances::law);
    CHECK(testing::normwise_error(got.z, want.z) <= testing::affinity_tolerances::law);
}

TEST_CASE("an exception in a tile reaches the caller")
{
    for (int const threads : {1, 3}) {
        auto const worker = [] { return std::make_unique<int>(0); };
        CHECK_THROWS_AS(detail::for_each_tile(exec::omp{.threads = threads}, 20, worker,
                                              [](int&, index_t t) {
                                                  if (t == 7) throw std::bad_alloc();
                                              }),
                        std::bad_alloc);
    }
}

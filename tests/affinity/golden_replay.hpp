// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/expmap0.hpp>

#include "affinity/support.hpp"
#include "support/golden.hpp"

/// \file
/// Replays ham.safetensors on a policy and a scalar type: 40-digit values of the textbook ball formulas.

namespace hyspn::testing {

template <class T>
struct ham_case {
    affinity::hyperbolic module;
    affinity::hyperbolic::params<T> p;
    tensor<T, 4> x, dy;

    ham_case(io::safetensors const& file, std::string const& name)
        : p{file.get<T, 3>(name + ".z"), file.get<T, 1>(name + ".r"), file.get_scalar<T>(name + ".c"),
            file.get_scalar<T>(name + ".tau")},
          x(file.get<T, 4>(name + ".feat")),
          dy(file.get<T, 4>(name + ".grad_logits"))
    {
        auto const options = file.get<std::int64_t, 1>(name + ".attr_k_dilation_priority_softmax");
        module = {.kernel = static_cast<index_t>(options(0)),
                  .dilation = static_cast<index_t>(options(1)),
                  .outputs = p.z.extent(0),
                  .beta_priority = options(2) != 0,
                  .weight = options(3) != 0 ? affinity::weighting::softmax : affinity::weighting::uniform};
    }
};

/// 1 at pixels [N, H, W] where two neighbours' distances agree so closely that rounding in T may swap them.
template <class T>
tensor<int, 3> undecidable_pixels(tensor<double, 4> const& dist)
{
    double const gap = affinity_tolerances::undecidable * unit_roundoff<T>;
    index_t const K = dist.extent(1);
    tensor<int, 3> mask(dist.extent(0), dist.extent(2), dist.extent(3));
    for (index_t n = 0; n < mask.extent(0); ++n)
        for (index_t i = 0; i < mask.extent(1); ++i)
            for (index_t j = 0; j < mask.extent(2); ++j)
                for (index_t k = 0; k < K; ++k)
                    for (index_t l = 0; l < k; ++l) {
                        double const a = dist(n, k, i, j), b = dist(n, l, i, j);
                        bool const compared = a >= 0 && b >= 0 && k != K / 2 && l != K / 2;
                        if (compared && std::fabs(a - b) <= gap * std::max(a, b)) mask(n, i, j) = 1;
                    }
    return mask;
}

/// Copy with the masked pixels set to 0 in every channel.
template <class T>
tensor<T, 4> outside(tensor<int, 3> const& mask, tensor<T, 4> x)
{
    for (index_t n = 0; n < x.extent(0); ++n)
        for (index_t c = 0; c < x.extent(1); ++c)
            for (index_t i = 0; i < x.extent(2); ++i)
                for (index_t j = 0; j < x.extent(3); ++j)
                    if (mask(n, i, j)) x(n, c, i, j) = T(0);
    return x;
}

struct replay_count {
    index_t pixels = 0, undecidable = 0, gradients = 0;
};

template <class T, class Exec>
void replay_ham(Exec const& exec, io::safetensors const& file, std::string const& name, replay_count& count)
{
    using tol = affinity_tolerances;
    ham_case<T> const g(file, name);
    auto const want_dist = file.get<double, 4>(name + ".dist");
    auto const want_order = file.get<std::int32_t, 4>(name + ".order");
    auto mask = undecidable_pixels<T>(want_dist);
    if (!g.module.beta_priority) mask = tensor<int, 3>(mask.extents());
    index_t masked = 0;
    for (int m : mask) masked += m;
    count.pixels += mask.size();
    count.undecidable += masked;
    CAPTURE(name, masked);

    tensor<T, 4> y(g.dy.extents()), dx(g.x.extents()), ball(g.dy.extents());
    affinity::hyperbolic::saved<T> saved;
    g.module.forward(exec, g.p, g.x, y, saved);
    poincare::expmap0(exec, curvature<T>::from_c(g.p.c), y, ball);
    CHECK(normwise_error(outside(mask, y), outside(mask, file.get<double, 4>(name + ".logits"))) <= tol::golden);
    CHECK(normwise_error(outside(mask, ball), outside(mask, file.get<double, 4>(name + ".out_ball"))) <= tol::golden);

    auto const seen = inspect(exec, g.module, g.p, g.x);
    CHECK(normwise_error(seen.distance, want_dist) <= tol::golden);
    CHECK(normwise_error(seen.weight, file.get<double, 4>(name + ".weight")) <= tol::golden);
    auto const same = [](auto const& a, auto const& b) { return std::equal(a.begin(), a.end(), b.begin()); };
    CHECK(same(outside(mask, seen.order), outside(mask, want_order)));

    if (!same(seen.order, want_order)) return;  // one swapped neighbour moves gradients of all pixels around
    ++count.gradients;
    auto dp = g.module.zero_gradients(g.p);
    g.module.backward(exec, g.p, g.x, saved, g.dy, dx, dp);
    CHECK(normwise_error(dx, file.get<double, 4>(name + ".grad_feat")) <= tol::golden);
    CHECK(normwise_error(dp.z, file.get<double, 3>(name + ".grad_z")) <= tol::golden);
    CHECK(normwise_error(dp.r, file.get<double, 1>(name + ".grad_r")) <= tol::golden);
    CHECK(relative_error(dp.tau, file.get_scalar<double>(name + ".grad_tau")) <= tol::golden);
    CHECK(relative_error(dp.c, file.get_scalar<double>(name + ".grad_c")) <= tol::golden_c);
}

template <class T, class Exec>
void replay_all_ham(Exec const& exec)
{
    auto const file = golden("ham");
    auto const cases = golden_cases(file, "logits");
    REQUIRE(cases.size() >= 10);
    replay_count count;
    for (auto const& name : cases) replay_ham<T>(exec, file, name, count);
    INFO(count.undecidable << " of " << count.pixels << " pixels undecidable");
    CHECK(count.undecidable * 50 <= count.pixels);
    CHECK(2 * count.gradients > static_cast<index_t>(cases.size()));
}

}  // namespace hyspn::testing

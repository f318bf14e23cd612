// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <utility>

#include <cuda/on_device.hpp>
#include <support/catch.hpp>

#include <hyspn/affinity/learned_metric.hpp>
#include <hyspn/affinity/pairwise.hpp>

namespace hyspn::testing {
namespace {

/// Gates and feature gradients on one policy; `there` and `back` carry arrays to its memory and back.
template <class Affinity, execution_policy P, class There, class Back>
auto train(Affinity const& a, P const& exec, There const& there, Back const& back)
{
    using M = typename P::memory_space;
    dims<4> const e{2, 5, 9, 13};
    auto p = a.template make_params<double, M>(e[1]);
    if constexpr (requires { p.tau; })
        p.tau = 0.8;
    else
        p.w = there(normal_values<double>(p.w.extents(), 0.5, 1));
    auto const x = there(normal_values<double>(e, 0.5, 3));
    auto const dy = there(normal_values<double>(dims<4>{e[0], a.gates(), e[2], e[3]}, 1, 4));
    tensor<double, 4, M> y(dy.extents()), dx(e);
    typename Affinity::template saved<double, M> saved;
    a.forward(exec, p, x, y, saved);
    auto dp = a.zero_gradients(p);
    a.backward(exec, p, x, saved, dy, dx, dp);
    return std::pair(back(y), back(dx));
}

template <class Affinity>
void check(Affinity const& a)
{
    exec::cuda const gpu{};
    auto const same = [](auto const& x) { return x; };
    auto const want = train(a, exec::seq{}, same, same);
    auto const got = train(
        a, gpu, [&](auto const& x) { return to_device(gpu, x); }, [&](auto const& x) { return to_host(gpu, x); });
    CHECK(error_in_eps(got.first, want.first) <= 256);
    CHECK(error_in_eps(got.second, want.second) <= 1024);
}

}  // namespace

TEST_CASE("cuda: pairwise affinities as exec::seq does them")
{
    using affinity::similarity;
    for (auto s : {similarity::gaussian, similarity::cosine, similarity::dot_product})
        for (bool softmax : {false, true})
            check(affinity::pairwise{.dilation = 2, .similarity = s, .softmax = softmax, .centre = softmax});
    check(affinity::learned_metric{.rank = 3});
}

}  // namespace hyspn::testing

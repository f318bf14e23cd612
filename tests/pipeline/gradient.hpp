// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <hyspn/exec/omp.hpp>
#include <hyspn/exec/seq.hpp>

#include "network.hpp"
#include "support/catch.hpp"

/// \file
/// The gradient of a whole pipeline with respect to every parameter: by the adjoint identity with dual numbers, and by
/// central differences on the fast paths.

namespace pipeline_test {

/// Which coordinates have no exact derivative by dual numbers: those a network takes for constants on purpose, or
/// computes with in double.
enum class constants { none, alpha, offsets };

/// How to check a network.
struct checking {
    bool has_measurements = true;
    constants held = constants::none;
    dims<2> size{5, 6};
    std::size_t every = 1;  ///< of so many parameters one is checked; prime to the sizes of the arrays
    double step = 1e-6;     ///< of differences: longer where the network's own rounding shows, not over its kinks
};

/// Whether parameter number k acts through one of the last `side` outputs of the guidance.
inline bool of_side(std::size_t k, index_t outputs, index_t side)
{
    auto const o = static_cast<index_t>(k);
    index_t const weights = 27 * outputs;
    if (o < weights) return o / 27 >= outputs - side;
    return o < weights + outputs && o - weights >= outputs - side;
}

template <class Propagation, class Affinity, class Start>
auto small_network(Propagation const& net, Affinity const& affinity, Start const& start)
{
    return pipeline{.guidance = one_layer{}, .affinity = affinity, .propagation = net, .start = start, .features = 4};
}

template <class Net>
problem<double> problem_for(Net const& net, checking const& how)
{
    auto data = make_problem(1, 3, net.start.inputs(), how.size[0], how.size[1], 7);
    data.has_measurements = how.has_measurements;
    return data;
}

/// A function of some of its coordinates, the others as in x.
struct some_coordinates {
    std::vector<double> x;
    std::vector<std::size_t> free;

    template <class S>
    std::vector<S> full(std::vector<S> const& some) const
    {
        std::vector<S> all(x.begin(), x.end());
        for (std::size_t k = 0; k < free.size(); ++k) all[free[k]] = some[k];
        return all;
    }
    std::vector<double> pick(std::vector<double> const& all) const
    {
        std::vector<double> picked;
        for (auto const k : free) picked.push_back(all[k]);
        return picked;
    }
};

template <class Net>
some_coordinates free_coordinates(Net const& net, checking const& how)
{
    some_coordinates c{flatten(net.template make_params<double>(1)), {}};
    for (std::size_t k = 0; k < c.x.size(); k += how.every)
        if (how.held != constants::offsets || !of_side(k, net.heads(), net.stage().side(net.maps())))
            c.free.push_back(k);
    if (how.held == constants::alpha) c.free.pop_back();
    return c;
}

template <class Net>
void check_exact(Net const& net, checking const& how)
{
    auto const c = free_coordinates(net, how);
    as_function<Net, exec::seq> const f{net, problem_for(net, how), {}};
    auto const report = testing::check_adjoint(
        [&](auto const& x) { return f.forward(c.full(x)); },
        [&](auto const& x, auto const& dy) { return c.pick(f.backward(c.full(x), dy)); }, c.pick(c.x), {.floor = 1e-3});
    INFO(report.log);
    CHECK(report.within(1e-6));
}

/// By central differences, on the fast paths.
template <class Net>
void check_differences(Net const& net, checking how = {})
{
    how.held = constants::none;
    auto const c = free_coordinates(net, how);
    as_function<Net, exec::omp> const f{net, problem_for(net, how), exec::omp{.threads = 2}};
    auto const report =
        testing::check_differences([&](auto const& x) { return f.forward(c.full(x)); },
                                   [&](auto const& x, auto const& dy) { return c.pick(f.backward(c.full(x), dy)); },
                                   c.pick(c.x), {.step = how.step, .floor = 1e-2});
    INFO(report.log);
    CHECK(report.within(1e-6));
}

template <class Propagation, class Affinity, class Start>
void check(Propagation const& propagation, Affinity const& affinity, Start const& start, checking const& how = {})
{
    auto const net = small_network(propagation, affinity, start);
    check_exact(net, how);
    if (how.held != constants::offsets) check_differences(net, how);
}

}  // namespace pipeline_test

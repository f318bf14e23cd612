// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include <hyspn/propagation/scan.hpp>

#include "propagation/support.hpp"

namespace hyspn::testing {

inline void fill_normal(tensor<double, 4>& x, random_stream& stream, double spread)
{
    for (double& v : x) v = static_cast<double>(static_cast<float>(spread * stream.normal()));
}

/// Arrays of a scan: the map and four directions of gates.
template <class T>
struct scan_arrays {
    tensor<T, 4> x;
    std::array<tensor<T, 4>, 4> gates;

    scan_arrays(dims<4> const& e, index_t way) : x(e)
    {
        for (auto& g : gates) g = tensor<T, 4>(dims<4>{e[0], way * e[1], e[2], e[3]});
    }

    template <class U>
    explicit scan_arrays(scan_arrays<U> const& from) : x(cast<T>(from.x))
    {
        for (std::size_t d = 0; d < 4; ++d) gates[d] = cast<T>(from.gates[d]);
    }

    propagation::scan_inputs<T> views() const
    {
        return {.x = x, .gates = {as_view(gates[0]), as_view(gates[1]), as_view(gates[2]), as_view(gates[3])}};
    }
    propagation::scan_gradients<T> gradients()
    {
        return {.x = x, .gates = {as_view(gates[0]), as_view(gates[1]), as_view(gates[2]), as_view(gates[3])}};
    }
};

/// Normal gates and map; one gate in eight is 0, and so are all gates of some pixels.
inline scan_arrays<double> random_scan(dims<4> const& e, index_t way, std::uint64_t seed, double spread = 0.6)
{
    scan_arrays<double> made(e, way);
    random_stream stream(seed);
    fill_normal(made.x, stream, 1);
    for (auto& g : made.gates) {
        fill_normal(g, stream, spread);
        for (double& v : g)
            if (stream.uniform() < 0.125) v = 0;
        if (g.size() > 0)
            for (index_t c = 0; c < g.extent(1); ++c) g(0, c, e[2] / 2, e[3] / 2) = 0;
    }
    return made;
}

/// Output and gradients of one training step.
template <class T>
struct scan_run {
    tensor<T, 4> out;
    propagation::scan_saved<T> kept{};
    scan_arrays<T> d;

    template <execution_policy P, class Dout>
    scan_run(P const& exec, propagation::scan const& net, propagation::scan_inputs<T> const& in, Dout const& dout)
        : out(in.x.extents()), d(in.x.extents(), net.way)
    {
        net.forward(exec, in, out, kept);
        net.backward(exec, in, kept, dout, d.gradients());
    }
};

inline std::string describe(propagation::scan const& s)
{
    return "way " + std::to_string(s.way) + " normalisation " + std::to_string(static_cast<index_t>(s.normalisation)) +
           " stages " + std::to_string(s.stages);
}

/// f(net) for every combination of the options.
template <class F>
void for_each_scan(F const& f)
{
    using propagation::scan_normalisation;
    for (index_t way : {1, 3})
        for (auto normalisation :
             {scan_normalisation::always, scan_normalisation::if_above_one, scan_normalisation::sigmoid_share})
            for (index_t stages : {1, 2})
                f(propagation::scan{.way = way, .normalisation = normalisation, .stages = stages});
}

}  // namespace hyspn::testing

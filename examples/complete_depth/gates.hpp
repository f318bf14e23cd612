// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string>

#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/geodesic.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/affinity/naive.hpp>
#include <hyspn/io/safetensors.hpp>
#include <hyspn/propagation/fixed_point.hpp>
#include <hyspn/propagation/stencil.hpp>

#include "arguments.hpp"
#include "propagation_method.hpp"

/// From features to the gates that a propagation takes.

namespace complete_depth {

/// Curvature and temperature of the geodesic affinity, which has nothing else to learn. The curvature is small, close
/// to the Euclidean distance 2‖v_i − v_j‖: with hand-made features a larger one has shown no gain.
inline constexpr float geodesic_curvature = 0.01F;
inline constexpr float geodesic_temperature = 0.1F;

template <class Module>
using params_of = typename Module::template params<float>;

template <class Module>
inline constexpr bool is_geodesic = std::same_as<Module, hyspn::affinity::geodesic>;

/// Calls f with the affinity module of that name, made for the neighbourhood and number of gates of `net`.
template <class F>
auto with_affinity(std::string const& name, hyspn::propagation::stencil const& net, F&& f)
{
    using namespace hyspn::affinity;
    if (name == "hyperbolic") return f(hyperbolic{.kernel = net.kernel, .outputs = net.gates()});
    if (name == "naive") return f(naive{.kernel = net.kernel, .outputs = net.gates()});
    if (name == "euclidean") return f(euclidean{.kernel = net.kernel, .outputs = net.gates()});
    return f(geodesic{.kernel = net.kernel});
}

/// Fills one array of the parameters from the file. Throws io_error, shape_error, usage_error.
template <std::size_t Rank>
void load_leaf(hyspn::io::safetensors const& file, std::filesystem::path const& path, std::string const& name,
               hyspn::view<float, Rank> leaf)
{
    if constexpr (Rank == 1)
        if (leaf.extent(0) == 1) {
            leaf(0) = file.get_scalar<float>(name);
            return;
        }
    auto const from = file.get<float, Rank>(name);
    hyspn::detail::require_shape(path.string().c_str(), name.c_str(), "the shape this affinity needs", from.extents(),
                                 leaf.extents());
    hyspn::copy(as_view(from), leaf);
}

/// Learned values from a file with one array for each leaf of the parameters. Throws io_error when one is missing,
/// shape_error when it has another shape than these features and this preset need, usage_error for NaN and infinity.
template <class Module>
params_of<Module> load_weights(Module const& module, index_t channels, std::filesystem::path const& path)
{
    auto const file = hyspn::io::safetensors::read(path);
    auto params = module.template make_params<float>(channels);
    for_each_leaf(params, [&](char const* name, auto leaf) {
        load_leaf(file, path, name, leaf);
        hyspn::for_each_element(leaf, [&](float x) {
            if (!std::isfinite(x))
                throw usage_error(path.string() + ": " + name + " holds a number that is not finite");
        });
    });
    return params;
}

/// Gates of the geodesic affinity with one for the centre among them: the weights of a neighbourhood sum to the number
/// of its pixels inside the image, and what the others leave is the centre's.
inline hyspn::tensor<float, 4> insert_centre(hyspn::tensor<float, 4> const& gates, index_t kernel)
{
    index_t const neighbours = gates.extent(1), height = gates.extent(2), width = gates.extent(3);
    hyspn::affinity::neighbourhood const around{.kernel = kernel};
    hyspn::tensor<float, 4> all(1, neighbours + 1, height, width);
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            float rest = 1;
            for (index_t k = 0; k < neighbours; ++k) {
                index_t const position = k < around.centre() ? k : k + 1;
                rest += around.present(position, i, j, height, width) ? 1.0F : 0.0F;
                rest -= gates(0, k, i, j);
                all(0, position, i, j) = gates(0, k, i, j);
            }
            all(0, around.centre(), i, j) = rest;
        }
    return all;
}

/// The same gates with their channels in the opposite order.
inline hyspn::tensor<float, 4> reversed(hyspn::tensor<float, 4> const& gates)
{
    hyspn::tensor<float, 4> out(gates.extents());
    index_t const last = gates.extent(1) - 1, plane = gates.extent(2) * gates.extent(3);
    for (index_t k = 0; k <= last; ++k) std::copy_n(gates.data() + (last - k) * plane, plane, out.data() + k * plane);
    return out;
}

/// The logarithms of weights, for a softmax to undo.
inline void take_logarithms(hyspn::tensor<float, 4>& gates)
{
    constexpr float least = 1e-30F;  // so that absent neighbours and weights that have vanished are numbers
    for (float& g : gates) g = std::log(std::max(g, least));
}

/// Logits to weights that are at most 1.
inline void exponentiate(hyspn::tensor<float, 4>& gates)
{
    float const most = gates.size() > 0 ? *std::max_element(gates.begin(), gates.end()) : 0;
    for (float& g : gates) g = std::exp(g - most);
}

/// Gates as the module gives them, on a policy of the host.
template <hyspn::execution_policy P, class Module>
hyspn::tensor<float, 4> run_affinity(P const& exec, Module const& module, params_of<Module> const& params,
                                     hyspn::tensor<float, 4> const& features)
{
    return module.forward(exec, params, features);
}

/// The propagated map, on a policy of the host.
template <hyspn::execution_policy P>
hyspn::tensor<float, 4> run_propagation(P const& exec, hyspn::propagation::stencil const& net,
                                        hyspn::propagation::inputs<float> const& in)
{
    return net.forward(exec, in);
}

/// Where its steps lead.
template <hyspn::execution_policy P>
hyspn::tensor<float, 4> run_propagation(P const& exec, hyspn::propagation::fixed_point const& limit,
                                        hyspn::propagation::inputs<float> const& in)
{
    hyspn::tensor<float, 4> out(in.initial.extents());
    limit.forward(exec, in, out);
    return out;
}

/// What the propagation reads. Maps [n, 1, H, W]; measured is 0 where nothing was, and `confidence`, which is written,
/// says so to a preset; to a random walk it is the probability of a restart.
inline hyspn::propagation::inputs<float> inputs_of(propagation_method const& method,
                                                   hyspn::view<float const, 4> initial,
                                                   hyspn::view<float const, 4> gates,
                                                   hyspn::view<float const, 4> measured,
                                                   hyspn::tensor<float, 4>& confidence)
{
    using namespace hyspn::propagation;
    inputs<float> in{.initial = initial, .gates = gates};
    if (method.net.injection == injection_time::none) return in;
    auto const* from = measured.data_handle();
    for (float& beta : confidence)
        beta = method.restart ? static_cast<float>(*method.restart) : *from++ > 0 ? 1.0F : 0.0F;
    in.confidence = as_const(confidence);
    if (method.net.injected == injected_value::measured) in.measured = measured;
    return in;
}

/// Gates [1, K, H, W] of features [C, H, W] for the method, on a policy or the gpu. Learned affinities give what they
/// were trained to give. The geodesic one gives the weight of each neighbour in raster order, so the channels are
/// turned round for a preset that reads them the other way: in flipped order, or, of a pixel that gives, as the
/// neighbour the gate speaks of. A softmax gets the logarithms of these weights.
template <class P, class Module>
hyspn::tensor<float, 4> make_gates(P const& exec, Module const& module, params_of<Module> const& params,
                                   hyspn::view<float const, 3> features, propagation_method const& method)
{
    using namespace hyspn::propagation;
    auto const& net = method.net;
    hyspn::tensor<float, 4> batch(with_batch(features).extents());
    copy(with_batch(features), as_view(batch));
    auto gates = run_affinity(exec, module, params, batch);
    if constexpr (is_geodesic<Module>) {
        if (gates.extent(1) != net.gates()) gates = insert_centre(gates, net.kernel);
        if ((net.order == channel_order::flipped) != (net.owner == gate_owner::source)) gates = reversed(gates);
        if (method.softmax()) take_logarithms(gates);
    }
    return gates;
}

/// One propagation of a map [H, W], on a policy or the gpu; measured pixels as the method treats them.
template <class P>
hyspn::tensor<float, 2> propagate(P const& exec, propagation_method const& method, hyspn::tensor<float, 4> const& gates,
                                  hyspn::tensor<float, 2> const& initial, hyspn::tensor<float, 2> const& sparse)
{
    using namespace hyspn::propagation;
    auto const map = [](hyspn::view<float const, 2> v) { return with_batch(with_batch(v)); };
    hyspn::tensor<float, 4> confidence(map(sparse).extents());
    auto const in = inputs_of(method, map(initial), as_const(gates), map(sparse), confidence);
    hyspn::tensor<float, 2> out(initial.extents());
    auto const map4 = method.to_the_limit ? run_propagation(exec, fixed_point{.axes = method.net}, in)
                                          : run_propagation(exec, method.net, in);
    std::copy(map4.begin(), map4.end(), out.begin());
    return out;
}

}  // namespace complete_depth

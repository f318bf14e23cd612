// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "completion.hpp"

#include <hyspn/guidance/initial_depth.hpp>
#include <hyspn/propagation/presets.hpp>

#include "gates.hpp"
#include "self_supervision.hpp"

namespace complete_depth {
namespace {

/// Sets what the pictures show: the curvature and temperature of the affinity where it has them.
template <class Module>
void note_geometry(params_of<Module> const& params, completion& result)
{
    result.curvature = geodesic_curvature;
    result.temperature = geodesic_temperature;
    if constexpr (requires { params.c; }) result.curvature = params.c;
    if constexpr (requires { params.tau; }) result.temperature = params.tau;
}

/// Values of the affinity: from the file, chosen for the geodesic one, else fitted to the samples of this image.
template <class P, class Module>
params_of<Module> find_params(P const& exec, Module const& module, hyspn::propagation::stencil const& net,
                              problem const& p, arguments const& a,
                              hyspn::guidance::initial_depth_options const& options, completion const& so_far,
                              progress& bar)
{
    if (!a.weights.empty()) return load_weights(module, so_far.features.extent(0), a.weights);
    if constexpr (is_geodesic<Module>)
        return {geodesic_curvature, geodesic_temperature};
    else
        return fit_to_samples(exec, module, net, p.sparse, so_far.features, options, a.seed, bar);
}

hyspn::propagation::stencil choose_propagation(arguments const& a)
{
    using hyspn::propagation::gate_normaliser;
    auto net = hyspn::propagation::find_preset(a.propagation);
    net.steps = a.steps;
    // Such a preset expects gates that are normalised already, which no affinity here makes.
    if (net.normaliser == gate_normaliser::none) net.normaliser = gate_normaliser::abs_sum;
    return net;
}

template <class P>
completion complete_on(P const& exec, problem const& p, arguments const& a, progress& bar)
{
    namespace guidance = hyspn::guidance;
    auto const net = choose_propagation(a);
    completion result;
    bar.begin("features");
    result.features = guidance::image_features(exec, p.rgb);
    bar.begin("nearest samples");
    result.anisotropy = guidance::sampling_anisotropy(p.sparse);
    auto const options = guidance::options_for_sampling(result.anisotropy);
    auto const samples = guidance::collect_samples(p.sparse);
    result.samples = samples.size();
    auto const near = guidance::find_nearest_samples(exec, result.features, samples, options.neighbours, options.paths);
    bar.begin("local planes");
    result.initial = guidance::fit_local_planes(exec, near, samples, options.planes);
    guidance::write_samples(samples, result.initial);

    with_affinity(a.affinity, net, [&](auto const& module) {
        bar.begin("affinity");
        auto const params = find_params(exec, module, net, p, a, options, result, bar);
        note_geometry<std::remove_cvref_t<decltype(module)>>(params, result);
        result.gates = make_gates(exec, module, params, as_const(result.features), net);
    });
    bar.begin("propagation");
    result.depth = propagate(exec, net, result.gates, result.initial, p.sparse);
    bar.end();
    return result;
}

}  // namespace

completion complete(problem const& p, arguments const& a, progress& bar)
{
    if (a.backend == "seq") return complete_on(hyspn::exec::seq{}, p, a, bar);
    if (a.backend == "omp") return complete_on(hyspn::exec::omp{.threads = a.threads}, p, a, bar);
    throw usage_error("--backend cuda: this program was built without CUDA");
}

}  // namespace complete_depth

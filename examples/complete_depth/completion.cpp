// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "completion.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <hyspn/guidance/features.hpp>

#if COMPLETE_DEPTH_CUDA
#include "cuda_backend.hpp"
#endif
#include "gates.hpp"
#include "initial_map.hpp"
#include "networks.hpp"
#include "propagation_method.hpp"
#include "self_supervision.hpp"

namespace complete_depth {
namespace {

/// Values of the affinity: from the file, chosen for the geodesic one, else fitted to the samples of this image. Says
/// which in `result`.
template <class P, class Module>
params_of<Module> find_params(P const& exec, Module const& module, propagation_method const& method, problem const& p,
                              arguments const& a, initial_map<P> const& start, completion& result, progress& bar)
{
    if (!a.weights.empty()) {
        result.origin = "values from " + a.weights.string();
        return load_weights(module, result.features.extent(0), a.weights);
    }
    if constexpr (is_geodesic<Module>) {
        result.origin = "nothing to learn";
        return {geodesic_curvature, geodesic_temperature};
    } else {
        auto fit = fit_to_samples(exec, module, method, p.sparse, result.features, start, a.seed, bar);
        result.origin = fit.learned ? "fitted to the samples" : "starting values: the samples promise no sure gain";
        return std::move(fit.params);
    }
}

/// Notes the values, and of them curvature and temperature for the pictures.
template <class Params>
void note_values(Params const& params, completion& result)
{
    for_each_leaf(params, [&](char const* name, auto leaf) { result.values.set(name, leaf); });
    result.curvature = geodesic_curvature;
    result.temperature = geodesic_temperature;
    if constexpr (requires { params.c; }) result.curvature = params.c;
    if constexpr (requires { params.tau; }) result.temperature = params.tau;
}

/// Finite values of an affinity can still be too large to compute with.
void require_finite(hyspn::tensor<float, 2> const& depth, arguments const& a)
{
    if (std::all_of(depth.begin(), depth.end(), [](float z) { return std::isfinite(z); })) return;
    std::string const where = a.weights.empty() ? "" : ": the values in " + a.weights.string() + " are too large";
    throw usage_error("the completed map is not finite" + where);
}

/// All stages on the host policy `exec`, except affinity and propagation, which run on `target`: the same, or the gpu.
template <class P, class Target>
completion complete_on(P const& exec, Target const& target, problem const& p, arguments const& a, progress& bar)
{
    namespace guidance = hyspn::guidance;
    auto const method = find_propagation(a.propagation, a.steps, a.alpha);
    completion result;
    bar.begin("features");
    result.features = guidance::image_features(exec, p.rgb, {.position_weight = a.position_weight});
    initial_map const start(exec, p, as_const(result.features), a);
    result.anisotropy = start.anisotropy();
    result.samples = std::count_if(p.sparse.begin(), p.sparse.end(), [](float z) { return z > 0; });
    result.initial = start.complete(p.sparse, [&](char const* stage) { bar.begin(stage); });

    with_affinity(a.affinity, method.net, [&](auto const& module) {
        bar.begin("affinity");
        auto const params = find_params(exec, module, method, p, a, start, result, bar);
        note_values(params, result);
        result.gates = make_gates(target, module, params, as_const(result.features), method);
    });
    bar.begin("propagation");
    if (method.network.empty())
        result.depth = propagate(target, method, result.gates, result.initial, p.sparse);
    else
        result.depth = run_network(exec, method.network,
                                   {.features = as_const(result.features),
                                    .initial = as_const(result.initial),
                                    .sparse = as_const(p.sparse),
                                    .curvature = result.curvature,
                                    .temperature = result.temperature,
                                    .steps = method.steps().value_or(0)});
    bar.end();
    require_finite(result.depth, a);
    if (method.softmax()) exponentiate(result.gates);
    return result;
}

}  // namespace

completion complete(problem const& p, arguments const& a, progress& bar)
{
    if (!a.guide.empty()) return complete_by_guide(p, a, bar);
    hyspn::exec::omp const cores{.threads = a.threads};
    if (a.backend == "seq") return complete_on(hyspn::exec::seq{}, hyspn::exec::seq{}, p, a, bar);
    if (a.backend == "omp") return complete_on(cores, cores, p, a, bar);
#if COMPLETE_DEPTH_CUDA
    require_gpu();
    return complete_on(cores, gpu{}, p, a, bar);
#else
    throw usage_error("--backend cuda: this program was built without CUDA");
#endif
}

}  // namespace complete_depth

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <hyspn/guidance/samples.hpp>

#include "../learning/adaptation.hpp"
#include "completion.hpp"

namespace complete_depth {
namespace {

/// A map [1, 1, H, W] in units of `scale` as [H, W] in metres.
hyspn::tensor<float, 2> in_metres(hyspn::tensor<float, 4> const& map, float scale)
{
    hyspn::tensor<float, 2> metres(map.extent(2), map.extent(3));
    std::transform(map.begin(), map.end(), metres.begin(), [&](float z) { return scale * z; });
    return metres;
}

/// What the network saw in the image, for the pictures.
void note_inside(learning::inside seen, completion& result)
{
    result.features =
        hyspn::tensor<float, 3>(seen.features.extent(1), seen.features.extent(2), seen.features.extent(3));
    std::copy(seen.features.begin(), seen.features.end(), result.features.begin());
    result.gates = std::move(seen.gates);
    result.curvature = seen.curvature;
    result.temperature = seen.temperature;
}

}  // namespace

completion complete_by_guide(problem const& p, arguments const& a, progress& bar)
{
    hyspn::exec::omp const exec{.threads = a.threads};
    auto const net = learning::load_network(a.guide);
    if (net->config().task != "depth") throw usage_error(a.guide.string() + " is a network of " + net->config().task);
    auto const task = learning::make_depth_task();
    hyspn::data::sample const frame{.rgb = p.rgb, .sparse = p.sparse};

    completion result;
    result.network = to_text(net->config());
    result.origin = "trained network " + a.guide.string();
    bar.begin("plane experts");
    auto const known = task->from_sample(exec, frame, "the image");
    result.anisotropy = hyspn::guidance::sampling_anisotropy(p.sparse);
    result.samples = std::count_if(p.sparse.begin(), p.sparse.end(), [](float z) { return z > 0; });
    result.initial = in_metres(task->initial(known), known.scale);
    if (a.adapt > 0) {
        bar.begin("adaptation");
        adapt(exec, *net, *task, frame, {.iterations = a.adapt, .seed = a.seed}, [&](double share) {
            bar.show(share);
            return true;
        });
    }
    bar.begin("network");
    result.depth = in_metres(net->forward(exec, known.arrays()), known.scale);
    auto const share = static_cast<float>(a.share);
    std::transform(result.depth.begin(), result.depth.end(), result.initial.begin(), result.depth.begin(),
                   [&](float by_network, float before) { return share * by_network + (1 - share) * before; });
    if (!a.out.empty()) note_inside(net->look_inside(exec, known.arrays()), result);
    bar.end();
    return result;
}

}  // namespace complete_depth
